"""The stack's last releases, kept in its own state.

A program cannot read its former outputs, but a resource's provider is given its former ones: so every update records
its release, whoever runs it, and nobody has to hand the list in (docs/adr/0014).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from components.core.releases import RESOURCE, Release, recorded

if TYPE_CHECKING:
    # The provider's own process, which every update starts, has no use for the model.
    from components.core.bound import Bound


class ReleasesProvider(ResourceProvider):
    """Its class path is kept in states: it must not move. `digests` tell which Tasks ran since the last update."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(RESOURCE, _after({}, props, _now()))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_after(_olds, _news, _now()))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        after = _after(_olds, _news, "")
        return DiffResult(changes=any(after[key] != _olds.get(key) for key in ("release", "releases", "digests")))


def _after(olds: Mapping[str, Any], news: Mapping[str, Any], time: str) -> dict[str, Any]:
    """The resource's outputs after an update."""
    before = _plain(olds.get("releases") or [])
    digests: dict[str, str] = news.get("digests") or {}
    known: dict[str, str] = olds.get("digests") or {}
    pinned = int(news["pinned"]) if news.get("pinned") else None
    ran = [name for name, digest in digests.items() if known.get(name) != digest]
    releases = recorded(before, news["images"], ran, time, pinned)
    return {**news, "digests": digests, "releases": releases, "release": pinned or releases[-1]["number"]}


def _plain(releases: list[Release]) -> list[Release]:
    """Numbers come back from the state as floats."""
    return [{**one, "number": int(one["number"])} for one in releases]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Releases(Resource):
    """`releases`, oldest first, and the number of the one that runs."""

    release: pulumi.Output[int]
    releases: pulumi.Output[list[dict[str, Any]]]

    def __init__(self, bound: Mapping[str, Bound], last: tuple[pulumi.Resource, ...], pinned: int | None) -> None:
        props: dict[str, Any] = {
            "images": {name: one.image for name, one in bound.items() if one.image is not None},
            "digests": _digests(bound, last), "pinned": pinned, "release": None, "releases": None,
        }  # fmt: skip
        super().__init__(ReleasesProvider(), RESOURCE, props)


async def _digests(bound: Mapping[str, Bound], last: tuple[pulumi.Resource, ...]) -> pulumi.Output[dict[str, str]]:
    """The digests of Tasks, once everything is up: an update that fails is no release. In a preview those are missing
    that will run.

    It is awaited here and not by depends_on: a destroy that keeps the list would keep all that it depends on.
    """
    made = [gate for one in bound.values() for gate in (*one.started, *one.healthy, *one.completed)]
    ids = [one.id if isinstance(one, pulumi.CustomResource) else one.urn for one in (*made, *last)]
    await pulumi.Output.all(*ids).future()
    found = {name: await one.ran.future() for name, one in bound.items() if one.ran is not None}
    return pulumi.Output.secret({name: digest for name, digest in found.items() if digest is not None})
