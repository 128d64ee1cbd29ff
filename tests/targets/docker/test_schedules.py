"""Schedules on Docker: the container that starts its own job by the clock, and the files that it does it with."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from components.core import catalog
from components.targets.docker import schedule_files
from components.targets.docker.schedule_files import FOLDER, ScheduleProvider, job, write
from components.targets.failure import Failure
from strata import FileVolume, Mount, Redis, Schedule, Secret, System
from tests.targets.docker.fakes import FakeDaemon
from tests.targets.docker.stage import environment, labels, mounts, put

PROGRAM = "strata:docker:Files"
cache = Redis("cache")
nightly = Schedule(
    "nightly", image="a:1", command="run 'a b'", cron="30 2 * * MON-FRI", timezone="Europe/Berlin", needs=[cache],
    environment={"MODE": "x"}, user="app", memory="64MB",
)  # fmt: skip


def test_a_schedule() -> None:
    ran = put(cache, nightly)
    assert {one.name: one.type for one in ran.below("nightly")} == {
        "nightly-program": PROGRAM,
        "nightly-program-volume": "docker:index/volume:Volume",
        "nightly-program-content": "pulumi-python:dynamic:Resource",
        "nightly-container": "docker:index/container:Container",
    }
    container = ran["nightly-container"]
    assert (container["name"], container["image"], container["user"]) == ("shop_dev_nightly", "sha256:image-a-1", "app")
    assert container["entrypoints"] == [f"{FOLDER}/supercronic", "-passthrough-logs", f"{FOLDER}/crontab"]
    assert container.get("command") is None and container.get("ports") is None
    assert container["restart"] == "unless-stopped" and container["destroyGraceSeconds"] == 10
    assert mounts(container) == {FOLDER: ("volume", "shop_dev_nightly-program")}
    assert container["mounts"][0]["readOnly"] is True
    found = environment(container)
    assert (found["MODE"], found["REDIS_URL"]) == ("x", "redis://cache:6379/0")
    assert container["healthcheck"]["tests"] == [
        "CMD-SHELL", f"{FOLDER}/supercronic -no-reap -test {FOLDER}/crontab",
    ]  # fmt: skip
    assert ran["nightly-program-content"].inputs.value == {
        "schedule": "nightly", "volume": "shop_dev_nightly-program", "image": "sha256:image-a-1",
        "scheduler": "sha256:build-scheduler", "owner": "shop/dev", "command": ["run", "a b"],
        "crontab": f"CRON_TZ=Europe/Berlin\n30 2 * * 1,2,3,4,5 exec {FOLDER}/job\n",
    }  # fmt: skip
    assert {"cache-ready", "nightly-program-content"} <= ran.awaited("nightly-container")
    assert ran.value["nightly"]["endpoints"] == {}


def test_nobody_is_given_the_daemons_socket() -> None:
    ran = put(cache, nightly)
    assert not any("docker.sock" in str(value) for one in ran.made for _, value, _ in one.inputs.leaves())


@pytest.mark.parametrize(
    ("overlap", "flags", "seconds"),
    [("forbid", [], None), ("allow", ["-overlapping"], None), ("replace", ["-overlapping"], 7)],
)
def test_overlap(overlap: Any, flags: list[str], seconds: int | None) -> None:
    ran = put(Schedule("s", image="a:1", cron="@daily", overlap=overlap, stop_seconds=7))
    assert ran["s-container"]["entrypoints"][1:-1] == ["-passthrough-logs", *flags]
    assert ran["s-program-content"].get("replace_seconds") == seconds


def test_two_schedules_share_the_scheduler_and_no_volume() -> None:
    ran = put(nightly, cache, Schedule("hourly", image="a:1", cron="@hourly"))
    assert len([one for one in ran.made if one.name == "build-scheduler"]) == 1
    image = ran["build-scheduler"]
    assert image["name"].startswith("shop/scheduler:") and Path(image["build"]["context"], "Dockerfile").is_file()
    assert ran["hourly-program-volume"]["name"] == "shop_dev_hourly-program"


def test_another_program_is_another_container() -> None:
    """What is written into the volume would not reach one that runs."""
    versions = [
        labels(put(Schedule("s", image="a:1", **given))["s-container"])["strata.files"]  # type: ignore[arg-type]
        for given in (
            {"cron": "@daily"}, {"cron": "0 0 * * *"}, {"cron": "@hourly"}, {"cron": "@daily", "command": "x"},
            {"cron": "@daily", "timezone": "Europe/Berlin"}, {"cron": "@daily", "overlap": "replace"},
        )
    ]  # fmt: skip
    assert versions[0] == versions[1] and len(set(versions)) == 5


def test_volumes_and_secret_files_are_those_of_a_service() -> None:
    kept = FileVolume("kept")
    ran = put(kept, Schedule(
        "s", image="a:1", cron="@daily", read_only=True, secrets={"API_TOKEN": Secret("t", default="t0ken")},
        secrets_as="files", volumes=[Mount(kept, "/kept")],
    ))  # fmt: skip
    assert mounts(ran["s-container"]) == {
        "/kept": ("volume", "shop_dev_kept"), "/run/secrets": ("volume", "shop_dev_s-files-run-secrets"),
        FOLDER: ("volume", "shop_dev_s-program"),
    }  # fmt: skip
    assert environment(ran["s-container"]) == {"API_TOKEN_FILE": "/run/secrets/API_TOKEN"}
    assert not any("t0ken" in str(value) for _, value, _ in ran["s-program-content"].inputs.leaves())


def test_its_scheduler_is_made_of_an_image_that_the_set_up_brings() -> None:
    assert catalog.images("docker", System("s", app=[nightly, Schedule("b", image="a:1", cron="@daily")], data=[cache])
    ) == ["redis:8-alpine", "a:1", "golang:1.26-alpine"]  # fmt: skip


PROPS: dict[str, Any] = {
    "schedule": "s", "volume": "v", "image": "job", "scheduler": "clock", "crontab": "x\n", "command": ["run", "a b"],
    "owner": "shop/dev",
}  # fmt: skip
PINNED: list[tuple[str, Any]] = [
    ("volume", "w"), ("image", "other"), ("scheduler", "newer"), ("crontab", "y\n"), ("command", []),
    ("replace_seconds", 3),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), PINNED, ids=[key for key, _ in PINNED])
def test_the_files_are_written_again_when_one_changes(key: str, value: Any) -> None:
    assert ScheduleProvider().diff("id", PROPS, {**PROPS, key: value}).changes is True
    assert ScheduleProvider().diff("id", PROPS, {**PROPS, "owner": "me"}).changes is False


def test_every_input_of_the_files_is_known_to_these_tests() -> None:
    inputs = set(put(Schedule("s", image="a:1", cron="@daily", overlap="replace"))["s-program-content"].inputs.value)
    assert inputs == {key for key, _ in PINNED} | {"schedule", "owner"} == {*schedule_files.PINNED, "schedule", "owner"}


@pytest.mark.parametrize(
    ("image", "command", "words"),
    [
        ({"Entrypoint": ["enter"], "Cmd": ["serve"]}, ["run", "a b"], "enter run 'a b'"),
        ({"Entrypoint": ["enter"], "Cmd": ["serve"]}, [], "enter serve"),
        ({"Entrypoint": None, "Cmd": ["serve", "$HOME"]}, [], "serve '$HOME'"),
        ({"Entrypoint": ["enter"]}, [], "enter"),
        (None, ["run"], "run"),
    ],
)
def test_a_run_is_what_the_daemon_itself_would_start(
    fake: FakeDaemon, image: dict[str, Any] | None, command: list[str], words: str
) -> None:
    fake.images.there["job"] = image
    made = ScheduleProvider().create({**PROPS, "command": command})
    (helper,) = fake.containers.made
    assert helper.done == ["remove with volumes"] and helper.options["image"] == "clock" and helper.name == "v_writer"
    assert helper.options["volumes"] == {"v": {"bind": "/files", "mode": "rw"}}
    assert helper.labels == {"strata.stack": "shop/dev"}
    assert helper.files == {
        "/files/supercronic": ("", 0o755), "/files/crontab": ("x\n", 0o555),
        "/files/job": (f"#!/bin/sh\nexec {words}\n", 0o555),
    }  # fmt: skip
    assert made.id == "v"


def test_an_image_that_says_nothing_about_what_to_run(fake: FakeDaemon) -> None:
    fake.images.there["job"] = {"Entrypoint": None, "Cmd": None}
    with pytest.raises(Failure, match=r"^s: its image says nothing about what to run; give it a command$"):
        write({**PROPS, "command": []})
    with pytest.raises(Failure, match=r"^s: its image gone is not on this machine$"):
        write({**PROPS, "image": "gone"})
    assert fake.containers.there == []


def started(script: str, folder: Path, name: str) -> subprocess.Popen[str]:
    """A run as the scheduler starts it: the leader of a process group of its own."""
    path = folder / name
    path.write_text(script.replace(schedule_files.RUNNING, str(folder / "running")))
    return subprocess.Popen(
        ["sh", "-c", f"exec sh {path}"], start_new_session=True, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_a_run_that_replaces_ends_all_of_the_one_before(tmp_path: Path) -> None:
    """By the system's own shell: asked to end first, then by force, its children too."""
    before = started(job(["sh", "-c", "trap '' TERM; sleep 60 & echo $!; sleep 60"], 1), tmp_path, "one")
    assert before.stdout is not None
    child = int(before.stdout.readline())
    began = time.monotonic()
    after = started(job(["echo", "mine"], 1), tmp_path, "two")
    said, _ = after.communicate(timeout=10)
    assert said == "the run before has not ended: it is replaced by this one\nmine\n"
    assert 1 <= time.monotonic() - began < 5 and before.wait(timeout=5) == -9
    assert not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split(")")[1][:3]


def test_a_number_that_is_another_process_by_now_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen(["sleep", "30"], start_new_session=True)
    try:
        (tmp_path / "running").write_text(f"{other.pid} 1\n")
        said, _ = started(job(["echo", "mine"], 1), tmp_path, "one").communicate(timeout=10)
        assert said == "mine\n" and other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_the_first_run_of_all_has_none_to_replace(tmp_path: Path) -> None:
    one = started(job(["echo", "mine"], 1), tmp_path, "one")
    assert one.communicate(timeout=10)[0] == "mine\n" and one.returncode == 0


def test_a_preview_of_a_new_schedule_registers_the_same() -> None:
    """While no image and no volume is known yet."""
    assert sorted(put(cache, nightly, preview=True).names()) == sorted(put(cache, nightly).names())
