"""How long an update had to take: its longest chain of resources that wait for each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Event = Mapping[str, Any]


@dataclass
class Spans:
    """When the work on each resource began and ended (seconds of any clock), by URN, as events arrive."""

    began: dict[str, float] = field(default_factory=dict[str, float])
    ended: dict[str, float] = field(default_factory=dict[str, float])

    def take(self, event: Event, now: float) -> None:
        """Note an event of pulumi's, which arrived now; its own times are whole seconds."""
        for name, times in (("resourcePreEvent", self.began), ("resOutputsEvent", self.ended)):
            found: Mapping[str, Any] | None = event.get(name)
            metadata: Mapping[str, Any] = found["metadata"] if found else {}
            if metadata and metadata["op"] not in ("same", "read"):
                # A replacement begins once and ends once for each of its steps.
                times[metadata["urn"]] = min(times.get(metadata["urn"], now), now) if times is self.began else now

    def durations(self) -> dict[str, float]:
        return {urn: self.ended[urn] - began for urn, began in self.began.items() if urn in self.ended}


@dataclass(frozen=True)
class Chain:
    """Resources that waited for each other, the first one first, and how long their own work took."""

    seconds: float
    urns: Sequence[str]


def longest(resources: Iterable[Mapping[str, Any]], durations: Mapping[str, float]) -> Chain:
    """The longest chain among the resources of a state. A component takes no time of its own: it ends with its last
    child, for which nothing waits that names the component alone."""
    by_urn = {str(one["urn"]): one for one in resources}
    found: dict[str, Chain] = {}

    def chain(urn: str) -> Chain:
        if urn not in found:
            one = by_urn[urn]
            before = max((chain(other) for other in waits_for(one) if other in by_urn), key=lambda it: it.seconds,
                         default=Chain(0.0, ()))  # fmt: skip
            own = durations.get(urn, 0.0) if one.get("custom") else 0.0
            found[urn] = Chain(before.seconds + own, (*before.urns, urn) if own else before.urns)
        return found[urn]

    # A state lists what is depended on first, so that no chain is deeper than one step here.
    return max((chain(urn) for urn in by_urn), key=lambda it: it.seconds, default=Chain(0.0, ()))


def waits_for(resource: Mapping[str, Any]) -> set[str]:
    """The URNs that have to be there before a resource can be made."""
    needed: dict[str, list[str] | None] = resource.get("propertyDependencies") or {}
    listed: list[str] = resource.get("dependencies") or []
    provider = str(resource.get("provider") or "").rpartition("::")[0]
    found = {*listed, provider, str(resource.get("parent") or "")}
    for some in needed.values():
        found.update(some or ())
    return found - {""}
