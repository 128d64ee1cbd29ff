"""Autoscaling: what a service is scaled by, and within which bounds."""

from __future__ import annotations

from typing import Any

from strata import Gateway, RabbitMQ, Scale, Service
from tests.ran import Ran
from tests.targets.aws.stage import inputs, put


def policies(ran: Ran) -> dict[str, dict[str, Any]]:
    """What each scaling policy follows."""
    found = {made.name: made["targetTrackingScalingPolicyConfiguration"] for made in ran.of("policy:Policy")}
    assert all((one["scaleOutCooldown"], one["scaleInCooldown"]) == (60, 300) for one in found.values())
    return found


def test_scaling_by_cpu_memory_and_requests() -> None:
    api = Service("api", image="a:1", port=80, scale=Scale(min=2, max=9, cpu=60, memory=70, requests=5))
    ran = put(api, Gateway(routes={"/": api}))
    bounds = ran["api-scaling"]
    assert inputs(bounds) == {
        "serviceNamespace": "ecs", "scalableDimension": "ecs:service:DesiredCount", "minCapacity": 2,
        "maxCapacity": 9, "resourceId": "service/shop-prod/api",
    }  # fmt: skip
    assert ran["api-service"].ignore_changes == ("desiredCount",) and ran["api-service"]["desiredCount"] == 2
    found = policies(ran)
    assert set(found) == {"api-scaling-cpu", "api-scaling-memory", "api-scaling-requests"}
    assert found["api-scaling-cpu"]["targetValue"] == 60
    assert found["api-scaling-cpu"]["predefinedMetricSpecification"] == {
        "predefinedMetricType": "ECSServiceAverageCPUUtilization"
    }
    assert found["api-scaling-memory"]["predefinedMetricSpecification"] == {
        "predefinedMetricType": "ECSServiceAverageMemoryUtilization"
    }
    # ALB counts a minute.
    assert found["api-scaling-requests"]["targetValue"] == 300
    assert found["api-scaling-requests"]["predefinedMetricSpecification"] == {
        "predefinedMetricType": "ALBRequestCountPerTarget", "resourceLabel": "app/edge/1/targetgroup/api-targets/1",
    }  # fmt: skip


def test_scaling_by_the_length_of_a_queue() -> None:
    jobs = RabbitMQ("jobs", queues=["mail"])
    ran = put(jobs, Service("worker", image="a:1", scale=Scale(max=10, queue=jobs.queue("mail"), length=100)))
    (followed,) = policies(ran).values()
    assert followed["targetValue"] == 100
    messages, running, backlog = followed["customizedMetricSpecification"]["metrics"]
    assert messages["metricStat"] == {
        "stat": "Average",
        "metric": {
            "namespace": "AWS/AmazonMQ", "metricName": "MessageCount",
            "dimensions": [
                {"name": "Broker", "value": ran["jobs-broker"]["brokerName"]}, {"name": "VirtualHost", "value": "/"},
                {"name": "Queue", "value": "mail"},
            ],
        },
    }  # fmt: skip
    assert running["metricStat"]["metric"]["dimensions"] == [
        {"name": "ClusterName", "value": "shop-prod"}, {"name": "ServiceName", "value": "worker"},
    ]  # fmt: skip
    assert (messages["returnData"], running["returnData"]) == (False, False)
    assert backlog["expression"] == "messages / IF(running > 0, running, 1)" and backlog.get("returnData") is not False


def test_autoscaling_is_a_part_that_can_be_off() -> None:
    ran = put(Service("api", image="a:1", scale=Scale(min=2, max=3, cpu=50)), aws={"parts": {"autoscaling": "off"}})
    assert "api-scaling" not in ran and ran["api-service"]["desiredCount"] == 2
