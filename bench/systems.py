"""The same system twice: as a Strata project and as a compose file."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

IMAGE = "redis:7-alpine"
CHECK = "redis-cli ping | grep -q PONG"

DESCRIPTION = """import os

from strata import Command, FileVolume, Mount, Service, System

CHANGED = os.environ.get("BENCH_CHANGED", "no")
services = [
    Service(f"s{number}", image="{image}", volumes=[Mount(FileVolume(f"v{number}"), "/data")], port=6379,
            health=Command("{check}", interval="1s", timeout="2s", retries=30),
            environment={{"CHANGED": CHANGED if number == 0 else "no"}})
    for number in range({count})
]
system = System("bench", app=services)
"""


def strata_project(folder: Path, count: int, interpreter: Path) -> Path:
    """A project of `count` containers, each with a volume and a health check every second."""
    folder.mkdir(parents=True)
    runtime = {"name": "python", "options": {"virtualenv": str(interpreter.parent.parent)}}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": f"bench{count}", "runtime": runtime}))
    (folder / "Pulumi.bench.yaml").write_text(yaml.safe_dump({"config": {"strata:system": "system"}}))
    (folder / "__main__.py").write_text("from infra.program import run\n\nrun()\n")
    (folder / "system.py").write_text(
        DESCRIPTION.replace("{image}", IMAGE).replace("{check}", CHECK).replace("{count}", str(count))
        .replace("{{", "{").replace("}}", "}")
    )  # fmt: skip
    return folder


def compose_project(folder: Path, count: int) -> Path:
    """The equivalent compose file."""
    folder.mkdir(parents=True)
    services = {
        f"s{number}": {
            "image": IMAGE,
            "volumes": [f"v{number}:/data"],
            "environment": {"CHANGED": "${BENCH_CHANGED:-no}" if number == 0 else "no"},
            "healthcheck": {
                "test": ["CMD-SHELL", CHECK], "interval": "1s", "timeout": "2s", "retries": 30, "start_period": "0s"
            },
        }
        for number in range(count)
    }  # fmt: skip
    volumes: dict[str, None] = {f"v{number}": None for number in range(count)}
    content = {"name": f"benchcompose{count}", "services": services, "volumes": volumes}
    (folder / "compose.yaml").write_text(yaml.safe_dump(content))
    return folder


INTERPRETER = Path(sys.executable)
