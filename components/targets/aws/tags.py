"""Tags: what everything says of itself. default_tags carry the stack's, a transformation each resource's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi

from components.core.naming import Names
from components.targets.aws.settings import Chosen

STACK, RESOURCE = "strata:stack", "strata:resource"
"""The tags with a stack's owner, and with the name that a resource has in Pulumi."""
Transformation = Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None]


def stack_tags(names: Names, chosen: Chosen) -> dict[str, str]:
    """The tags of everything in a stack; `strata:stack` is how what an interrupted update left is found."""
    return {
        "system": names.project, "stage": names.stack, STACK: names.owner, "owner": chosen.own.owner,
        "cost-centre": chosen.own.cost_centre,
    }  # fmt: skip


def tagged(service: str, tier: str) -> Transformation:
    """A transformation, inherited by all children, that tags whatever AWS lets be tagged with its service, its tier and
    its name: by that what an interrupted update left is known again."""

    def tag(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        props: Any = args.props
        # An auto scaling group has a list, each tag with whether its instances get it too.
        if not args.type_.startswith("aws:") or "tags" not in props or isinstance(props["tags"], list):
            return None
        own: dict[str, str] = props["tags"] or {}
        tags = {"service": service, "tier": tier, RESOURCE: args.name, **own}
        return pulumi.ResourceTransformationResult({**props, "tags": tags}, args.opts)

    return tag
