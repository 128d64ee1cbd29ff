"""The starter's rehearsal: the prod stack on an emulated AWS with real containers, a job through it, three kills."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from components.core.settings_files import merged
from rehearsal import place
from rehearsal.emulator import free_port
from rehearsal.rehearse import Rehearsal
from strata.cli.project import Project
from tests.integration.harness import ROOT

pytestmark = [pytest.mark.aws, pytest.mark.timeout(1200)]


@pytest.fixture
def project() -> Iterator[Project]:
    """A stack like the starter's rehearsal, at addresses of its own."""
    name = f"test-{secrets.token_hex(3)}"
    known = yaml.safe_load((ROOT / "Pulumi.rehearsal.yaml").read_text())["config"]
    own = {"endpoint": f"http://127.0.0.1:{free_port()}", "registry": f"127.0.0.1:{free_port()}"}
    file = ROOT / f"Pulumi.{name}.yaml"
    file.write_text(yaml.safe_dump({"config": merged(known, {"strata:aws": own})}))
    yield Project(ROOT, name)
    place.end(f"starter/{name}")
    Path(file).unlink()


def test_the_prod_stack_works_and_outlives_kills(project: Project) -> None:
    rehearsal = Rehearsal(project, short=True)
    rehearsal.run()
    steps = rehearsal.steps.done
    assert [f"{one.name}: {one.said}" for one in steps if not one.good] == []
    assert [one.name for one in steps] == [
        "emulated AWS", "pulumi up", "a text handed in", "a picture handed in",
        "bindings: database, cache, queue, object storage", "service to service by its name", "scaling as described",
        "second preview",
        "api killed", "web killed", "worker killed", "pulumi destroy", "nothing left",
    ]  # fmt: skip
    assert not any(place.left(project.owner).values())
