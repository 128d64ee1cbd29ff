"""What a realized service hands over on AWS beside the neutral facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi

from components.core.bound import Bound
from components.core.target import Needs
from components.model.binding import Binding
from components.model.described import Described
from components.model.service import Workload


@dataclass(frozen=True)
class Stored:
    """A secret in Secrets Manager: its ARN, and the version that holds the value it has now; `key` where the value is
    one of several in a JSON object."""

    arn: pulumi.Output[str]
    version: pulumi.Output[str]
    key: str = ""

    def value_from(self, key: str = "") -> pulumi.Output[str]:
        """What a container definition asks ECS for: the whole value, or one key of a JSON object.

        The version is named, so that a new value is a new task definition: containers read secrets when they start.
        """
        return pulumi.Output.concat(self.arn, ":", key or self.key, "::", self.version)


@dataclass(frozen=True)
class AwsBound(Bound):
    """A service with an address: `group` is its security group, `port` where it listens.

    `secret` holds the secret keys of its binding, a JSON object. `policy` are the statements that whoever needs it gets
    in the role of its tasks. `identity` tells its data from that of another of its name: a Task that needs it runs
    again when it changes. `local` says that it runs on the one host that everything shares, and has no group.
    """

    group: pulumi.Input[str] | None = None
    port: int | None = None
    secret: Stored | None = None
    policy: tuple[Mapping[str, object], ...] = ()
    identity: pulumi.Input[str] | None = None
    local: bool = False


def aws_bound(needs: Needs, service: Described) -> AwsBound | None:
    """What a service was bound to by this target; None for one that another target realized, or none."""
    found = needs.bound.get(service.name)
    return found if isinstance(found, AwsBound) else None


def needed(service: Workload) -> Iterable[Described]:
    """The services that a workload needs, each once."""
    found = [need.service if isinstance(need, Binding) else need for need in service.needs]
    return dict.fromkeys(found)
