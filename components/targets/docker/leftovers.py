"""What an interrupted update left behind: removed before its successor is created.

After a kill, a container or network may exist that the state does not know, and its name would make the next `up` fail.
Hooks that run before a create remove it, when it carries this stack's label; anything else is never touched.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import pulumi
from docker.errors import NotFound

from components.targets.docker import daemon, networks
from components.targets.docker.taken_ports import refuse_taken


def _owner(labels: list[dict[str, str]]) -> str | None:
    """The stack label among a resource's `labels` input, a list of {label, value}."""
    for entry in labels:
        if entry.get("label") == daemon.STACK_LABEL:
            return entry.get("value")
    return None


def _inputs(args: pulumi.ResourceHookArgs) -> tuple[str, str | None]:
    inputs: Mapping[str, Any] = args.new_inputs or {}
    return str(inputs.get("name")), _owner(inputs.get("labels") or [])


def free_container_name(args: pulumi.ResourceHookArgs) -> None:
    """Remove a leftover container of this stack; raise when the name belongs to somebody else's."""
    name, owner = _inputs(args)
    try:
        found = daemon.client().containers.get(name)
    except NotFound:
        return
    if owner is None or found.labels.get(daemon.STACK_LABEL) != owner:
        raise RuntimeError(
            f"a container named {name!r} exists and is not this stack's; "
            f"remove it (docker rm -f {name}) or give the service another name"
        )
    found.remove(force=True, v=False)


def free_network_name(args: pulumi.ResourceHookArgs) -> None:
    """Remove leftover networks of this stack with what is attached to them; Docker would make a second of the name."""
    name, owner = _inputs(args)
    for network in daemon.client().networks.list(names=[f"^{name}$"]):
        labels: Mapping[str, str] = network.attrs.get("Labels") or {}
        if owner is None or labels.get(daemon.STACK_LABEL) != owner:
            raise RuntimeError(
                f"a network named {name!r} exists and is not this stack's; remove it (docker network rm {name}) "
                "or give the system's Network another physical_name"
            )
        networks.remove_with_attached(network)


def check_volume_owner(args: pulumi.ResourceHookArgs) -> None:
    """Let an existing volume of this stack be adopted with its data; raise when it is somebody else's.

    One that does not exist yet is made here, with a label that tells it from a later one of the same name: the daemon's
    own CreatedAt changes, before Docker 24, whenever a file is made in the volume.
    """
    name, owner = _inputs(args)
    try:
        found = daemon.client().volumes.get(name)
    except NotFound:
        given: list[dict[str, str]] = (args.new_inputs or {}).get("labels") or []
        own = {entry["label"]: entry["value"] for entry in given}
        if daemon.BACKUP_LABEL in own:
            daemon.client().volumes.create(name, labels={**own, daemon.BORN_LABEL: secrets.token_hex(8)})
        return
    labels: Mapping[str, str] = found.attrs.get("Labels") or {}
    if owner is None or labels.get(daemon.STACK_LABEL) != owner:
        raise RuntimeError(
            f"a volume named {name!r} exists and is not this stack's; its data is left alone: remove it "
            f"(docker volume rm {name}) or give the volume another physical_name"
        )


def prepare_container(args: pulumi.ResourceHookArgs) -> None:
    """Free its name, then see that nobody else has its ports."""
    free_container_name(args)
    refuse_taken(args.new_inputs or {})


class Hooks:
    """The three hooks, registered once in a program."""

    def __init__(self) -> None:
        self.container = _binding("strata-free-container-name", prepare_container)
        self.network = _binding("strata-free-network-name", free_network_name)
        self.volume = _binding("strata-check-volume-owner", check_volume_owner)


def _binding(name: str, callback: Any) -> pulumi.ResourceHookBinding:
    return pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook(name, callback)])
