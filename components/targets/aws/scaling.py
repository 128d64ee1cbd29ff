"""Autoscaling: how many tasks a service runs, by load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from components.core.target import Needs
from components.model.service import Scale, Service

if TYPE_CHECKING:
    from components.model.rabbitmq import RabbitMQ
    from components.targets.aws.edge import Balanced
    from components.targets.aws.target import AwsTarget

UP_SECONDS, DOWN_SECONDS = 60, 300
"""Cool-downs: quick to grow, slow to shrink."""
Tracking = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs
Predefined = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs
Custom = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationArgs
Metric = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricArgs
Stat = (
    aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricMetricStatArgs
)
Named = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricMetricStatMetricArgs  # noqa: E501
Dimension = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricMetricStatMetricDimensionArgs  # noqa: E501


def broker_name(target: AwsTarget, broker: RabbitMQ) -> str:
    """What Amazon MQ and its metrics call a broker; its first name stays after a rename."""
    return target.names.full(broker.first_name)


def scale(
    service: Service, scale: Scale, made: aws.ecs.Service, balanced: Balanced | None, needs: Needs, target: AwsTarget
) -> None:
    """A scalable target and one target-tracking policy for each of the description's reasons."""
    resource = pulumi.Output.concat("service/", target.found().cluster.name, "/", made.name)
    bounds = aws.appautoscaling.Target(
        f"{service.name}-scaling", service_namespace="ecs", scalable_dimension="ecs:service:DesiredCount",
        resource_id=resource, min_capacity=scale.min, max_capacity=scale.max, opts=needs.child(),
    )  # fmt: skip

    def follow(name: str, tracking: Tracking) -> None:
        aws.appautoscaling.Policy(
            f"{service.name}-scaling-{name}", policy_type="TargetTrackingScaling", service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount", resource_id=bounds.resource_id,
            target_tracking_scaling_policy_configuration=tracking, opts=needs.child(depends_on=[bounds]),
        )  # fmt: skip

    for name, value, metric in (
        ("cpu", scale.cpu, "ECSServiceAverageCPUUtilization"),
        ("memory", scale.memory, "ECSServiceAverageMemoryUtilization"),
    ):
        if value is not None:
            follow(name, _tracking(value, predefined_metric_specification=Predefined(predefined_metric_type=metric)))
    if scale.requests is not None and balanced is not None:
        # ALB counts requests of a minute; the description says a second.
        follow(
            "requests",
            _tracking(
                scale.requests * 60,
                predefined_metric_specification=Predefined(
                    predefined_metric_type="ALBRequestCountPerTarget", resource_label=balanced.label
                ),
            ),
        )
    if scale.queue is not None and scale.length is not None:
        follow("queue", _tracking(scale.length, customized_metric_specification=_backlog(service, scale, target)))


def _tracking(
    value: float, *, predefined_metric_specification: Predefined | None = None,
    customized_metric_specification: Custom | None = None,
) -> Tracking:  # fmt: skip
    return Tracking(
        target_value=float(value), scale_out_cooldown=UP_SECONDS, scale_in_cooldown=DOWN_SECONDS,
        predefined_metric_specification=predefined_metric_specification,
        customized_metric_specification=customized_metric_specification,
    )  # fmt: skip


def _backlog(service: Service, scale: Scale, target: AwsTarget) -> Custom:
    """Messages for each running task: what Amazon MQ counts in the queue over what Container Insights counts."""
    assert scale.queue is not None
    messages = Stat(
        stat="Average",
        metric=Named(
            namespace="AWS/AmazonMQ", metric_name="MessageCount",
            dimensions=[
                Dimension(name="Broker", value=broker_name(target, scale.queue.broker)),
                Dimension(name="VirtualHost", value="/"),
                Dimension(name="Queue", value=scale.queue.name),
            ],
        ),
    )  # fmt: skip
    insights = target.chosen.profile.insights
    running = Stat(
        # Without Container Insights: each task reports its CPU once a minute.
        stat="Average" if insights else "SampleCount",
        metric=Named(
            namespace="ECS/ContainerInsights" if insights else "AWS/ECS",
            metric_name="RunningTaskCount" if insights else "CPUUtilization",
            dimensions=[
                Dimension(name="ClusterName", value=target.found().cluster.name),
                Dimension(name="ServiceName", value=service.name),
            ],
        ),
    )  # fmt: skip
    return Custom(
        metrics=[
            Metric(id="messages", metric_stat=messages, return_data=False),
            Metric(id="running", metric_stat=running, return_data=False),
            Metric(id="backlog", expression="messages / IF(running > 0, running, 1)", label="messages for each task"),
        ]
    )
