"""The prod stacks of this project, each system in each profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Prod:
    """A system's prod stack with the sizes of a profile."""

    system: str
    profile: str

    @property
    def label(self) -> str:
        return f"{self.system}-{self.profile}"

    def recorded(self, kinds: Mapping[str, Kind]) -> Stack:
        """What the system's Pulumi.prod.yaml makes with this profile; what is this clone's own does not count."""
        project = find_project(SYSTEMS[self.system])
        if STACK not in project.stacks:
            raise ScanError(f"there is no Pulumi.{STACK}.yaml beside {self.system}'s Pulumi.yaml: nothing to scan")
        settings = parse_settings({**read_stack(project.folder, STACK), "profile": self.profile})

        def program() -> None:
            system = resolve(load_system(settings.system), settings)
            SystemStack(system, load_target(settings.target).create(system, settings))

        region = str(settings.own.region)
        return record(program, kinds, project=project.name, stack=STACK, label=self.label, region=region)


def every() -> list[Prod]:
    return [Prod(system, profile) for system in SYSTEMS for profile in PROFILES]
