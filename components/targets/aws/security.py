"""Security groups: who may reach whom, by the description's needs and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pulumi
import pulumi_aws as aws

from components.core.target import Needs
from components.model.described import Described
from components.model.service import Workload
from components.targets.aws.bound import AwsBound, aws_bound, needed

if TYPE_CHECKING:
    from components.targets.aws.target import AwsTarget

ANYWHERE = "0.0.0.0/0"


def group(service: Described, needs: Needs, target: AwsTarget) -> aws.ec2.SecurityGroup:
    """The group of one service; it lets nothing in or out until rules are added."""
    return aws.ec2.SecurityGroup(
        f"{service.name}-group",
        vpc_id=target.found().network.vpc.id,
        description=f"{target.names.owner} {service.name}",
        revoke_rules_on_delete=True,
        opts=aliased(service, needs, "group"),
    )


def aliased(service: Described, needs: Needs, part: str) -> pulumi.ResourceOptions:
    """Options of a child named `<service>-<part>`; after a rename it is found under its former names."""
    return needs.child(aliases=[pulumi.Alias(name=f"{old}-{part}") for old in service.formerly])


class Admitted(NamedTuple):
    """The id of the group that a workload's tasks are in, and the rules without which they reach nothing."""

    group: pulumi.Input[str]
    rules: list[pulumi.Resource]


def admit(service: Workload, needs: Needs, target: AwsTarget, reaches: Sequence[AwsBound] = ()) -> Admitted:
    """A group of its own with rules to what it needs, and to what it `reaches` beside that; on a shared host, the
    host's."""
    others = [*(found for other in needed(service) if (found := aws_bound(needs, other))), *reaches]
    fleet = target.fleet_of(service)
    if fleet is not None and target.chosen.bridge:
        own = fleet.group.id
        rules = [rule for other in others for rule in fleet.reach(other)]
    else:
        made = group(service, needs, target)
        own, rules = made.id, [*connect(service, made, others, needs), let_out(service, made, needs)]
    if service.volumes:
        rules += target.files().connect(service, own, needs, fleet)
    return Admitted(own, rules)


def connect(
    service: Described, group: aws.ec2.SecurityGroup, others: Iterable[AwsBound], needs: Needs
) -> list[pulumi.Resource]:
    """Let a service reach those that it needs, each on its own port: a rule out of its group and one into theirs."""
    made: list[pulumi.Resource] = []
    for other in others:
        if other.group is None or other.port is None:
            continue
        name = other.service.name
        ends = (service.name, group.id), (name, other.group)
        made += between(*ends, other.port, f"{service.name} needs {name}", needs.child())
    return made


def between(
    one: tuple[str, pulumi.Input[str]], other: tuple[str, pulumi.Input[str]], port: int, about: str,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:  # fmt: skip
    """A rule out of one group and one into another, each group with the name of whose it is."""
    return [
        aws.vpc.SecurityGroupEgressRule(
            f"{one[0]}-to-{other[0]}", security_group_id=one[1], referenced_security_group_id=other[1],
            ip_protocol="tcp", from_port=port, to_port=port, description=about, opts=opts,
        ),
        aws.vpc.SecurityGroupIngressRule(
            f"{one[0]}-into-{other[0]}", security_group_id=other[1], referenced_security_group_id=one[1],
            ip_protocol="tcp", from_port=port, to_port=port, description=about, opts=opts,
        ),
    ]  # fmt: skip


def let_out(service: Described, group: aws.ec2.SecurityGroup, needs: Needs) -> pulumi.Resource:
    """HTTPS to anywhere: images, secrets, logs and whatever an application calls; the way out decides how far."""
    return aws.vpc.SecurityGroupEgressRule(
        f"{service.name}-out", security_group_id=group.id, cidr_ipv4=ANYWHERE, ip_protocol="tcp", from_port=443,
        to_port=443, description="HTTPS: AWS itself and what the application calls", opts=needs.child(),
    )  # fmt: skip
