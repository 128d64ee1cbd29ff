"""`docker compose`, which Debian 12 lacks and only the benchmarks compare with."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from offline.images import debian
from offline.images.docker import Docker
from offline.steps import step

_SUITE = "trixie"


def compose(docker: Docker) -> None:
    """Make `docker compose` answer: Debian 13's package, unpacked as a plugin of the docker command."""
    if docker.output(["compose", "version"])[0] == 0:
        return
    if not debian.codename():
        raise SystemExit("[set-up] docker compose is missing: install Docker's compose plugin")
    system = Path("/usr/local/lib/docker/cli-plugins")
    plugins = system if os.geteuid() == 0 else Path.home() / ".docker" / "cli-plugins"
    with step("docker compose from Debian 13", "10 s") as running, tempfile.TemporaryDirectory() as folder:
        unpacked = debian.download(running, "docker-compose", _SUITE, Path(folder))
        plugins.mkdir(parents=True, exist_ok=True)
        program = next(path for path in unpacked.rglob("docker-compose") if path.is_file() and os.access(path, os.X_OK))
        shutil.copy(program, plugins / "docker-compose")
        running.run(["docker", "compose", "version"])
