"""The same system three times: as a Strata project, as a compose file, and as a program of pulumi-docker alone."""

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

BARE = """import os

import pulumi_docker as docker

network = docker.Network("net")
image = docker.RemoteImage("image", name="{image}", keep_locally=True)
check = docker.ContainerHealthcheckArgs(
    tests=["CMD-SHELL", "{check}"], interval="1s", timeout="2s", retries=30, start_period="0s"
)
for number in range({count}):
    volume = docker.Volume(f"v{number}")
    changed = os.environ.get("BENCH_CHANGED", "no") if number == 0 else "no"
    docker.Container(
        f"s{number}", image=image.image_id, envs=[f"CHANGED={changed}"], healthcheck=check, wait=True, wait_timeout=120,
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network.name, aliases=[f"s{number}"])],
        volumes=[docker.ContainerVolumeArgs(volume_name=volume.name, container_path="/data")],
    )
"""
"""What Pulumi takes by itself: no description, no components, no gates, no releases."""


def strata_project(folder: Path, count: int, interpreter: Path) -> Path:
    """A project of `count` containers, each with a volume and a health check every second."""
    _pulumi_project(folder, f"bench{count}", interpreter)
    (folder / "Pulumi.bench.yaml").write_text(yaml.safe_dump({"config": {"strata:system": "system"}}))
    (folder / "__main__.py").write_text("from infra.program import run\n\nrun()\n")
    (folder / "system.py").write_text(_filled(DESCRIPTION, count).replace("{{", "{").replace("}}", "}"))
    return folder


def bare_project(folder: Path, count: int, interpreter: Path) -> Path:
    """The equivalent program of pulumi-docker alone."""
    _pulumi_project(folder, f"benchbare{count}", interpreter)
    (folder / "__main__.py").write_text(_filled(BARE, count))
    return folder


def _pulumi_project(folder: Path, name: str, interpreter: Path) -> None:
    folder.mkdir(parents=True)
    runtime = {"name": "python", "options": {"virtualenv": str(interpreter.parent.parent)}}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": name, "runtime": runtime}))


def _filled(program: str, count: int) -> str:
    return program.replace("{image}", IMAGE).replace("{check}", CHECK).replace("{count}", str(count))


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
