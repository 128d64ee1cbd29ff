"""What one service hands to those that need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.core.template import fields, fill
from components.model.described import Described


@dataclass(frozen=True)
class Bound:
    """A realized service.

    `facts` are neutral connection facts (host, port, user, password ...) that its kind's templates use. `started`,
    `healthy` and `completed` are the resources that stand for those conditions. `endpoints` is where it is reached
    from outside the system, by what is reached there ("" is its main port). `by_role` are facts that a platform gives
    the container itself (access keys of its role): the environment keys made of them are left out. `image` is what a
    workload runs: the content tag of a build, or the reference of an image in a registry. `ran` is a Task's digest, of
    what its last run depended on; a secret, since a guess at one of its secrets could be tried on it.
    """

    service: Described
    facts: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    started: tuple[pulumi.Resource, ...] = ()
    healthy: tuple[pulumi.Resource, ...] = ()
    completed: tuple[pulumi.Resource, ...] = ()
    endpoints: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    by_role: frozenset[str] = frozenset()
    image: str | None = None
    ran: pulumi.Output[str] | None = None

    def templates(self, keys: Mapping[str, str]) -> Mapping[str, str]:
        """Environment keys and their templates, less those that the platform itself gives."""
        return {key: template for key, template in keys.items() if self.by_role.isdisjoint(fields(template))}

    def ready(self) -> tuple[pulumi.Resource, ...]:
        """What to wait for by default: that it has completed, is healthy, or at least started."""
        return self.completed or self.healthy or self.started

    def when(self, state: str) -> tuple[pulumi.Resource, ...]:
        """What to wait for until it is `started`, `healthy` or `completed`."""
        return {"started": self.started, "healthy": self.healthy or self.started, "completed": self.completed}[state]


def render(template: str, bound: Bound) -> pulumi.Input[str]:
    """A template with the facts of a bound service: a plain string where all facts are plain.

    Raises KeyError naming the fact when the target's handler did not supply one that the kind's template uses.
    """
    used = {name: bound.facts[name] for name in fields(template)}
    if all(isinstance(value, str) for value in used.values()):
        return fill(template, used)
    return pulumi.Output.all(**used).apply(lambda facts: fill(template, facts))
