"""The secret keys of a data service's binding, as one JSON secret that ECS reads single keys of."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi

from components.core.bound import Bound, render
from components.core.target import Needs
from components.core.template import is_secret
from components.model.described import Described
from components.targets.aws.bound import Stored
from components.targets.aws.security import aliased
from components.targets.aws.target import AwsTarget


def store_binding(
    service: Described, facts: Mapping[str, pulumi.Input[str]], needs: Needs, target: AwsTarget
) -> Stored | None:
    """The secret with every secret key of a service's binding, a database's whole URL included; None when its binding
    has none."""
    bound = Bound(service, facts)
    values = {key: render(template, bound) for key, template in service.binding().items() if is_secret(template)}
    if not values:
        return None
    text = pulumi.Output.secret(values).apply(lambda known: json.dumps(known, sort_keys=True))
    return target.store(f"{service.name}-binding", text, aliased(service, needs, "binding-secret"))
