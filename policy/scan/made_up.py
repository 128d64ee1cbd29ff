"""Values in the place of those that AWS would compute: each known, of the right shape, and like no other. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from policy.scan.kinds import Block, Field, Json, Kind, camel

ACCOUNT = "123456789012"
FUNCTIONS: Mapping[str, Mapping[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {
        "accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "userId": ACCOUNT, "id": ACCOUNT,
    },
    "aws:index/getPartition:getPartition": {"partition": "aws", "dnsSuffix": "amazonaws.com", "id": "aws"},
    "aws:route53/getZone:getZone": {"zoneId": "Z0123456789EXAMPLE", "id": "Z0123456789EXAMPLE"},
}  # fmt: skip
"""What the provider's functions answer, but for those that depend on the region."""

GATES: Mapping[str, Mapping[str, str]] = {"-address": {"address": "192.0.2.7"}}
"""What gates of ours find out on AWS, by how their names end."""


def found_out(name: str) -> Mapping[str, str]:
    """What a gate of ours says besides that it has passed."""
    return {key: value for end, made in GATES.items() if name.endswith(end) for key, value in made.items()}


def functions(region: str) -> dict[str, Mapping[str, Any]]:
    """The answers of the provider's functions, by their tokens."""
    zones = [f"{region}{letter}" for letter in "abc"]
    return {
        **FUNCTIONS,
        "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": zones, "id": region},
        "aws:index/getRegion:getRegion": {"name": region, "region": region, "id": region},
    }


def outputs(kind: Kind, name: str, given: Mapping[str, Any], region: str) -> Json:
    """What a provider would compute for a resource, less what the program gave."""
    made: Json = {"id": f"{name}-{kind.terraform.removeprefix('aws_').replace('_', '-')}-id"}
    for field in kind.block.fields:
        if field.computed and field.terraform != "id" and not any(one in given for one in field.names):
            made |= dict.fromkeys(field.names, _field(field, f"{name}-{camel(field.terraform)}", kind, region))
    return made


def _field(field: Field, label: str, kind: Kind, region: str) -> Any:
    if field.block is not None:
        one = _block(field.block, label, kind, region)
        return [one] if field.many else one
    return _value(field.type, field.terraform, label, kind, region)


def _block(block: Block, label: str, kind: Kind, region: str) -> Json:
    return {name: _field(field, f"{label}-{name}", kind, region) for field in block.fields for name in field.names}


def _value(shape: Any, name: str, label: str, kind: Kind, region: str) -> Any:
    if isinstance(shape, list):
        head, inner = cast(list[Any], shape)
        if head in ("list", "set"):
            return [_value(inner, name, label, kind, region)]
        if head == "map":
            return {}
        fields = cast(Mapping[str, Any], inner)
        return {camel(key): _value(one, key, f"{label}-{key}", kind, region) for key, one in fields.items()}
    if shape == "number":
        return 1
    if shape == "bool":
        return False
    return _text(name, label, kind, region)


def _text(name: str, label: str, kind: Kind, region: str) -> str:
    if name == "arn" or name.endswith("_arn"):
        if kind.terraform == "aws_s3_bucket":
            return f"arn:aws:s3:::{label}"
        service = kind.terraform.removeprefix("aws_").partition("_")[0]
        return f"arn:aws:{service}:{region}:{ACCOUNT}:{kind.terraform.removeprefix('aws_')}/{label}"
    if name == "resource_record_type":
        return "CNAME"
    if name == "endpoints":
        return f"amqps://{label}.example:5671"
    return f"{label}.example" if name.endswith(("_url", "_name", "address")) else label
