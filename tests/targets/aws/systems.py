"""The prod stacks of the starter and of Polar, with secret values that a test finds again."""

from __future__ import annotations

import functools
from typing import Any

import pytest
import yaml

from components.core.load import load_system
from components.model.service import Workload
from components.targets.aws.checks import ROOT
from components.targets.aws.settings import PROFILES
from tests.ran import Ran
from tests.targets.aws.stage import deploy

SYSTEMS = ("starter", "polar")
every_stack = pytest.mark.parametrize(
    ("system", "profile"), [(system, profile) for system in SYSTEMS for profile in PROFILES]
)
MARK = "SECRET+value/of "
"""In every secret value; it is not the same when it is percent-encoded."""


FILES = {"starter": ROOT / "Pulumi.prod.yaml", "polar": ROOT / "systems/polar/Pulumi.prod.yaml"}


def secrets_of(system: str) -> dict[str, str]:
    """A value for every secret of a system."""
    return {one.name: f"{MARK}{one.name}" for one in load_system(f"systems.{system}.system").secrets()}


@functools.cache
def prod(system: str, profile: str = "standard", domain: bool = True) -> Ran:
    """A system's prod stack with a domain, and with known secrets."""
    aws: dict[str, Any] = {"domain": "shop.example.com", "zone": "example.com"} if domain else {}
    return deploy(
        load_system(f"systems.{system}.system"), project=system, profile=profile, protection=True,
        secrets=secrets_of(system), aws={**aws, "notify": "ops@example.com"},
    )  # fmt: skip


@functools.cache
def committed(system: str, profile: str, preview: bool = False, monitoring: bool = False, arm: bool = False) -> Ran:
    """A system's prod stack as its file has it, in a profile of the test's choice, with its monitoring if wanted, and
    on ARM, where images come from a registry: this machine may be another."""
    config = yaml.safe_load(FILES[system].read_text())["config"]
    settings = {key.removeprefix("strata:"): value for key, value in config.items()} | {"profile": profile}
    assert settings.pop("target") == "aws"
    module = settings.pop("system")
    if monitoring:
        settings["monitoring"] = True
    described = load_system(module)
    if arm:
        settings["aws"] |= {"architecture": "arm64"}
        settings["services"] = {one.name: {"image": "a:1"} for one in described.app if isinstance(one, Workload)}
    return deploy(described, project=system, preview=preview, **settings)
