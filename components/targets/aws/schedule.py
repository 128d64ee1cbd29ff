"""Schedule: EventBridge Scheduler starts a task on ECS, directly or through what looks for the run before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model import cron
from components.model.schedule import Schedule
from components.targets.aws import iam, overlap
from components.targets.aws.bound import AwsBound
from components.targets.aws.names import queue_name, short
from components.targets.aws.options import ScheduleOptions
from components.targets.aws.security import admit, aliased
from components.targets.aws.target import AwsTarget
from components.targets.aws.tasks import Definition, aws_target, define
from components.targets.aws.times import expression

KEPT_SECONDS = 14 * 24 * 3600
"""How long a start that failed can be looked at: the longest that SQS keeps anything."""


@realizes(Schedule)
def schedule(schedule: Schedule, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """In time from the moment that it is made; a run that fails is told by an alarm and not repeated."""
    target = aws_target(needs)
    own, rules = admit(schedule, needs, target)
    made = define(schedule, needs, stop=max(2, schedule.stop_seconds))
    parts = _Parts(schedule, needs, target, made, own)
    started = parts.directly() if schedule.overlap == "allow" else parts.guarded()
    clock = aws.scheduler.Schedule(
        f"{schedule.name}-schedule", name=short(target.names, schedule.name, 64),
        description=f"{target.names.owner} {schedule.name}",
        schedule_expression=expression(cron.parse(schedule.cron)), schedule_expression_timezone=schedule.timezone,
        flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"), state="ENABLED",
        target=aws.scheduler.ScheduleTargetArgs(
            role_arn=started.role.role.arn, **started.what,
            retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                maximum_retry_attempts=parts.options.retries,
                maximum_event_age_in_seconds=parts.options.retry_minutes * 60,
            ),
            dead_letter_config=aws.scheduler.ScheduleTargetDeadLetterConfigArgs(arn=parts.queue.arn),
        ),
        opts=pulumi.ResourceOptions.merge(
            pulumi.ResourceOptions.merge(opts, aliased(schedule, needs, "schedule")),
            pulumi.ResourceOptions(depends_on=[*rules, *made.ready, *started.role.policies, target.found().capacity]),
        ),
    )  # fmt: skip
    return AwsBound(schedule, started=(clock,), image=target.tag(schedule.image))


class _Started:
    """What the scheduler starts, and the role that it does it with."""

    def __init__(self, role: iam.Granted, what: Mapping[str, Any]) -> None:
        self.role, self.what = role, what


class _Parts:
    """What the two ways to start a task have in common."""

    def __init__(
        self, schedule: Schedule, needs: Needs, target: AwsTarget, made: Definition, group: pulumi.Input[str]
    ) -> None:  # fmt: skip
        self.schedule, self.needs, self.target, self.made, self.group = schedule, needs, target, made, group
        self.options = target.options(schedule, ScheduleOptions)
        self.cluster = target.found().cluster
        self.capacity = target.capacity_of(schedule, self.options.spot)
        self.own_network = not target.shares_host(schedule)
        self.public = target.chosen.public and not target.on_hosts(schedule)
        self.queue = aws.sqs.Queue(
            f"{schedule.name}-not-started", name=queue_name(target.names, schedule.name), sqs_managed_sse_enabled=True,
            message_retention_seconds=KEPT_SECONDS, opts=needs.child(),
        )  # fmt: skip

    def directly(self) -> _Started:
        """`allow`: the scheduler runs the task itself."""
        role = self._role("scheduler-role", "scheduler.amazonaws.com", self._may_run())
        network = aws.scheduler.ScheduleTargetEcsParametersNetworkConfigurationArgs(
            subnets=self.target.found().service_subnets(), security_groups=[self.group], assign_public_ip=self.public,
        )  # fmt: skip
        strategy = aws.scheduler.ScheduleTargetEcsParametersCapacityProviderStrategyArgs(
            capacity_provider=self.capacity, weight=1
        )
        parameters = aws.scheduler.ScheduleTargetEcsParametersArgs(
            task_definition_arn=self.made.task.arn, task_count=1, capacity_provider_strategies=[strategy],
            network_configuration=network if self.own_network else None, propagate_tags="TASK_DEFINITION",
            enable_ecs_managed_tags=True,
        )  # fmt: skip
        return _Started(role, {"arn": self.cluster.arn, "ecs_parameters": parameters})

    def guarded(self) -> _Started:
        """`forbid` and `replace`: the scheduler starts what looks for the run before."""
        name, chosen = self.schedule.name, self.schedule.overlap
        role = self._role("guard-role", "states.amazonaws.com", [*self._may_run(), *self._may_look()])
        task: dict[str, Any] = {
            "Cluster": self.cluster.arn, "TaskDefinition": self.made.task.arn, "Count": 1,
            "CapacityProviderStrategy": [{"CapacityProvider": self.capacity, "Weight": 1}],
            "PropagateTags": "TASK_DEFINITION", "EnableECSManagedTags": True, "StartedBy": "strata",
        }  # fmt: skip
        if self.own_network:
            place = {
                "Subnets": self.target.found().service_subnets(), "SecurityGroups": [self.group],
                "AssignPublicIp": "ENABLED" if self.public else "DISABLED",
            }  # fmt: skip
            task["NetworkConfiguration"] = {"AwsvpcConfiguration": place}
        family = self.target.names.full(name)
        guard = aws.sfn.StateMachine(
            f"{name}-guard", name=short(self.target.names, name, 80), role_arn=role.role.arn,
            definition=iam.text(overlap.machine(chosen, task, family, self.queue.url, self.options.retries)),
            opts=self.needs.child(depends_on=list(role.policies)),
        )  # fmt: skip
        starts = iam.allow(["states:StartExecution"], [guard.arn])
        return _Started(
            self._role("scheduler-role", "scheduler.amazonaws.com", [starts, self._may_keep()]),
            {"arn": guard.arn, "input": "{}"},
        )

    def _role(self, part: str, service: str, statements: list[Mapping[str, Any]]) -> iam.Granted:
        names = self.target.names
        return iam.role(
            f"{self.schedule.name}-{part}", service, statements, aliased(self.schedule, self.needs, part),
            f"{names.full(self.schedule.name)}-", account=self.target.found().account,
        )  # fmt: skip

    def _may_run(self) -> list[Mapping[str, Any]]:
        """Run this one revision in this cluster, with the task's own roles, and keep what could not be started."""
        task = self.made.task
        return [
            iam.allow(["ecs:RunTask"], [task.arn], ArnEquals={"ecs:cluster": self.cluster.arn}),
            iam.allow(["ecs:TagResource"], [self._tasks()], StringEquals={"ecs:CreateAction": "RunTask"}),
            iam.allow(
                ["iam:PassRole"], [task.execution_role_arn, task.task_role_arn],
                StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"},
            ),
            self._may_keep(),
        ]  # fmt: skip

    def _may_look(self) -> list[Mapping[str, Any]]:
        here = {"ArnEquals": {"ecs:cluster": self.cluster.arn}}
        more = overlap.looks(self.schedule.overlap)
        return [
            iam.allow(["ecs:ListTasks"], ["*"], **here),
            *([iam.allow(more, [self._tasks()], **here)] if more else []),
        ]

    def _may_keep(self) -> Mapping[str, Any]:
        return iam.allow(["sqs:SendMessage"], [self.queue.arn])

    def _tasks(self) -> pulumi.Output[str]:
        found = self.target.found()
        return pulumi.Output.concat(
            "arn:aws:ecs:", found.region, ":", found.account, ":task/", self.cluster.name, "/*"
        )  # fmt: skip
