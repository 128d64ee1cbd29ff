"""A stack that has gone back to a release on AWS: its images are in the registry, and nothing is built or pushed."""

from __future__ import annotations

from typing import Any

import pytest
from docker.errors import DockerException, NotFound

from components.model.problems import DescriptionError
from components.targets.aws import images, released
from strata import Build, Service, Task, completed
from tests.ran import Ran
from tests.targets.aws.fakes import FakeAws, refusal
from tests.targets.aws.fakes import aws as aws
from tests.targets.aws.stage import ACCOUNT, REGION, containers, put

NOW, THEN = "0123456789ab-e2f0", "ba9876543210-e2f0"
code = Build("apps/demo")
migrate = Task("migrate", image=code)
api = Service("api", image=code, after=[completed(migrate)])
PINNED: dict[str, Any] = {"number": 3, "images": {"migrate": NOW, "api": THEN}}
REPOSITORY = "shop-prod/apps-demo"
URL = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/image-apps-demo-repository"


def wrong(**options: Any) -> list[str]:
    with pytest.raises(DescriptionError) as found:
        put(migrate, api, release=PINNED, **options)
    return [problem.text for problem in found.value.problems]


def about_images(ran: Ran) -> list[str]:
    return [name for name in ran.names() if name.startswith("image-")]


def test_its_images_are_used_as_they_are(aws: FakeAws) -> None:
    aws.images = {(REPOSITORY, NOW), (REPOSITORY, THEN)}
    ran = put(migrate, api, release=PINNED)
    assert about_images(ran) == ["image-apps-demo-repository", "image-apps-demo-lifecycle"], "nothing is pushed"
    assert containers(ran["api-task"])["api"]["image"] == f"{URL}:{THEN}"
    assert containers(ran["migrate-task"])["migrate"]["image"] == ran["migrate-run"]["image"] == f"{URL}:{NOW}"
    assert aws.opened == [("ecr", REGION)] * 2
    assert aws.of("describe_images") == [
        {"repositoryName": REPOSITORY, "imageIds": [{"imageTag": tag}]} for tag in (NOW, THEN)
    ]


def test_unpinned_the_same_stack_pushes_and_asks_nobody(aws: FakeAws) -> None:
    ran = put(migrate, api)
    assert "image-apps-demo-push" in ran and aws.asked == []
    assert ran["image-apps-demo-repository"]["name"] == REPOSITORY


def test_a_machine_of_another_kind_may_go_back(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images.platform, "machine", lambda: "riscv64")
    aws.images = {(REPOSITORY, NOW), (REPOSITORY, THEN)}
    put(migrate, api, release=PINNED)
    with pytest.raises(DescriptionError, match="this machine builds"):
        put(migrate, api)


def test_a_missing_image_is_told_before_anything_changes(aws: FakeAws) -> None:
    aws.images = {(REPOSITORY, NOW)}
    (text,) = wrong()
    assert text.startswith(f"release 3 ran {REPOSITORY}:{THEN} (api), which is not in the registry any more")


def test_a_registry_that_cannot_be_asked(aws: FakeAws) -> None:
    aws.refuses = {"describe_images": refusal("ExpiredTokenException", "too old")}
    texts = wrong()
    assert len(texts) == 2 and texts[0].startswith(f"{REPOSITORY}:{NOW}: asking the registry: too old")
    assert "sign in again (aws sso login)" in texts[0]
    aws.refuses = {"describe_images": refusal("RepositoryNotFoundException")}
    assert all("not in the registry any more" in text for text in wrong())


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (NotFound("no such tag"), "which is not in the registry any more"),
        (DockerException("no socket"), f"reg:5000/{REPOSITORY}:{NOW}: asking the registry: no socket"),
    ],
)
def test_another_registry_is_asked_through_docker(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch, answer: Exception, text: str
) -> None:
    asked: list[str] = []

    class Images:
        fails: Exception | None = None

        def get_registry_data(self, reference: str) -> None:
            asked.append(reference)
            if self.fails:
                raise self.fails

    there = Images()
    monkeypatch.setattr(released, "client", lambda: type("Daemon", (), {"images": there}))
    ran = put(migrate, api, release=PINNED, aws={"registry": "reg:5000"})
    assert asked == [f"reg:5000/{REPOSITORY}:{tag}" for tag in (NOW, THEN)] and aws.asked == []
    assert containers(ran["api-task"])["api"]["image"] == f"reg:5000/{REPOSITORY}:{THEN}"
    there.fails = answer
    assert text in wrong(aws={"registry": "reg:5000"})[0]
