"""The gate that waits for a container, and what it says when waiting is no use."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi import UNKNOWN

from components.targets.docker import ready
from components.targets.docker.files import FilesProvider
from components.targets.docker.ready import ReadyProvider, _given_up, patience
from components.targets.failure import Failure
from strata import Command, Tcp
from tests.targets.docker.fakes import FakeDaemon

PROPS: dict[str, Any] = {
    "checks": [{"service": "db", "containers": ["c1"], "patience": 60.0}], "then": [], "secrets": ["s"],
}  # fmt: skip


def checking(**changes: Any) -> dict[str, Any]:
    return {**PROPS, "checks": [{**PROPS["checks"][0], **changes}]}


def inspected(
    status: str = "running", health: str | None = "healthy", code: int = 0, restarts: int = 0, policy: str = "no",
    output: str = "",
) -> dict[str, Any]:  # fmt: skip
    state: dict[str, Any] = {
        "Status": status, "Running": status in {"running", "restarting"}, "Restarting": status == "restarting",
        "ExitCode": code,
    }  # fmt: skip
    if health is not None:
        state["Health"] = {"Status": health, "Log": [{"Output": "an older one"}, {"Output": output}] if output else []}
    return {"State": state, "RestartCount": restarts, "HostConfig": {"RestartPolicy": {"Name": policy}}}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that passes only by sleeping."""
    now = [0.0]
    monkeypatch.setattr(ready.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(ready.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


@pytest.mark.parametrize(
    ("check", "seconds"),
    [
        (Tcp(port=1, interval="1s", timeout="1s", retries=1), 60),
        (Tcp(port=1, interval="10s", timeout="5s", retries=3), 90),
        (Tcp(port=1, interval="10s", timeout="5s", retries=3, start_period="2m"), 270),
        (Command("x", interval="30s", timeout="10s", retries=9), 600),
    ],
)
def test_patience_is_what_the_check_allows_and_a_margin(check: Command | Tcp, seconds: float) -> None:
    assert patience(check) == seconds


GIVEN_UP = [
    ({"status": "running"}, False),
    ({"status": "running", "restarts": 9}, False),
    ({"status": "exited", "policy": "no", "code": 1}, True),
    ({"status": "exited", "policy": "", "code": 1}, True),
    ({"status": "dead", "policy": "no"}, True),
    ({"status": "created", "policy": "no"}, False),
    ({"status": "exited", "policy": "always", "code": 1}, False),
    ({"status": "exited", "policy": "unless-stopped", "code": 1, "restarts": 2}, False),
    ({"status": "restarting", "policy": "unless-stopped", "code": 1, "restarts": 2}, False),
    ({"status": "restarting", "policy": "unless-stopped", "code": 1, "restarts": 3}, True),
    ({"status": "exited", "policy": "on-failure", "code": 0}, True),
    ({"status": "exited", "policy": "on-failure", "code": 1}, False),
]


@pytest.mark.parametrize(("state", "up"), GIVEN_UP, ids=[" ".join(map(str, state.values())) for state, _ in GIVEN_UP])
def test_when_a_container_will_not_come_up(state: dict[str, Any], up: bool) -> None:
    assert _given_up(inspected(health=None, **state)) is up


def test_it_waits_until_the_check_succeeds(fake: FakeDaemon, clock: list[float]) -> None:
    starting = inspected(health="starting")
    fake.api.states = [
        inspected("created", None),
        starting,
        inspected("exited", policy="always"),
        starting,
        inspected(),
    ]
    made = ReadyProvider().create(PROPS)
    assert (made.id, made.outs) == ("ready", PROPS) and clock[0] == pytest.approx(0.4)


def test_healthy_containers_are_asked_for_together(fake: FakeDaemon) -> None:
    """Thirty questions every tenth of a second would keep the daemon from the checks that are waited for."""
    fake.api.well = {"c1", "c2"}
    ReadyProvider().create(checking(containers=["c1", "c2"]))
    fake.api.states = [inspected(health="starting"), inspected()]
    ReadyProvider().create(checking(containers=["c1", "c3", "c2"]))
    assert len(fake.api.states) == 1, "of c3 alone"


def test_what_has_no_check_is_ready_once_it_runs(fake: FakeDaemon) -> None:
    fake.api.states = [inspected("created", None), inspected("running", None)]
    ReadyProvider().create(PROPS)
    assert len(fake.api.states) == 1


FAILED = [
    ([inspected(health="unhealthy", output="no route")], "db: its health check fails; the check says: no route"),
    ([inspected("exited", "unhealthy", code=3)], "db: its container ended with exit code 3"),
    ([inspected(health="starting", output="not yet")],
     "db: not healthy in time, its state is 'starting'; the check says: not yet"),
    ([inspected("restarting", "starting", code=1, restarts=3, policy="always")],
     "db: its container ended with exit code 1"),
]  # fmt: skip


@pytest.mark.parametrize(("states", "text"), FAILED, ids=["unhealthy", "ended", "too late", "restarting"])
def test_a_failure_says_why_and_shows_the_last_lines(fake: FakeDaemon, states: list[Any], text: str) -> None:
    fake.api.states = states
    fake.api.said = b"\n".join(b"line %d" % number for number in range(30))
    with pytest.raises(Failure) as wrong:
        ReadyProvider().create(PROPS)
    lines = str(wrong.value).splitlines()
    assert lines[:3] == [text, "its last log lines:", "  line 18"] and lines[-1] == "  line 29"


def test_a_container_that_is_gone_or_said_nothing(fake: FakeDaemon) -> None:
    with pytest.raises(Failure, match=r"^db: its container is gone; run the update again$"):
        ReadyProvider().create(PROPS)
    fake.api.states = [inspected(health="unhealthy")]
    with pytest.raises(Failure, match=r"\(it logged nothing\)$"):
        ReadyProvider().create(PROPS)


def test_then_runs_inside_the_first_container_once_all_are_healthy(fake: FakeDaemon) -> None:
    fake.api.states = [inspected()]
    ReadyProvider().update("id", {}, {**checking(containers=["c1", "c2"]), "then": ["sh", "-c", "x"]})
    assert fake.api.commands == [["c1", "timeout", "120", "sh", "-c", "x"]]


def test_a_then_that_fails_is_a_failure(fake: FakeDaemon) -> None:
    fake.api.states, fake.api.code, fake.api.output = [inspected()], 2, b"role does not exist"
    with pytest.raises(Failure, match=r"^db: preparing it failed with exit code 2: role does not exist$"):
        ReadyProvider().create({**PROPS, "then": ["x"]})


def test_it_waits_again_for_another_container_command_or_secret_only() -> None:
    changes = {
        "containers": checking(containers=["c2"]), "then": {**PROPS, "then": ["x"]},
        "secrets": {**PROPS, "secrets": ["t"]}, "patience": checking(patience=90.0),
        "service": {**PROPS, "checks": PROPS["checks"] * 2},
    }  # fmt: skip
    found = {key: ReadyProvider().diff("id", PROPS, value).changes for key, value in changes.items()}
    assert found == {"containers": True, "then": True, "secrets": True, "patience": False, "service": True}


@pytest.mark.parametrize(
    "news", [{**PROPS, "checks": UNKNOWN}, {**PROPS, "checks": [UNKNOWN]}, checking(containers=UNKNOWN)]
)
def test_a_container_that_is_to_be_replaced_is_waited_for(news: dict[str, Any]) -> None:
    """Its id is not known yet when the engine asks whether anything changes."""
    assert ReadyProvider().diff("id", PROPS, news).changes is True


def test_a_gate_that_an_earlier_version_made_waits_once_more() -> None:
    before = {"service": "db", "containers": ["c1"], "patience": 60.0, "then": [], "secrets": ["s"]}
    assert ReadyProvider().diff("id", before, PROPS).changes is True


def test_what_has_failed_by_then_is_all_told(fake: FakeDaemon) -> None:
    both = [{"service": name, "containers": [name], "patience": 60.0} for name in ("db", "api")]
    fake.api.states = [inspected(health="unhealthy")]
    with pytest.raises(Failure) as wrong:
        ReadyProvider().create({**PROPS, "checks": both})
    text = "its health check fails\n(it logged nothing)"
    assert str(wrong.value) == f"db: {text}\napi: {text}"


FILES: dict[str, Any] = {
    "volume": "v", "image": "i", "owner": "shop/dev", "names": ["a", "b"], "contents": ["1", "2"],
    "modes": ["0444", "0400"],
}  # fmt: skip


def test_files_are_written_into_the_volume_by_a_container_that_never_starts(fake: FakeDaemon) -> None:
    made = FilesProvider().create(FILES)
    (writer,) = fake.containers.made
    assert writer.done == ["remove with volumes"], "its image may ask for one"
    assert writer.files == {"/files/a": ("1", 0o444), "/files/b": ("2", 0o400)}
    assert writer.options["volumes"] == {"v": {"bind": "/files", "mode": "rw"}} and writer.labels == {
        "strata.stack": "shop/dev"
    }
    again = FilesProvider().update("id", FILES, FILES)
    assert made.outs and again.outs and made.outs["version"] != again.outs["version"], "their reader is replaced"
    assert "version" not in FILES and made.id == "v"


def test_files_are_written_again_when_they_change_only() -> None:
    old = {**FILES, "version": "x"}
    assert FilesProvider().diff("id", old, FILES).changes is False
    for key in ("volume", "image", "names", "contents", "modes"):
        assert FilesProvider().diff("id", old, {**FILES, key: "other"}).changes is True, key
