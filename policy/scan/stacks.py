"""The prod stacks of this project, each system in each profile, and those that its settings can make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.core.load import load_system
from components.core.resolve import resolve
from components.core.settings import parse_settings
from components.core.settings_files import find_project, read_stack
from components.core.target import load_target
from components.tiers.system import SystemStack
from policy.scan import ROOT, ScanError
from policy.scan.kinds import Kind
from policy.scan.record import record
from policy.scan.stack import Stack

PROFILES = ("frugal", "standard", "resilient")
SYSTEMS: Mapping[str, Path] = {"starter": ROOT, "polar": ROOT / "systems" / "polar"}
"""The systems that have a prod stack, and the folders of their projects."""
STACK = "prod"


CONTAINED = ("db", "cache", "jobs", "gateway")
"""The starter's services that can be containers of ours."""


@dataclass(frozen=True)
class Prod:
    """A system's prod stack with the sizes of a profile; `more` are settings beside those of its file, and `variant`
    names them."""

    system: str
    profile: str
    variant: str = ""
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def label(self) -> str:
        return "-".join(word for word in (self.system, self.profile, self.variant) if word)

    def recorded(self, kinds: Mapping[str, Kind]) -> Stack:
        """What the system's Pulumi.prod.yaml makes with this profile; what is this clone's own does not count."""
        project = find_project(SYSTEMS[self.system])
        if STACK not in project.stacks:
            raise ScanError(f"there is no Pulumi.{STACK}.yaml beside {self.system}'s Pulumi.yaml: nothing to scan")
        settings = parse_settings(self.settings(read_stack(project.folder, STACK)))

        def program() -> None:
            system = resolve(load_system(settings.system), settings)
            SystemStack(system, load_target(settings.target).create(system, settings))

        region = str(settings.own.region)
        return record(program, kinds, project=project.name, stack=STACK, label=self.label, region=region)

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of a system's file as this stack has them."""
        aws = {**given["aws"], **self.more.get("aws", {})}
        return {**given, **self.more, "aws": aws, "profile": self.profile}


VARIANTS: tuple[Prod, ...] = (
    Prod("starter", "frugal", "balanced", {"services": {"gateway": {"variant": None}}}),
    Prod("starter", "standard", "hosts", {"aws": {"capacity": "ec2", "hosts": {"spot": True}}}),
    Prod("starter", "standard", "containers", {
        "services": {name: {"variant": "container"} for name in CONTAINED}, "monitoring": True,
    }),
    Prod("starter", "standard", "reached", {
        "aws": {"domain": "shop.example.com", "zone": "example.com", "notify": "ops@example.com", "budget": 300},
    }),
    Prod("starter", "standard", "schedules", {"system": "policy.scan.clock"}),
    Prod("starter", "frugal", "schedules", {"system": "policy.scan.clock"}),
)  # fmt: skip
"""What no system's file chooses and a setting or a description may: each kind in its other variant, EC2, a name of its
own, schedules."""


def every() -> list[Prod]:
    return [*(Prod(system, profile) for system in SYSTEMS for profile in PROFILES), *VARIANTS]
