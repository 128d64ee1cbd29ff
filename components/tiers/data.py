"""The data tier: databases, caches, queues and object storage."""

from __future__ import annotations

from components.tiers.tier import Tier


class DataTier(Tier):
    """Databases, caches, queues and object storage, as ComponentResource `strata:tier:Data`."""

    TIER = "data"
