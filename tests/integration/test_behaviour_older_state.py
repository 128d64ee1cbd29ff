"""A state that an older version wrote is destroyed by this one, without running the program.

The classes of the dynamic providers are kept in states by their import path: moving one breaks every older stack. The
fixture is the exported state of `OLDER`, brought up as stack `test-older` of project `scratch` with the tests'
passphrase; it is not to be made anew when it stops working.
"""

from __future__ import annotations

import json
from pathlib import Path

import docker
import pytest

from tests.integration.harness import ROOT, Stack, scratch_project

pytestmark = pytest.mark.docker

FIXTURE = ROOT / "tests" / "fixtures" / "older-state.json"
NAME = "test-older"
OLDER = """
from strata import FileVolume, Mount, Command, Secret, Service, System, Task, completed
keep = FileVolume("keep", backup="critical")
fill = Task("fill", image="debian:12-slim", command="touch /keep/filled", volumes=[Mount(keep, "/keep")])
api = Service("api", image="debian:12-slim", command="tail -f /dev/null", stop_seconds=0, after=[completed(fill)],
              health=Command("true", interval="1s"), read_only=True, secrets={"TOKEN": Secret("token")},
              secrets_as="files", volumes=[Mount(keep, "/keep")])
system = System("scratch", data=[keep], app=[fill, api])
"""


def test_it_has_every_dynamic_provider() -> None:
    """The fixture would prove nothing about one that is not in it; and it holds nothing of the machine that made it."""
    text = FIXTURE.read_text()
    names = [one["urn"].rsplit("::", 1)[-1] for one in json.loads(text)["deployment"]["resources"]]
    for part in ("api-ready", "fill-run", "api-files-run-secrets-content"):
        assert part in names
    assert str(ROOT) not in text and str(Path.home()) not in text


def test_an_older_state_is_destroyed_without_its_program(tmp_path: Path) -> None:
    """Volumes that are still there go with it; the network and containers are gone already, which does not matter."""
    folder = scratch_project(tmp_path / "project", OLDER)
    (folder / "__main__.py").write_text('raise SystemExit("the program was run")\n')
    stack = Stack(folder, tmp_path / "state", {"system": "system"}, name=NAME)
    volume = f"scratch_{NAME}_keep"
    try:
        docker.from_env().volumes.create(volume, labels={"strata.stack": stack.owner, "strata.backup": "critical"})
        stack.pulumi("stack", "import", "--stack", NAME, "--file", str(FIXTURE)).ok()
        assert len(stack.resources()) == len(json.loads(FIXTURE.read_text())["deployment"]["resources"])
        stack.destroy().ok()
        assert stack.resources() == []
        assert stack.left() == {"containers": [], "networks": [], "volumes": []}
    finally:
        stack.remove()
