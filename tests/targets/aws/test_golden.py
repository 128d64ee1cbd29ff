"""The resources of the prod stacks, as a list that a person reads when it changes."""

from __future__ import annotations

import pytest

from tests.goldens import Golden, listed
from tests.targets.aws.systems import SYSTEMS, committed, every_stack


@every_stack
def test_the_resources_of_a_stack(system: str, profile: str, golden: Golden) -> None:
    golden(f"aws-{system}-{profile}", listed(committed(system, profile)))


def test_the_resources_of_polar_with_its_monitoring(golden: Golden) -> None:
    """Its description leaves monitoring to the stack (`--monitoring`)."""
    golden("aws-polar-monitoring", listed(committed("polar", "standard", monitoring=True)))


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_preview_of_a_new_stack_registers_the_same(system: str) -> None:
    """While nothing is known yet, no resource may be missing, and no program may fail on an unknown value."""
    assert sorted(committed(system, "standard", preview=True).names()) == sorted(committed(system, "standard").names())
