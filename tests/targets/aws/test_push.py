"""Building and pushing: once for each content, with the registry's own login."""

from __future__ import annotations

from typing import Any

import pytest
from docker.errors import APIError, BuildError, DockerException, NotFound

from components.targets.aws import push as module
from components.targets.aws.checks import ROOT
from components.targets.aws.push import PushProvider
from components.targets.failure import Failure
from tests.targets.aws.fakes import FakeAws, refusal
from tests.targets.aws.fakes import aws as aws

REFERENCE = "1.dkr.ecr.eu-central-1.amazonaws.com/shop-prod/apps-demo:abc"
PROPS: dict[str, Any] = {
    "reference": REFERENCE, "context": "apps/demo", "dockerfile": "Dockerfile", "args": {}, "target": "",
    "platform": "linux/amd64", "ecr": True, "region": "eu-central-1", "endpoint": "",
}  # fmt: skip
LOGIN = {"username": "AWS", "password": "pass"}


class FakeImages:
    """A daemon's images and the registry behind them. `tags` are there already; `says` is what a push answers."""

    def __init__(self) -> None:
        self.tags: set[str] = set()
        self.says: list[dict[str, str]] = [{"status": "Pushed"}]
        self.fails: Exception | None = None
        self.done: list[tuple[str, Any, Any]] = []

    def get_registry_data(self, reference: str, auth_config: Any) -> None:
        self.done.append(("look", reference, auth_config))
        if reference not in self.tags:
            raise NotFound("no such tag")

    def build(self, **options: Any) -> None:
        self.done.append(("build", options.pop("tag"), options))
        if self.fails:
            raise self.fails

    def push(self, reference: str, *, auth_config: Any, stream: bool, decode: bool) -> list[dict[str, str]]:
        assert stream and decode, "errors are among the lines"
        self.done.append(("push", reference, auth_config))
        return self.says


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch, aws: FakeAws) -> FakeImages:
    made = FakeImages()
    monkeypatch.setattr(module, "client", lambda: type("Daemon", (), {"images": made}))
    return made


def test_a_new_content_is_built_and_pushed(images: FakeImages, aws: FakeAws) -> None:
    assert PushProvider().create(PROPS).id == REFERENCE
    assert images.done == [
        ("look", REFERENCE, LOGIN),
        ("build", REFERENCE, {
            "path": str(ROOT / "apps/demo"), "dockerfile": "Dockerfile", "buildargs": None, "target": None,
            "platform": "linux/amd64", "rm": True,
        }),
        ("push", REFERENCE, LOGIN),
    ]  # fmt: skip
    assert aws.opened == [("ecr", "eu-central-1")]


def test_stage_and_arguments_reach_the_build(images: FakeImages) -> None:
    PushProvider().create({**PROPS, "args": {"A": "b"}, "target": "dev"})
    assert images.done[1][2]["buildargs"] == {"A": "b"} and images.done[1][2]["target"] == "dev"


def test_a_tag_that_exists_is_neither_built_nor_pushed(images: FakeImages) -> None:
    images.tags.add(REFERENCE)
    PushProvider().create(PROPS)
    assert [what for what, _, _ in images.done] == ["look"]


def test_another_registry_is_signed_in_to_by_dockers_own_configuration(images: FakeImages, aws: FakeAws) -> None:
    PushProvider().create({**PROPS, "ecr": False})
    assert [login for what, _, login in images.done if what != "build"] == [None, None]
    assert aws.opened == []


def test_no_login_is_kept(images: FakeImages) -> None:
    made = PushProvider().create(PROPS)
    assert made.outs == PROPS and "pass" not in str(made.outs)


def test_another_content_is_another_image() -> None:
    differs = PushProvider().diff("x", PROPS, {**PROPS, "reference": "other"})
    assert differs.changes is True and differs.replaces == ["reference"]
    same = PushProvider().diff("x", PROPS, {**PROPS, "args": {"A": "b"}, "region": "eu-west-1"})
    assert same.changes is False and same.replaces == []


def test_a_refused_push(images: FakeImages) -> None:
    images.says = [{"status": "Preparing"}, {"error": "denied: not authorized"}]
    with pytest.raises(Failure) as wrong:
        PushProvider().create(PROPS)
    assert str(wrong.value) == f"{REFERENCE}: the push failed: denied: not authorized"


def test_a_build_that_fails_shows_its_last_lines(images: FakeImages) -> None:
    log = [{"stream": f"step {number}\n"} for number in range(20)] + [{"aux": "x"}, {"stream": "\n"}]
    images.fails = BuildError("the command returned 1", iter(log))
    with pytest.raises(Failure) as wrong:
        PushProvider().create(PROPS)
    lines = str(wrong.value).splitlines()
    assert lines[0] == "apps/demo: the image cannot be built: the command returned 1"
    assert lines[-1] == "  step 19" and len(lines) == 15
    assert [what for what, _, _ in images.done] == ["look", "build"]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (APIError("x", explanation="no space left"), f"{REFERENCE}: no space left"),
        (DockerException("no socket"),
            "apps/demo: building needs Docker on this machine, and none answers: no socket"),
    ],
)  # fmt: skip
def test_what_docker_refuses(images: FakeImages, wrong: Exception, text: str) -> None:
    images.fails = wrong
    with pytest.raises(Failure) as failed:
        PushProvider().create(PROPS)
    assert str(failed.value) == text


def test_when_no_daemon_answers(monkeypatch: pytest.MonkeyPatch, aws: FakeAws) -> None:
    def none() -> Any:
        raise DockerException("connection refused")

    monkeypatch.setattr(module, "client", none)
    with pytest.raises(Failure, match=r"^apps/demo: building needs Docker on this machine, and none answers: "):
        PushProvider().create(PROPS)


def test_when_aws_refuses_the_login(images: FakeImages, aws: FakeAws) -> None:
    aws.refuses = {"get_authorization_token": refusal("ExpiredTokenException", "too old")}
    with pytest.raises(Failure) as wrong:
        PushProvider().create(PROPS)
    assert str(wrong.value) == (
        f"{REFERENCE}: signing in to the registry: too old (ExpiredTokenException); the credentials have expired: "
        "sign in again (aws sso login), then run the update again, it continues"
    )
    assert images.done == []
