"""Alarms: what CloudWatch tells people, by one topic, and what they hear of nothing else for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from components.model.alerts import Alert, Measure
from components.model.schedule import Schedule
from components.targets.aws import iam
from components.targets.aws.metrics import Metric, Reading
from components.targets.aws.names import short

if TYPE_CHECKING:
    from components.targets.aws.target import AwsTarget

EVENTS = frozenset({Measure.TASK_FAILED})
"""What happens at one moment: it is told of at once, and no metric over time."""
CHILDREN, RULE = 100, 10240
"""Alarms that a composite alarm may name, and characters that its rule may have (quotas)."""
Pair = tuple[Alert, Reading | None]
"""An alert and how it is read; None where it cannot be."""


class Alarms:
    """The topic `<project>-<stack>-alerts` and an alarm for each alert that is loud enough for the stack's profile.

    Each alarm notifies the topic when it begins and ends. `composite` has no action of its own, or everything would be
    told twice: it is the system's state in one, for a deployment gate or a status page.
    """

    def __init__(self, target: AwsTarget, alerts: Sequence[Pair], opts: pulumi.ResourceOptions) -> None:
        self.target, self.opts = target, opts
        self.name = f"{target.names.project}-{target.names.stack}"
        self.topic = aws.sns.Topic(
            "watch-topic", name=f"{self.name}-alerts", kms_master_key_id=target.found().key.arn, opts=opts
        )
        aws.sns.TopicPolicy("watch-topic-policy", arn=self.topic.arn, policy=self._policy(), opts=opts)
        if target.chosen.own.notify:
            aws.sns.TopicSubscription(
                "watch-mail", topic=self.topic.arn, protocol="email", endpoint=target.chosen.own.notify, opts=opts
            )
        loud = [pair for pair in alerts if pair[0].severity in target.chosen.profile.severities]
        self.made = {alert.name: self._alarm(alert, found) for alert, found in loud if found is not None}
        for alert, _ in loud:
            if alert.measure in EVENTS:
                self._failed(alert)
        composite = target.chosen.own.parts.composite_alarm and target.chosen.profile.composite
        self.composite = self._composite() if self.made and composite else None

    def _policy(self) -> pulumi.Output[str]:
        region, account = self.target.found().region, self.target.found().account
        rules = pulumi.Output.concat("arn:aws:events:", region, ":", account, f":rule/{self.name}-*")
        publish = {"Effect": "Allow", "Action": "sns:Publish", "Resource": self.topic.arn}
        return iam.text(
            iam.document(
                {
                    **publish, "Sid": "alarms", "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                },
                {
                    **publish, "Sid": "events", "Principal": {"Service": "events.amazonaws.com"},
                    "Condition": {"ArnLike": {"aws:SourceArn": rules}},
                },
                {
                    **publish, "Sid": "tls", "Effect": "Deny", "Principal": "*",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            )
        )  # fmt: skip

    def _alarm(self, alert: Alert, found: Reading) -> aws.cloudwatch.MetricAlarm:
        return aws.cloudwatch.MetricAlarm(
            f"{alert.name}-alarm", name=f"{self.name}-{alert.name}",
            alarm_description=f"{alert.severity}: {alert.text}",
            comparison_operator="LessThanThreshold" if alert.below else "GreaterThanThreshold",
            threshold=alert.threshold * found.scale,
            evaluation_periods=max(1, alert.minutes * 60 // found.period), treat_missing_data=found.missing,
            alarm_actions=[self.topic.arn], ok_actions=[self.topic.arn], **_measured(found), opts=self.opts,
        )  # fmt: skip

    def _failed(self, alert: Alert) -> None:
        """A task that ended with an error, told by EventBridge."""
        family = self.target.names.full(alert.service.name)
        ended: dict[str, Any] = {"containers": {"exitCode": [{"anything-but": 0}]}}
        if isinstance(alert.service, Schedule) and alert.service.overlap == "replace":
            # The next run ended it: that is what was asked for.
            ended["stopCode"] = [{"anything-but": "UserInitiated"}]
        pattern = {
            "source": ["aws.ecs"], "detail-type": ["ECS Task State Change"],
            "detail": {
                "group": [f"family:{family}"], "lastStatus": ["STOPPED"],
                # A task that could not begin has no exit code.
                "$or": [ended, {"stopCode": ["TaskFailedToStart"]}],
            },
        }  # fmt: skip
        rule = aws.cloudwatch.EventRule(
            f"{alert.name}-rule", name=short(self.target.names, alert.name, 64), description=alert.text[:512],
            event_pattern=json.dumps(pattern, sort_keys=True), opts=self.opts,
        )  # fmt: skip
        aws.cloudwatch.EventTarget(
            f"{alert.name}-event", rule=rule.name, target_id="topic", arn=self.topic.arn,
            input_transformer=aws.cloudwatch.EventTargetInputTransformerArgs(
                input_paths={"reason": "$.detail.stoppedReason", "task": "$.detail.taskArn"},
                input_template=json.dumps(f"{alert.severity}: {alert.text} (<reason>; <task>)"),
            ),
            opts=self.opts,
        )  # fmt: skip

    def _composite(self) -> aws.cloudwatch.CompositeAlarm:
        """On while any alarm is; where there are more than one composite can name, it is made of composites."""
        parts = grouped([f"{self.name}-{name}" for name in self.made])
        names = iter([one.name for one in self.made.values()])
        if len(parts) == 1:
            return self._any("anything", [*names], "Something is wrong in the system.")
        inner = [
            self._any(f"anything-{number}", [next(names) for _ in part], "Part of the alarm on anything.").alarm_name
            for number, part in enumerate(parts, start=1)
        ]
        return self._any("anything", inner, "Something is wrong in the system.")

    def _any(self, name: str, alarms: Sequence[pulumi.Output[str]], text: str) -> aws.cloudwatch.CompositeAlarm:
        rule = pulumi.Output.all(*alarms).apply(any_of)
        return aws.cloudwatch.CompositeAlarm(
            f"watch-{name}", alarm_name=f"{self.name}-{name}", alarm_description=f"{text} See which alarm is on.",
            alarm_rule=rule, opts=self.opts,
        )  # fmt: skip


def any_of(names: Sequence[str]) -> str:
    """The rule that is true while any of these alarms is on."""
    return " OR ".join(f'ALARM("{name}")' for name in names)


def grouped(names: Sequence[str]) -> list[list[str]]:
    """Names in as few groups as composite alarms can hold."""
    groups: list[list[str]] = [[]]
    for name in names:
        if len(groups[-1]) == CHILDREN or len(any_of([*groups[-1], name])) > RULE:
            groups.append([])
        groups[-1].append(name)
    return groups


def _measured(found: Reading) -> Mapping[str, Any]:
    """What an alarm looks at: one metric by itself, or an expression over several."""
    if found.expression is None:
        (metric,) = found.metrics.values()
        percentile = metric.stat.startswith("p")
        return {
            "namespace": metric.namespace, "metric_name": metric.name, "dimensions": metric.dimensions,
            "period": found.period, "extended_statistic" if percentile else "statistic": metric.stat,
            **({"evaluate_low_sample_count_percentiles": "ignore"} if percentile else {}),
        }  # fmt: skip
    return {
        "metric_queries": [
            *(_query(key, metric, found.period) for key, metric in found.metrics.items()),
            aws.cloudwatch.MetricAlarmMetricQueryArgs(id="result", expression=found.expression, return_data=True),
        ]
    }


def _query(key: str, metric: Metric, period: int) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id=key, return_data=False,
        metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace=metric.namespace, metric_name=metric.name, dimensions=metric.dimensions, period=period,
            stat=metric.stat,
        ),
    )  # fmt: skip
