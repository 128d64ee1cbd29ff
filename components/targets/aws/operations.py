"""AWS beside Pulumi: what interrupted updates left. Nothing is stopped or started here: ECS keeps services running."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from components.core.operations import Impossible, Made, Orphan, Resources
from components.core.settings import StackSettings
from components.targets.aws import unfinished, untagged
from components.targets.aws.gone import gone
from components.targets.aws.kinds import BUCKET, TAGGED, Listed, imported
from components.targets.aws.settings import Chosen
from components.targets.aws.tags import STACK
from components.targets.failure import Failure

PROVIDER = "pulumi:providers:aws"
SCALE = "on AWS services always run; `make down` takes the system down, `replicas` in the settings says how many run"


@contextmanager
def _answering() -> Generator[None]:
    """What AWS refuses makes the whole operation impossible."""
    try:
        yield
    except Failure as wrong:
        raise Impossible(str(wrong)) from None


def environment() -> Mapping[str, str]:
    """Nothing: with less of Go's garbage collection an update takes as long, and 0.6 GB more."""
    return {}


def revive(owner: str, resources: Resources) -> list[str]:
    """What runs or holds data and is gone; ECS starts tasks again by itself. Raises Impossible for a database that has
    to be brought back first."""
    where = _where(resources)
    return [] if where is None else gone(where, resources)


def stop(owner: str) -> list[str]:
    raise Impossible(SCALE)


def start(owner: str) -> list[str]:
    raise Impossible(SCALE)


def kept(resources: Resources) -> list[str]:
    """Nothing: what is to survive a `down` is protected."""
    return []


def sweep(owner: str, *, data: bool) -> list[str]:
    """Nothing: orphans go with the state that `down` destroys."""
    return []


def ports_taken(owner: str, resources: Resources) -> bool:
    return False


def port_choices(resources: Resources) -> list[str]:
    return []


def remove(orphans: Sequence[Orphan]) -> None:
    """Nothing: an orphan's `resource` is what pulumi destroys."""


@_answering()
def made(owner: str, resources: Resources, pending: Resources) -> list[Made]:
    """What creations that were not finished made; refreshed, each shows whether it is there."""
    where = _where(resources)
    if where is None or not pending:
        return []
    tagged = unfinished.everything(where, owner)
    known, found = _known(resources), list[Made]()
    for one in pending:
        name, type = str(one["urn"]).rpartition("::")[2], str(one["type"])
        inputs: Mapping[str, Any] = one.get("inputs") or {}
        ids = unfinished.made(where, type, name, inputs, tagged)
        id = next((id for id in ids if not known & {f"{type} {id}", id}), None)
        if id is not None:
            found.append(Made(str(one["urn"]), imported(type, id, inputs)))
    return found


def ours(owner: str, resource: Mapping[str, Any]) -> bool:
    """Whether what was found is this stack's: by its tag; what has none, by being just what was asked for.

    A bucket is tagged after it is made; one that is not yet was found by a name that nobody else has, and not all that
    was asked for (`forceDestroy`) can be read of it."""
    outputs: Mapping[str, Any] = resource.get("outputs") or {}
    tags: Mapping[str, Any] = outputs.get("tagsAll") or {}
    inputs: Mapping[str, Any] = resource.get("inputs") or {}
    if not tags and resource["type"] == BUCKET:
        return str(outputs.get("bucket")).startswith(str(inputs["bucketPrefix"]))
    if tags or resource["type"] in TAGGED:
        return tags.get(STACK) == owner
    plain = {key: value for key, value in inputs.items() if isinstance(value, str | int | bool)}
    return all(outputs.get(key) == value for key, value in plain.items())


@_answering()
def orphans(owner: str, resources: Resources) -> list[Orphan]:
    """What carries the stack's tag and is not in the state, and buckets that did not come to be tagged."""
    where = _where(resources)
    if where is None:
        return []
    known, found = _known(resources), list[Orphan]()
    for one in [*unfinished.everything(where, owner), *untagged.buckets(where, resources)]:
        if {one.arn, *(f"{type} {one.id}" for type in one.kind.types)} & known:
            continue
        there = unfinished.known_as(where, one)
        if there is not None:
            found.append(_orphan(one, *there, resources))
    return found


@_answering()
def lost(owner: str, settings: Callable[[], StackSettings]) -> list[str]:
    """What carries the stack's tag: AWS takes most creations a second time, for a second thing."""
    where = Chosen.of(settings()).where()
    tagged = unfinished.everything(where, owner)
    return sorted(_named(one) for one in tagged if unfinished.known_as(where, one) is not None)


def unnoted(owner: str, resources: Resources) -> list[Orphan]:
    """All of them: AWS's SDK asks again when a connection breaks, and few of AWS's calls know a second time for one.
    None when AWS does not answer: the update has succeeded all the same."""
    try:
        return orphans(owner, resources)
    except Impossible:
        return []


def _orphan(one: Listed, type: str, id: str, resources: Resources) -> Orphan:
    kind = type.rpartition(":")[2]
    named = f"{one.name} ({one.id})" if one.name else one.id
    ends = (f"${type}::{one.name}",) if one.name else ()
    return Orphan(kind, named, one.arn, one.kind.data, _resource(type, id, one, resources), ends)


def _named(one: Listed) -> str:
    return f"{one.kind.types[0].rpartition(':')[2]} {one.name or one.id}"


def _resource(type: str, id: str, one: Listed, resources: Resources) -> dict[str, Any]:
    """The orphan as a state holds it, under a name that no description has."""
    sample = next(each for each in resources if str(each["type"]) == PROVIDER)
    stack = "::".join(str(sample["urn"]).split("::")[:2])
    return {
        "urn": f"{stack}::{type}::left-{_short(id)}", "custom": True, "type": type,
        "id": imported(type, id, one.said), "inputs": dict(one.kind.removed), "outputs": {},
        "provider": f"{sample['urn']}::{sample['id']}",
    }  # fmt: skip


def _short(id: str) -> str:
    return id.rpartition("/")[2] or id


def _known(resources: Resources) -> set[str]:
    """What the state holds, by ARN and by type and id."""
    outputs: list[Mapping[str, Any]] = [one.get("outputs") or {} for one in resources]
    return {str(one["arn"]) for one in outputs if one.get("arn")} | {
        f"{one['type']} {one.get('id')}" for one in resources
    }


def _where(resources: Resources) -> dict[str, Any] | None:
    """The AWS that the stack's provider speaks to; None for a stack that has made nothing yet."""
    for one in resources:
        if str(one["type"]) == PROVIDER:
            inputs: Mapping[str, Any] = one.get("inputs") or {}
            endpoints = json.loads(str(inputs.get("endpoints") or "[]"))
            address = next((str(value) for each in endpoints for value in each.values()), "")
            return {"region": str(inputs["region"]), "endpoint": address}
    return None
