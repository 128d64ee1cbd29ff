"""Schedules on AWS: who starts what when, what may be done for it, and what is kept of a start that failed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.core.naming import Names
from components.targets.aws import overlap
from components.targets.aws.names import queue_name, short
from strata import FileVolume, Mount, Postgres, Schedule, Secret, Service, started
from tests.ran import Ran
from tests.targets.aws.stage import ACCOUNT, REGION, arn, containers, inputs, put, statements, too_wide

db = Postgres("db")
CLUSTER, TASK = arn("ecs", "Cluster/cluster"), arn("ecs", "task-definition/nightly-task:1")
QUEUE = arn("sqs", "nightly-not-started")
SUBNETS = ["vpc-private-0-id", "vpc-private-1-id"]


def nightly(policy: Any, **options: Any) -> Ran:
    schedule = Schedule(
        "nightly", image="a:1", command="run 'a b'", cron="30 2 * * MON-FRI", timezone="Europe/Berlin", needs=[db],
        overlap=policy, stop_seconds=20, secrets={"API_TOKEN": Secret("token")}, environment={"MODE": "x"},
    )  # fmt: skip
    return put(db, schedule, **options)


SHARED = {
    "nightly-group": "aws:ec2/securityGroup:SecurityGroup",
    "nightly-out": "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "nightly-to-db": "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "nightly-into-db": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "nightly-logs": "aws:cloudwatch/logGroup:LogGroup",
    "nightly-execution": "aws:iam/role:Role",
    "nightly-execution-policy": "aws:iam/rolePolicy:RolePolicy",
    "nightly-role": "aws:iam/role:Role",
    "nightly-task": "aws:ecs/taskDefinition:TaskDefinition",
    "nightly-not-started": "aws:sqs/queue:Queue",
    "nightly-scheduler-role": "aws:iam/role:Role",
    "nightly-scheduler-role-policy": "aws:iam/rolePolicy:RolePolicy",
    "nightly-schedule": "aws:scheduler/schedule:Schedule",
}
GUARD = {
    "nightly-guard": "aws:sfn/stateMachine:StateMachine",
    "nightly-guard-role": "aws:iam/role:Role",
    "nightly-guard-role-policy": "aws:iam/rolePolicy:RolePolicy",
}


@pytest.mark.parametrize(("policy", "more"), [("allow", {}), ("forbid", GUARD), ("replace", GUARD)])
def test_what_a_schedule_is_made_of(policy: str, more: dict[str, str]) -> None:
    assert {one.name: one.type for one in nightly(policy).below("nightly")} == {**SHARED, **more}


def test_one_that_may_overlap_is_started_by_the_scheduler_itself() -> None:
    assert inputs(nightly("allow")["nightly-schedule"]) == {
        "name": "shop-prod-nightly", "description": "shop/prod nightly", "state": "ENABLED",
        "scheduleExpression": "cron(30 2 ? * 2-6 *)", "scheduleExpressionTimezone": "Europe/Berlin",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {
            "arn": CLUSTER, "roleArn": arn("iam", "Role/nightly-scheduler-role"), "deadLetterConfig": {"arn": QUEUE},
            "retryPolicy": {"maximumRetryAttempts": 3, "maximumEventAgeInSeconds": 900},
            "ecsParameters": {
                "taskDefinitionArn": TASK, "taskCount": 1, "propagateTags": "TASK_DEFINITION",
                "enableEcsManagedTags": True,
                "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}],
                "networkConfiguration": {
                    "subnets": SUBNETS, "securityGroups": ["nightly-group-id"], "assignPublicIp": False,
                },
            },
        },
    }  # fmt: skip


def test_one_that_may_not_is_started_by_what_looks_first() -> None:
    ran = nightly("forbid")
    target = ran["nightly-schedule"]["target"]
    assert target == {
        "arn": arn("sfn", "StateMachine/nightly-guard"), "roleArn": arn("iam", "Role/nightly-scheduler-role"),
        "deadLetterConfig": {"arn": QUEUE}, "input": "{}",
        "retryPolicy": {"maximumRetryAttempts": 3, "maximumEventAgeInSeconds": 900},
    }  # fmt: skip
    guard = ran["nightly-guard"]
    assert (guard["name"], guard["roleArn"]) == ("shop-prod-nightly", arn("iam", "Role/nightly-guard-role"))
    task = {
        "Cluster": CLUSTER, "TaskDefinition": TASK, "Count": 1, "PropagateTags": "TASK_DEFINITION",
        "CapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": 1}],
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "Subnets": SUBNETS, "SecurityGroups": ["nightly-group-id"], "AssignPublicIp": "DISABLED",
            }
        },
        "EnableECSManagedTags": True, "StartedBy": "strata",
    }  # fmt: skip
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/nightly-not-started"
    family = ran["nightly-task"]["family"]
    assert json.loads(guard["definition"]) == overlap.machine("forbid", task, family, url, 3)
    assert "nightly-guard-role-policy" in ran.awaited("nightly-guard")


def test_what_the_two_policies_do_with_the_run_before() -> None:
    machines = {one: json.loads(nightly(one)["nightly-guard"]["definition"])["States"] for one in ("forbid", "replace")}
    inner = {one: states["Attempt"]["Branches"][0]["States"] for one, states in machines.items()}
    assert inner["forbid"]["Running"]["Choices"][0]["Next"] == "Skip" and "Replace" not in inner["forbid"]
    assert inner["replace"]["Running"]["Choices"][0]["Next"] == "Replace" and "Skip" not in inner["replace"]
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10, "BackoffRate": 2, "MaxAttempts": 3}
    assert [states["Attempt"]["Retry"] for states in machines.values()] == [[retry], [retry]]
    assert {states["Attempt"]["Catch"][0]["Next"] for states in machines.values()} == {"Keep"}
    assert {states["Look"]["Parameters"]["DesiredStatus"] for states in inner.values()} == {"RUNNING"}


RUN = [
    {
        "Effect": "Allow", "Action": ["ecs:RunTask"], "Resource": [TASK],
        "Condition": {"ArnEquals": {"ecs:cluster": CLUSTER}},
    },
    {
        "Effect": "Allow", "Action": ["ecs:TagResource"], "Resource": [arn("ecs", "task/shop-prod/*")],
        "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
    },
    {
        "Effect": "Allow", "Action": ["iam:PassRole"],
        "Resource": [arn("iam", "Role/nightly-execution"), arn("iam", "Role/nightly-role")],
        "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    },
]  # fmt: skip
KEEP = {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": [QUEUE]}
LOOK = {
    "Effect": "Allow", "Action": ["ecs:ListTasks"], "Resource": ["*"],
    "Condition": {"ArnEquals": {"ecs:cluster": CLUSTER}},
}  # fmt: skip
END = {
    "Effect": "Allow", "Action": ["ecs:StopTask", "ecs:DescribeTasks"], "Resource": [arn("ecs", "task/shop-prod/*")],
    "Condition": {"ArnEquals": {"ecs:cluster": CLUSTER}},
}  # fmt: skip
START = {
    "Effect": "Allow", "Action": ["states:StartExecution"], "Resource": [arn("sfn", "StateMachine/nightly-guard")],
}  # fmt: skip
POLICIES: dict[str, dict[str, Any]] = {
    "allow": {"nightly-scheduler-role-policy": [*RUN, KEEP]},
    "forbid": {
        "nightly-scheduler-role-policy": [START, KEEP], "nightly-guard-role-policy": [*RUN, KEEP, LOOK],
    },
    "replace": {
        "nightly-scheduler-role-policy": [START, KEEP], "nightly-guard-role-policy": [*RUN, KEEP, LOOK, END],
    },
}  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES)
def test_what_may_be_done_to_start_it_and_nothing_else(policy: str) -> None:
    ran = nightly(policy)
    found = {one.name: statements(one) for one in ran.below("nightly") if one.type.endswith(":RolePolicy")}
    assert found.pop("nightly-execution-policy")
    assert found == POLICIES[policy]
    assert [wide for each in found.values() for one in each for wide in too_wide(one)] == []
    takers = {"nightly-scheduler-role": "scheduler", "nightly-guard-role": "states"}
    for name in takers if policy != "allow" else ["nightly-scheduler-role"]:
        assert statements(ran[name], "assumeRolePolicy") == [
            {
                "Effect": "Allow", "Principal": {"Service": f"{takers[name]}.amazonaws.com"},
                "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }
        ]  # fmt: skip


def test_the_queue_of_starts_that_failed() -> None:
    ran = nightly("allow")
    assert inputs(ran["nightly-not-started"]) == {
        "name": "shop-prod-nightly-not-started", "sqsManagedSseEnabled": True, "messageRetentionSeconds": 1209600,
    }  # fmt: skip
    alarm = ran["nightly-not-started-alarm"]
    assert (alarm["namespace"], alarm["metricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert alarm["dimensions"] == {"QueueName": ran["nightly-not-started"]["name"]}
    assert (alarm["threshold"], alarm["statistic"], alarm["period"]) == (0, "Maximum", 300)
    assert alarm["treatMissingData"] == "notBreaching" and alarm["comparisonOperator"] == "GreaterThanThreshold"


ENDED = {"containers": {"exitCode": [{"anything-but": 0}]}}


@pytest.mark.parametrize(
    ("policy", "ended"),
    [("allow", ENDED), ("forbid", ENDED), ("replace", {**ENDED, "stopCode": [{"anything-but": "UserInitiated"}]})],
)
def test_a_run_that_failed_is_told_and_one_that_was_replaced_is_not(policy: str, ended: dict[str, Any]) -> None:
    ran = nightly(policy)
    detail = json.loads(ran["nightly-failed-rule"]["eventPattern"])["detail"]
    assert detail == {
        "group": [f"family:{ran['nightly-task']['family']}"], "lastStatus": ["STOPPED"],
        "$or": [ended, {"stopCode": ["TaskFailedToStart"]}],
    }  # fmt: skip
    assert ran["watch"].outputs and not [one for one in ran["watch"].outputs.value["unmeasured"] if "nightly" in one]


def test_its_container_is_that_of_a_task_and_has_its_time_to_end() -> None:
    ran = nightly("forbid")
    container = containers(ran["nightly-task"])["nightly"]
    assert container["command"] == ["run", "a b"] and container["stopTimeout"] == 20
    assert {one["name"] for one in container["secrets"]} == {"DATABASE_URL", "DATABASE_PASSWORD", "API_TOKEN"}
    assert "portMappings" not in container
    hasty = put(Schedule("s", image="a:1", cron="@daily", stop_seconds=0))
    assert containers(hasty["s-task"])["s"]["stopTimeout"] == 2


def test_nothing_is_started_before_it_can_be() -> None:
    awaited = nightly("allow").awaited("nightly-schedule")
    assert {
        "nightly-execution-policy", "nightly-scheduler-role-policy", "nightly-out", "nightly-to-db", "nightly-into-db",
        "cluster-capacity", "db-instance", "vpc-public-out",
    } <= awaited  # fmt: skip


def test_whoever_waits_for_it_waits_until_it_is_there() -> None:
    schedule = Schedule("nightly", image="a:1", cron="@daily")
    ran = put(schedule, Service("api", image="a:1", after=[started(schedule)]))
    assert "nightly-schedule" in ran.awaited("api-service")


def test_a_volume_is_mounted() -> None:
    shared = FileVolume("shared")
    ran = put(shared, Schedule("s", image="a:1", cron="@daily", volumes=[Mount(shared, "/data")]))
    assert {"s-to-files", "s-into-files"} <= {one.name for one in ran.below("s")}
    assert {"s-to-files", "s-into-files"} <= ran.awaited("s-schedule")


def test_settings_that_only_aws_knows() -> None:
    services = {"nightly": {"spot": "on", "retries": 0, "retry_minutes": 60}}
    target = nightly("allow", services=services)["nightly-schedule"]["target"]
    assert target["retryPolicy"] == {"maximumRetryAttempts": 0, "maximumEventAgeInSeconds": 3600}
    assert target["ecsParameters"]["capacityProviderStrategies"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    attempt = json.loads(nightly("forbid", services=services)["nightly-guard"]["definition"])["States"]["Attempt"]
    assert attempt["Retry"][0]["MaxAttempts"] == 0
    started = attempt["Branches"][0]["States"]["Start"]["Parameters"]
    assert started["CapacityProviderStrategy"] == [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]


def test_without_nat_or_endpoints_it_has_a_public_address() -> None:
    ran = nightly("forbid", aws={"nat": "none"})
    network = json.loads(ran["nightly-guard"]["definition"])["States"]["Attempt"]["Branches"][0]["States"]["Start"]
    place = network["Parameters"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert (place["AssignPublicIp"], place["Subnets"]) == ("ENABLED", ["vpc-public-0-id", "vpc-public-1-id"])
    direct = nightly("allow", aws={"nat": "none"})["nightly-schedule"]["target"]["ecsParameters"]
    assert direct["networkConfiguration"]["assignPublicIp"] is True


def test_a_rename_keeps_the_schedule() -> None:
    ran = put(Schedule("new", image="a:1", cron="@daily", formerly=["old"]))
    assert ran["new-schedule"].aliases == ("old-schedule",) and ran["new-task"].aliases == ("old-task",)


def test_names_that_are_too_long_stay_apart() -> None:
    names = Names("p" * 20, "s" * 20)
    first, second = (short(names, "n" * 39 + end, 64) for end in "ab")
    assert len(first) == len(second) == 64 and first != second
    assert short(Names("shop", "prod"), "nightly", 64) == "shop-prod-nightly"
    assert len(queue_name(names, "n" * 40)) == 80


@pytest.mark.parametrize("policy", POLICIES)
def test_a_preview_of_a_new_schedule_registers_the_same(policy: str) -> None:
    assert sorted(nightly(policy, preview=True).names()) == sorted(nightly(policy).names())


HOSTS = {"capacity": "ec2", "hosts": {"type": "t4g.small"}, "architecture": "arm64"}


def test_on_hosts_its_tasks_run_where_the_services_do() -> None:
    ran = nightly("allow", aws=HOSTS)
    parameters = ran["nightly-schedule"]["target"]["ecsParameters"]
    (strategy,) = parameters["capacityProviderStrategies"]
    assert strategy["capacityProvider"] == ran.of("ecs/capacityProvider:CapacityProvider")[0]["name"]
    assert parameters["networkConfiguration"]["assignPublicIp"] is False
    assert ran["nightly-task"]["requiresCompatibilities"] == ["EC2"]


def test_on_one_shared_host_it_has_no_network_of_its_own() -> None:
    shared = {**HOSTS, "nat": "none", "hosts": {**HOSTS["hosts"], "network": "bridge"}}  # type: ignore[dict-item]
    ran = nightly("allow", aws=shared)
    assert "networkConfiguration" not in ran["nightly-schedule"]["target"]["ecsParameters"]
    assert "nightly-group" not in ran
    guard = json.loads(nightly("replace", aws=shared)["nightly-guard"]["definition"])
    started = guard["States"]["Attempt"]["Branches"][0]["States"]["Start"]["Parameters"]
    assert "NetworkConfiguration" not in started and started["CapacityProviderStrategy"][0]["CapacityProvider"]
