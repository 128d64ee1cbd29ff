"""Task: run-task on Fargate or EC2, awaited inside the update."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.task import Task
from components.model.units import seconds
from components.targets.aws.bound import AwsBound, aws_bound, needed
from components.targets.aws.run_task import TaskRun
from components.targets.aws.security import admit, aliased
from components.targets.aws.tasks import aws_target, define, secrets_of
from components.targets.command import words


@realizes(Task)
def task(task: Task, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """Its digest is over image, command, environment, the secrets' versions and the identity of the data it needs."""
    target = aws_target(needs)
    foundation = target.found()
    own, rules = admit(task, needs, target)
    others = [found for other in needed(task) if (found := aws_bound(needs, other))]
    fleet = target.fleet_of(task)
    shared = target.shares_host(task)
    secrets = secrets_of(task, needs)
    made = define(task, needs, secrets=secrets)
    run = TaskRun(
        task.name,
        {
            "definition": made.task.arn,
            "cluster": foundation.cluster.arn,
            "provider": fleet.provider.name if fleet is not None else "",
            "subnets": [] if shared else foundation.service_subnets(),
            "groups": [] if shared else [own],
            "public": target.chosen.public and fleet is None,
            "logs": made.logs.name,
            "timeout": seconds(task.timeout),
            "image": target.image(task.image),
            "command": words(task.command) or [],
            "environment": pulumi.Output.secret(dict(needs.environment)),
            "secrets": pulumi.Output.secret(dict(needs.secrets)),
            "masked": pulumi.Output.secret(list(needs.secrets.values())),
            "data": [found.identity for found in others if found.identity is not None],
            **target.chosen.where(),
        },
        pulumi.ResourceOptions.merge(
            pulumi.ResourceOptions.merge(opts, aliased(task, needs, "run")),
            pulumi.ResourceOptions(depends_on=[foundation.capacity, *rules, *made.ready]),
        ),
    )
    return AwsBound(task, completed=(run,), image=target.tag(task.image), ran=pulumi.Output.secret(run.digest))
