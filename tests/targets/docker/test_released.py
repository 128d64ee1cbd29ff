"""A stack that has gone back to a release on Docker: its images are looked up, and nothing is built."""

from __future__ import annotations

from typing import Any

import pytest
from docker.errors import DockerException

from components.model.problems import DescriptionError
from components.targets.docker.checks import ROOT
from components.targets.docker.image_names import images
from components.targets.docker.images import content_tag
from components.targets.docker.target import DockerTarget
from strata import Build, Service, Task, completed
from tests.ran import Ran
from tests.targets.docker.fakes import FakeDaemon
from tests.targets.docker.stage import put, system_of

IMAGE = "docker:index/remoteImage:RemoteImage"
NOW, THEN = "0123456789ab", "ba9876543210"
code = Build("apps/demo")
migrate = Task("migrate", image=code)
api = Service("api", image=code, after=[completed(migrate)])
PINNED: dict[str, Any] = {"number": 3, "images": {"migrate": NOW, "api": THEN}}


def inputs(ran: Ran) -> dict[str, dict[str, Any]]:
    return {one.name: one.inputs.value for one in ran.of(IMAGE)}


def test_its_images_are_used_as_they_are(fake: FakeDaemon) -> None:
    fake.images.there = dict.fromkeys([f"shop/demo:{NOW}", f"shop/demo:{THEN}"])
    ran = put(migrate, api, release=PINNED)
    assert inputs(ran) == {
        f"image-shop-demo-{NOW}": {"name": f"shop/demo:{NOW}", "keepLocally": True},
        f"image-shop-demo-{THEN}": {"name": f"shop/demo:{THEN}", "keepLocally": True},
    }
    assert ran["api-container"]["image"] == f"sha256:image-shop-demo-{THEN}"
    assert ran["migrate-run"]["image"] == f"sha256:image-shop-demo-{NOW}"


def test_unpinned_the_same_stack_builds(fake: FakeDaemon) -> None:
    (image,) = inputs(put(migrate, api)).values()
    assert image["name"] == f"shop/demo:{content_tag(ROOT, code)}" and image["build"]["context"] == str(
        ROOT / "apps/demo"
    )
    assert fake.images.asked == []


def test_the_release_is_told_the_same_whether_built_or_pinned(fake: FakeDaemon) -> None:
    target = DockerTarget("shop", "dev", root=ROOT)
    assert target.tag(code) == content_tag(ROOT, code) and target.tag("nginx:1") == "nginx:1"
    assert target.tag(Build("apps/demo", target="dev")) == f"{content_tag(ROOT, Build('apps/demo', target='dev'))}-dev"
    assert target.tag(Build("apps/demo", tag=THEN)) == THEN


def test_a_missing_image_is_told_before_anything_changes(fake: FakeDaemon) -> None:
    fake.images.there = dict.fromkeys([f"shop/demo:{NOW}"])
    with pytest.raises(DescriptionError) as wrong:
        put(migrate, api, Service("worker", image=code), release=PINNED | {"images": {
            "migrate": NOW, "api": THEN, "worker": THEN,
        }})  # fmt: skip
    (problem,) = wrong.value.problems
    assert problem.field == "strata:release"
    assert problem.text.startswith(
        f"release 3 ran shop/demo:{THEN} (api, worker), which is not on this machine any more"
    )


def test_where_no_daemon_answers_the_update_says_so(fake: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_name: str) -> None:
        raise DockerException("no socket")

    monkeypatch.setattr(fake.images, "get", none)
    assert len(inputs(put(migrate, api, release=PINNED))) == 2


def test_a_folder_that_is_gone_does_not_matter(fake: FakeDaemon) -> None:
    gone = Service("api", image=Build("apps/gone", tag=THEN))
    fake.images.there = dict.fromkeys([f"shop/gone:{THEN}"])
    assert [*images(system_of(gone))] == []
    assert [*inputs(put(gone))] == [f"image-shop-gone-{THEN}"]
