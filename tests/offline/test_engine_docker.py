"""The bridge with a real Docker daemon: what a failed create has made is not lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from strata.cli.project import pulumi as pulumi_command

UNHEALTHY = """
import pulumi_docker as docker
docker.Container(
    "late", name={name!r}, image={image!r}, command=["sleep", "600"], destroy_grace_seconds=1,
    wait=True, wait_timeout=3, healthcheck={{"tests": ["CMD", {test!r}], "interval": "1s", "retries": 1}},
)
"""


@pytest.mark.docker
def test_a_container_that_failed_late_is_recorded_then_replaced_and_goes_with_the_stack(tmp_path: Path) -> None:
    pulumi, image = pulumi_command(), "debian:12-slim"
    name = f"strata-engine-test-{uuid.uuid4().hex[:8]}"
    state = tmp_path / "state"
    state.mkdir()
    env = {**os.environ, "PULUMI_BACKEND_URL": state.as_uri(), "PULUMI_CONFIG_PASSPHRASE": "test"}
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (tmp_path / "Pulumi.yaml").write_text(json.dumps({"name": "late", "runtime": runtime}))

    def program_text(test: str) -> None:
        (tmp_path / "__main__.py").write_text(UNHEALTHY.format(name=name, image=image, test=test))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([pulumi, *words], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    def recorded() -> list[str]:
        resources = json.loads(run("stack", "export").stdout)["deployment"].get("resources", [])
        return [one["id"] for one in resources if one["type"].endswith(":Container")]

    def running() -> list[str]:
        listed = ["docker", "ps", "-aq", "--no-trunc", "--filter", f"name={name}"]
        return subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()

    run("stack", "init", "dev")
    try:
        program_text("false")
        failed = run("up", "--yes", "--skip-preview", "--non-interactive")
        assert failed.returncode != 0 and "healthy" in failed.stdout + failed.stderr
        first = running()
        assert len(first) == 1 and recorded() == first

        program_text("true")
        assert run("up", "--yes", "--skip-preview", "--non-interactive").returncode == 0
        second = running()
        assert len(second) == 1 and second != first and recorded() == second

        assert run("destroy", "--yes", "--skip-preview", "--non-interactive").returncode == 0
        assert running() == []
    finally:
        for container in running():
            subprocess.run(["docker", "rm", "--force", "--volumes", container], capture_output=True, check=False)
