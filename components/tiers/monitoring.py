"""The monitoring tier: metrics and dashboards."""

from __future__ import annotations

from components.tiers.tier import Tier


class MonitoringTier(Tier):
    """Metrics and dashboards, as ComponentResource `strata:tier:Monitoring`."""

    TIER = "monitoring"
