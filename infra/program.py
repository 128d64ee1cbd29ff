"""Settings, system, resolve, deploy, export."""

from __future__ import annotations

import sys
from pathlib import Path

import pulumi

from components.core.describe import version_of
from components.core.load import load_system
from components.core.resolve import resolve
from components.core.target import load_target
from components.model.problems import DescriptionError
from components.tiers.system import SystemStack
from infra.outputs import exported
from infra.settings import from_pulumi


def run() -> None:
    """The whole program of a project; its `__main__.py` does nothing but call it."""
    try:
        _deploy()
    except DescriptionError as wrong:
        # A person made this mistake, not the program: the message is enough, a traceback would hide it.
        pulumi.log.error(str(wrong))
        sys.exit(1)


def _deploy() -> None:
    settings = from_pulumi(Path(pulumi.get_root_directory()))
    system = resolve(load_system(settings.system), settings)
    target = load_target(settings.target).create(system, settings)
    stack = SystemStack(system, target)
    for name, value in exported(system, settings.target, version_of(system), stack.bound).items():
        pulumi.export(name, value)
