"""The app tier: services, tasks and the gateway."""

from __future__ import annotations

from components.tiers.tier import Tier


class AppTier(Tier):
    """Services, tasks and the gateway, as ComponentResource `strata:tier:App`."""

    TIER = "app"
