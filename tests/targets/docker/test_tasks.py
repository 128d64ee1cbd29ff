"""Tasks: when they run again, and what a failed one says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.targets.docker import task_provider
from components.targets.docker.task_provider import TaskProvider, digest
from components.targets.failure import Failure
from strata import FileVolume, Mount, Postgres, Redis, Secret, Task
from tests.targets.docker.fakes import FakeDaemon
from tests.targets.docker.stage import put

db = Postgres("db", password=Secret("pw", default="hunter22!"))
kept = FileVolume("kept")


def test_a_task_is_a_run_with_everything_that_it_depends_on(tmp_path: Path) -> None:
    task = Task(
        "migrate", image="a:1", command="run 'a b'", needs=[db, Redis("cache")], environment={"A": "b"}, user="app",
        read_only=True, memory="512MB", timeout="2m",
        volumes=[Mount(kept, "/kept"), Mount("conf", "/conf", read_only=True)],
    )  # fmt: skip
    ran = put(db, task.needs[1], kept, task, root=tmp_path)  # type: ignore[arg-type]
    run = ran["migrate-run"]
    assert run.type == "pulumi-python:dynamic:Resource" and run.parent == ran["migrate"].urn
    found = {key: value for key, value in run.inputs.value.items() if key not in {"environment", "secret_values"}}
    assert found == {
        "task": "migrate", "name": "shop_dev_migrate", "owner": "shop/dev", "image": "sha256:image-a-1",
        "command": ["run", "a b"], "files": [], "user": "app", "read_only": True, "network": "shop_dev_network",
        "data": ["shop_dev_db-data"], "timeout": 120, "memory": 512 * 1024**2,
        "mounts": [
            {"target": "/kept", "read_only": False, "source": "shop_dev_kept", "type": "volume"},
            {"target": "/conf", "read_only": True, "source": str(tmp_path / "conf"), "type": "bind"},
        ],
    }  # fmt: skip
    assert "DATABASE_PASSWORD=hunter22!" in run["environment"] and "A=b" in run["environment"]
    assert run["environment"] == sorted(run["environment"])
    assert run["secret_values"] == ["postgresql://app:hunter22%21@db:5432/app", "hunter22!"]
    for path in ("environment", "files", "secret_values"):
        assert run.inputs.is_secret(path), path


def test_secrets_as_files_are_files_of_the_run() -> None:
    task = Task("t", image="a:1", secrets={"API_TOKEN": Secret("t", default="t0ken")}, secrets_as="files")
    run = put(task)["t-run"]
    assert run["files"] == [{"path": "/run/secrets/API_TOKEN", "content": "t0ken", "mode": "0444"}]
    assert run["environment"] == ["API_TOKEN_FILE=/run/secrets/API_TOKEN"]


def test_a_bound_folder_is_no_data_whose_making_a_task_depends_on() -> None:
    bound = Postgres("db", volume=FileVolume("here", bind="data"))
    assert put(bound, Task("migrate", image="a:1", needs=[bound]))["migrate-run"]["data"] == []


PROPS: dict[str, Any] = {
    "task": "t", "name": "shop_dev_t", "owner": "shop/dev", "image": "i", "command": ["run"], "environment": ["A=b"],
    "files": [{"path": "/run/secrets/K", "content": "hunter22!", "mode": "0444"}], "mounts": [], "user": "",
    "read_only": False, "network": "net", "data": ["shop_dev_db-data"], "secret_values": ["hunter22!"],
    "timeout": 60.0, "memory": 0,
}  # fmt: skip
PINNED: list[tuple[str, Any]] = [
    ("image", "other"), ("command", ["walk"]), ("environment", ["A=c"]),
    ("files", [{"path": "/run/secrets/K", "content": "new", "mode": "0444"}]),
    ("mounts", [{"target": "/a", "source": "v", "type": "volume", "read_only": False}]), ("user", "app"),
    ("read_only", True), ("data", []),
]  # fmt: skip
FREE: list[tuple[str, Any]] = [("timeout", 90.0), ("memory", 1 << 29), ("network", "other"), ("secret_values", [])]


def recorded(props: dict[str, Any]) -> dict[str, Any]:
    return {**props, "digest": digest(props)}


@pytest.fixture
def data(fake: FakeDaemon) -> FakeDaemon:
    fake.volumes.add("shop_dev_db-data")
    return fake


@pytest.mark.parametrize(("key", "value"), PINNED, ids=[key for key, _ in PINNED])
def test_a_task_runs_again_when_what_it_is_changes(data: FakeDaemon, key: str, value: Any) -> None:
    assert TaskProvider().diff("id", recorded(PROPS), {**PROPS, key: value}).changes is True


@pytest.mark.parametrize(("key", "value"), FREE, ids=[key for key, _ in FREE])
def test_a_task_does_not_run_again_for_anything_else(data: FakeDaemon, key: str, value: Any) -> None:
    assert TaskProvider().diff("id", recorded(PROPS), {**PROPS, key: value}).changes is False


def test_every_input_of_a_run_is_known_to_these_tests() -> None:
    """A new input must be put among those that run a Task again, or those that do not."""
    inputs = set(put(Task("t", image="a:1"))["t-run"].inputs.value)
    assert inputs == {key for key, _ in (*PINNED, *FREE)} | {"task", "name", "owner"}


def test_a_new_database_migrates_again(data: FakeDaemon) -> None:
    before = recorded(PROPS)
    data.volumes.there[0].created = "2026-02-02T00:00:00Z"
    assert TaskProvider().diff("id", before, PROPS).changes is True
    data.volumes.there.clear()
    assert TaskProvider().diff("id", before, PROPS).changes is True


def test_a_run_is_a_container_that_is_gone_afterwards(data: FakeDaemon) -> None:
    mounts = [{"target": "/a", "source": "v", "type": "volume", "read_only": True}]
    made = TaskProvider().create({**PROPS, "mounts": mounts, "memory": 64, "user": "app"})
    (container,) = data.containers.made
    assert container.done == ["start", "remove with volumes"] and data.containers.there == []
    assert container.options["image"] == "i" and container.options["command"] == ["run"]
    assert container.options["networking_config"] == {"net": {"aliases": ["t"]}}
    assert container.labels == {"strata.stack": "shop/dev", "strata.service": "t"}
    assert (container.options["user"], container.options["mem_limit"]) == ("app", 64)
    assert [(one["Target"], one["Source"], one["ReadOnly"]) for one in container.options["mounts"]] == [
        ("/a", "v", True)
    ]
    assert container.files == {"/run/secrets/K": ("hunter22!", 0o444)}
    assert (
        made.id == "shop_dev_t"
        and made.outs is not None
        and made.outs["digest"] == digest({**PROPS, "mounts": mounts, "user": "app"})
    )


def test_an_update_runs_it_and_a_delete_does_not(data: FakeDaemon) -> None:
    updated = TaskProvider().update("id", recorded(PROPS), {**PROPS, "image": "new"})
    assert [one.options["image"] for one in data.containers.made] == ["new"]
    assert updated.outs == recorded({**PROPS, "image": "new"})
    TaskProvider().delete("id", recorded(PROPS))
    assert len(data.containers.made) == 1


@pytest.mark.parametrize("act", ["create", "update"])
def test_a_failed_run_raises_with_its_last_lines_and_masks_secrets(data: FakeDaemon, act: str) -> None:
    said = "\n".join(f"line {number}" for number in range(40)) + "\nlogin as hunter22! at postgresql://u:hunter22!@db"
    data.containers.next = {"code": 3, "said": said.encode()}
    props = {**PROPS, "secret_values": ["hunter22!", "postgresql://u:hunter22!@db", ""]}
    with pytest.raises(Failure) as wrong:
        TaskProvider().create(props) if act == "create" else TaskProvider().update("id", {}, props)
    lines = str(wrong.value).splitlines()
    assert lines[0] == "t: the task ended with exit code 3; its last log lines:"
    assert lines[1] == "  line 21" and lines[-1] == "  login as [secret] at [secret]"
    assert data.containers.there == [], "a failed run leaves no container behind"


def test_a_failed_run_that_said_nothing(data: FakeDaemon) -> None:
    data.containers.next = {"code": 1}
    with pytest.raises(Failure, match=r"^t: the task ended with exit code 1; it logged nothing$"):
        TaskProvider().create(PROPS)


def test_a_run_that_takes_too_long_is_ended(data: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(task_provider.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(task_provider.time, "sleep", lambda _: now.__setitem__(0, now[0] + 30))
    data.containers.next = {"code": None}
    with pytest.raises(Failure, match=r"^t: the task took longer than 60 s; it logged nothing$"):
        TaskProvider().create(PROPS)
    assert data.containers.there == []


def test_a_run_without_its_image_says_so(data: FakeDaemon) -> None:
    with pytest.raises(Failure, match=r"^t: its image missing is not on this machine$"):
        TaskProvider().create({**PROPS, "image": "missing"})


def test_a_leftover_of_this_stack_is_removed_and_a_strangers_container_refused(data: FakeDaemon) -> None:
    ours = data.containers.add("shop_dev_t", labels={"strata.stack": "shop/dev"})
    TaskProvider().create(PROPS)
    assert ours.done == ["remove with volumes"]
    theirs = data.containers.add("shop_dev_t", labels={"strata.stack": "shop/prod"})
    with pytest.raises(Failure, match="is not this stack's; remove it: docker rm -f shop_dev_t"):
        TaskProvider().create(PROPS)
    assert theirs.done == []
