"""Task: run-task on Fargate, awaited inside the update."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.task import Task
from components.model.units import seconds
from components.targets.aws.bound import AwsBound, aws_bound, needed
from components.targets.aws.run_task import TaskRun
from components.targets.aws.security import aliased, connect, group, let_out
from components.targets.aws.tasks import aws_target, define, secrets_of, words


@realizes(Task)
def task(task: Task, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """Its digest is over image, command, environment, the secrets' versions and the identity of the data it needs."""
    target = aws_target(needs)
    foundation = target.found()
    own = group(task, needs, target)
    others = [found for other in needed(task) if (found := aws_bound(needs, other))]
    rules = [*connect(task, own, others, needs), let_out(task, own, needs)]
    if task.volumes:
        rules += target.files().connect(task, own, needs)
    secrets = secrets_of(task, needs)
    made = define(task, needs, secrets=secrets)
    run = TaskRun(
        task.name,
        {
            "definition": made.task.arn,
            "cluster": foundation.cluster.arn,
            "subnets": foundation.service_subnets(),
            "groups": [own.id],
            "public": target.chosen.public,
            "logs": made.logs.name,
            "timeout": seconds(task.timeout),
            "image": target.image(task.image),
            "command": words(task.command) or [],
            "environment": pulumi.Output.secret(dict(needs.environment)),
            "secrets": pulumi.Output.secret(dict(needs.secrets)),
            "masked": pulumi.Output.secret(list(needs.secrets.values())),
            "data": [found.identity for found in others if found.identity is not None],
            **foundation.where(),
        },
        pulumi.ResourceOptions.merge(
            pulumi.ResourceOptions.merge(opts, aliased(task, needs, "run")),
            pulumi.ResourceOptions(depends_on=[*rules, *made.ready]),
        ),
    )
    return AwsBound(task, completed=(run,))
