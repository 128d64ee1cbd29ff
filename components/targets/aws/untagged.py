"""Buckets that creations made and did not come to tag, a call of its own: found by names that nobody else has."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from components.core.operations import Resources
from components.targets.aws.api import api, refusals, said
from components.targets.aws.kinds import BUCKET, Listed, listed
from components.targets.aws.unfinished import UNIQUE, Where, has_tags


def buckets(where: Where, resources: Resources) -> list[Listed]:
    """Those that are named like one of the state's, are not in it, and carry no tag at all; an empty one holds no data.
    Raises Failure."""
    try:
        return [*_buckets(where, resources)]
    except refusals() as wrong:
        raise said(wrong, "asking AWS for buckets that were made and not tagged") from None


def _buckets(where: Where, resources: Resources) -> Iterator[Listed]:
    held = [one for one in resources if one["type"] == BUCKET]
    inputs: list[Mapping[str, Any]] = [one.get("inputs") or {} for one in held]
    prefixes = {str(one["bucketPrefix"]) for one in inputs if one.get("bucketPrefix")}
    if not prefixes:
        return
    named = re.compile(f"(?:{'|'.join(map(re.escape, sorted(prefixes)))}){UNIQUE}")
    known, client = {str(one.get("id")) for one in held}, api("s3", where)
    for name in (str(one["Name"]) for one in client.list_buckets()["Buckets"]):
        found = listed(f"arn:aws:s3:::{name}", "")
        if found is None or name in known or not named.fullmatch(name) or has_tags(client, name):
            continue
        full = client.list_objects_v2(Bucket=name, MaxKeys=1).get("KeyCount", 0) > 0
        yield dataclasses.replace(found, kind=dataclasses.replace(found.kind, data=full))
