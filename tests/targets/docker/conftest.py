"""What the tests of the Docker target share: no test may see this machine's daemon or its settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.targets.docker import daemon
from tests.goldens import golden as golden
from tests.targets.docker.fakes import FakeDaemon


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeDaemon:
    """A daemon in memory, under the default address whatever the machine says."""
    for key in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker-config"))
    made = FakeDaemon()
    monkeypatch.setattr(daemon, "client", lambda: made)
    return made
