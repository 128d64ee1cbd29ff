"""A whole system as one component: its Foundation and its tiers in order."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Target
from components.model.described import Described
from components.model.problems import DescriptionError
from components.model.system import System
from components.tiers.app import AppTier
from components.tiers.data import DataTier
from components.tiers.monitoring import MonitoringTier
from components.tiers.tier import Tier, awaited

TIERS: tuple[type[Tier], ...] = (DataTier, AppTier, MonitoringTier)


class SystemStack(pulumi.ComponentResource):
    """Everything that a system is made of, under one component; `bound` maps service names to what they hand over,
    `last` is what an update waits for after the services.

    Raises DescriptionError, before any resource exists, when the update would destroy data (docs/adr/0006) or an image
    of the release that the settings name is gone (docs/adr/0014).
    """

    def __init__(self, system: System, target: Target, opts: pulumi.ResourceOptions | None = None) -> None:
        problems = tuple(target.objections(system))
        if problems:
            raise DescriptionError(problems)
        super().__init__("strata:index:System", system.name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        target.found(inside)
        by_tier: dict[str, tuple[Described, ...]] = {
            "data": tuple(system.data),
            "app": (*system.app, *((system.gateway,) if system.gateway else ()), *system.tools),
            "monitoring": system.watchers(),
        }
        made: list[Tier] = []
        waited_for = awaited([one for services in by_tier.values() for one in services])
        for tier in TIERS:
            if by_tier[tier.TIER]:
                made.append(
                    tier(
                        tier.TIER, services=by_tier[tier.TIER], target=target, bound=tuple(made),
                        awaited=waited_for, opts=inside,
                    )
                )  # fmt: skip
        self.bound: dict[str, Bound] = {name: one for tier in made for name, one in tier.bound.items()}
        self.last = tuple(target.finish(system, self.bound))
        self.register_outputs({"services": sorted(self.bound)})
