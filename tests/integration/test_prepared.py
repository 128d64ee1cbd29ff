"""What a task on AWS prepares, run by a real daemon: a user who is not root has its /tmp and its secret files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from components.targets.aws.containers import Place, containers
from strata import Secret, Service

pytestmark = pytest.mark.docker

IMAGE = "debian:12-slim"
SCRIPT = 'echo kept > /tmp/file && cat /tmp/file "$API_TOKEN_FILE" && id -u && touch /etc/file'
service = Service(
    "api", image=IMAGE, command=["sh", "-c", SCRIPT], read_only=True, user="1234:1234",
    secrets={"API_TOKEN": Secret("token")}, secrets_as="files",
)  # fmt: skip
DEFINED = containers(
    service, {"image": IMAGE, "logs": "logs", "environment": {}, "secrets": {"API_TOKEN": "arn"}}, Place("r"), None,
    None, 10,
)  # fmt: skip


@pytest.fixture
def volumes(tmp_path: Path) -> Iterator[Mapping[str, Path]]:
    """As ECS makes a task's volumes: folders of root's, which nobody else writes to."""
    made = {name: tmp_path / name for name in ("tmp", "secrets")}
    for folder in made.values():
        folder.mkdir()
        run = ["docker", "run", "--rm", "-v", f"{folder}:/it", IMAGE, "sh", "-c", "chown 0:0 /it && chmod 0755 /it"]
        subprocess.run(run, check=True)
    yield made
    for folder in made.values():
        clean = ["docker", "run", "--rm", "-v", f"{folder}:/it", IMAGE, "sh", "-c", "rm -rf /it/* && chmod 0777 /it"]
        subprocess.run(clean, check=True)


def start(one: Mapping[str, Any], volumes: Mapping[str, Path]) -> subprocess.CompletedProcess[str]:
    """Run a container definition to its end."""
    given = {item["name"]: item["value"] for item in one.get("environment", [])}
    given |= {item["name"]: "a-value " for item in one.get("secrets", [])}
    words = ["docker", "run", "--rm", "--user", str(one["user"])]
    words += [word for key, value in given.items() for word in ("-e", f"{key}={value}")]
    for place in one["mountPoints"]:
        mode = ":ro" if place["readOnly"] else ""
        words += ["-v", f"{volumes[place['sourceVolume']]}:{place['containerPath']}{mode}"]
    words += ["--read-only"] if one["readonlyRootFilesystem"] else []
    entry = one.get("entryPoint", [])
    words += ["--entrypoint", entry[0]] if entry else []
    return subprocess.run([*words, IMAGE, *entry[1:], *one["command"]], capture_output=True, text=True, check=False)


def test_a_user_who_is_not_root_writes_to_tmp_and_reads_its_secrets(volumes: Mapping[str, Path]) -> None:
    prepare, main = DEFINED
    before = start(main, volumes)
    assert "/tmp/file: Permission denied" in before.stderr, "without what is prepared it must fail, or nothing is shown"
    prepared = start(prepare, volumes)
    assert prepared.returncode == 0, prepared.stderr
    after = start(main, volumes)
    assert after.stdout == "kept\na-value 1234\n"
    assert "Read-only file system" in after.stderr
