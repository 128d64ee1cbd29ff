"""Putting descriptions on the Docker target, without a daemon."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from components.core.resolve import resolve
from components.core.settings import StackSettings
from components.model.alerts import alerts_of
from components.model.described import Described
from components.targets.docker.checks import ROOT
from components.targets.docker.target import DockerTarget
from components.tiers.system import SystemStack
from strata import DevTool, Gateway, Monitoring, Network, System
from tests.programs import run
from tests.ran import Made, Ran

CONTAINER = "docker:index/container:Container"
VOLUME = "docker:index/volume:Volume"
STASH = "pulumi:index:Stash"


def deploy(
    system: System,
    *,
    project: str = "shop",
    stack: str = "dev",
    root: Path = ROOT,
    preview: bool = False,
    kept: Mapping[str, Mapping[str, Any]] | None = None,
    **settings: Any,
) -> Ran:
    """Everything that a system becomes; `settings` are the stack's. Its `value` maps names to what was bound."""
    chosen = StackSettings(system="none", **settings)
    resolved = resolve(system, chosen)

    def program() -> Any:
        target = DockerTarget(network=resolved.network, settings=chosen, alerts=alerts_of(resolved), root=root)
        stack = SystemStack(resolved, target)
        bound = stack.bound
        return pulumi.Output.all(**{
            name: {"facts": dict(one.facts), "endpoints": dict(one.endpoints)} for name, one in bound.items()
        })  # fmt: skip

    return run(program, project=project, stack=stack, preview=preview, kept=kept)


def system_of(*services: Described, network: Network | None = None, monitoring: Monitoring | None = None) -> System:
    """A system of these services, each where it belongs."""
    gateways = [one for one in services if isinstance(one, Gateway)]
    return System(
        "shop",
        [one for one in services if one.TIER == "data"],
        app=[one for one in services if one.TIER == "app" and not isinstance(one, Gateway | DevTool)],
        tools=[one for one in services if isinstance(one, DevTool)],
        gateway=gateways[0] if gateways else None,
        network=network or Network(),
        monitoring=monitoring,
    )


def put(*services: Described, **options: Any) -> Ran:
    """Everything that a system of these services becomes."""
    network, monitoring = options.pop("network", None), options.pop("monitoring", None)
    return deploy(system_of(*services, network=network, monitoring=monitoring), **options)


def files(container: Made) -> dict[str, str]:
    """The files uploaded into a container: path to content."""
    return {one["file"]: one["content"] for one in container.get("uploads") or []}


def is_secret_file(container: Made, path: str) -> bool:
    """Whether a file's content is a secret input."""
    number = next(number for number, one in enumerate(container["uploads"]) if one["file"] == path)
    return container.inputs.is_secret(f"uploads.{number}.content")


def environment(container: Made) -> dict[str, str]:
    """A container's environment."""
    return dict(line.split("=", 1) for line in container.get("envs") or [])


def mounts(container: Made) -> dict[str, tuple[str, str]]:
    """What is mounted where: target to type and source."""
    return {one["target"]: (one["type"], one["source"]) for one in container.get("mounts") or []}


def labels(made: Made) -> dict[str, str]:
    """A resource's labels."""
    return {one["label"]: one["value"] for one in made["labels"]}
