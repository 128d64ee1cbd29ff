"""What Service and DevTool become."""

from __future__ import annotations

from typing import Any

import pytest

from components.targets.aws.settings import PROFILES
from strata import Command, DevTool, Http, ObjectStore, Postgres, RabbitMQ, Redis, Secret, Service, Task, Tcp
from tests.targets.aws.stage import KEY, PASSWORD, TOKEN, arn, container, environment, inputs, put, secrets, statements

WAYS_OUT = {
    "vpc-public-out", "vpc-private-0-out", "vpc-private-1-out", "vpc-private-0-routes-0", "vpc-private-1-routes-0",
    "vpc-s3",
}  # fmt: skip


def test_a_service() -> None:
    ran = put(Service("api", image="a:1", port=80, command="serve --on '0.0.0.0 80'", environment={"MODE": "x"}))
    below = {found.name: found.type for found in ran.below("api")}
    assert below == {
        "api-group": "aws:ec2/securityGroup:SecurityGroup",
        "api-out": "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "api-logs": "aws:cloudwatch/logGroup:LogGroup",
        "api-execution": "aws:iam/role:Role",
        "api-execution-policy": "aws:iam/rolePolicy:RolePolicy",
        "api-role": "aws:iam/role:Role",
        "api-task": "aws:ecs/taskDefinition:TaskDefinition",
        "api-discovery": "aws:servicediscovery/service:Service",
        "api-service": "aws:ecs/service:Service",
        "api-ready": "pulumi-python:dynamic:Resource",
    }
    assert inputs(ran["api-logs"]) == {
        "name": "/shop/prod/api", "retentionInDays": 30, "kmsKeyId": KEY,
    }  # fmt: skip
    task = inputs(ran["api-task"])
    task.pop("containerDefinitions")
    assert task == {
        "family": "shop-prod-api", "cpu": "256", "memory": "512", "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"], "executionRoleArn": arn("iam", "Role/api-execution"),
        "taskRoleArn": arn("iam", "Role/api-role"), "skipDestroy": True,
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    }  # fmt: skip
    assert container(ran) == {
        "name": "api", "image": "a:1", "essential": True, "stopTimeout": 10,
        "command": ["serve", "--on", "0.0.0.0 80"], "environment": [{"name": "MODE", "value": "x"}],
        "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "/shop/prod/api", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "task",
            },
        },
    }  # fmt: skip
    service = ran["api-service"]
    assert inputs(service) == {
        "name": "api", "cluster": arn("ecs", "Cluster/cluster"), "desiredCount": 1,
        "taskDefinition": arn("ecs", "task-definition/api-task:1"),
        "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}],
        "networkConfiguration": {
            "subnets": ["vpc-private-0-id", "vpc-private-1-id"], "securityGroups": ["api-group-id"],
            "assignPublicIp": False,
        },
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "deploymentMinimumHealthyPercent": 100, "deploymentMaximumPercent": 200, "enableEcsManagedTags": True,
        "propagateTags": "SERVICE", "enableExecuteCommand": False, "waitForSteadyState": False,
        "serviceRegistries": {"registryArn": arn("servicediscovery", "Service/api-discovery")},
    }  # fmt: skip
    assert service.ignore_changes == () and service.delete_before_replace
    assert inputs(ran["api-discovery"]) == {
        "name": "api", "forceDestroy": True,
        "dnsConfig": {
            "namespaceId": "namespace-id", "routingPolicy": "MULTIVALUE", "dnsRecords": [{"ttl": 10, "type": "A"}],
        },
    }  # fmt: skip
    assert ran.value["api"]["facts"] == {"host": "api.shop-prod.internal", "port": "80"}


@pytest.mark.parametrize("kind", [Service, Task])
def test_nothing_starts_before_it_may_read_its_secrets_and_can_reach_its_image(kind: Any) -> None:
    """A task that is started too early fails; a service's counts against its circuit breaker."""
    ran = put(ObjectStore("files", buckets=[]), kind("it", image="a:1", secrets={"API_TOKEN": TOKEN}))
    awaited = ran.awaited("it-service" if kind is Service else "it-run")
    assert WAYS_OUT | {"it-execution-policy", "it-out"} <= awaited


def test_an_inner_network_without_nat_has_endpoints_that_are_waited_for() -> None:
    ran = put(Service("api", image="a:1"), aws={"nat": "none", "endpoints": True})
    found = {made["serviceName"].removeprefix("com.amazonaws.eu-central-1."): made for made in ran.of("VpcEndpoint")}
    assert set(found) == {"s3", "ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssmmessages", "kms"}
    assert {made.name for made in found.values()} | {"vpc-endpoints-in"} <= ran.awaited("api-service")
    assert found["logs"]["securityGroupIds"] == ["vpc-endpoints-id"] and found["logs"]["privateDnsEnabled"] is True
    assert not [made for made in ran.made if made.type.endswith("NatGateway")]


def test_needs_are_bindings_rules_and_the_right_to_read_one_secret() -> None:
    db, cache, jobs = Postgres("db", password=PASSWORD), Redis("cache"), RabbitMQ("jobs", password=PASSWORD)
    other = Service("other", image="a:1", port=81)
    needs = [db.bind(prefix="ORDERS"), cache, jobs, other]
    ran = put(db, cache, jobs, other, Service("api", image="a:1", needs=needs, secrets={"API_TOKEN": TOKEN}))
    kept = {name: arn("secretsmanager", f"Secret/{name}-secret") for name in ("db-binding", "jobs-binding", "token")}
    assert secrets(container(ran)) == {
        "ORDERS_DATABASE_URL": f"{kept['db-binding']}:DATABASE_URL::db-binding-secret-value-v1",
        "ORDERS_DATABASE_PASSWORD": f"{kept['db-binding']}:DATABASE_PASSWORD::db-binding-secret-value-v1",
        "AMQP_URL": f"{kept['jobs-binding']}:AMQP_URL::jobs-binding-secret-value-v1",
        "AMQP_PASSWORD": f"{kept['jobs-binding']}:AMQP_PASSWORD::jobs-binding-secret-value-v1",
        "API_TOKEN": f"{kept['token']}:::token-secret-value-v1",
    }  # fmt: skip
    plain = environment(container(ran))
    assert plain["ORDERS_DATABASE_USER"] == "app" and plain["OTHER_URL"] == "http://other.shop-prod.internal:81"
    assert plain["REDIS_URL"] == "rediss://master.cache-cache.cache.amazonaws.com:6379/0"
    assert statements(ran["api-execution-policy"]) == [
        {
            "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [arn("cloudwatch", "LogGroup/api-logs") + ":*"],
        },
        {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": list(kept.values())},
        {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [KEY]},
    ]  # fmt: skip
    assert ran["token-secret-value"]["secretString"] == "a-token"
    assert ran["token-secret-value"].inputs.is_secret("secretString")
    ports = {"db": 5432, "cache": 6379, "jobs": 5671, "other": 81}
    for name, port in ports.items():
        out, into = ran[f"api-to-{name}"], ran[f"api-into-{name}"]
        assert inputs(out) == {
            "securityGroupId": "api-group-id", "referencedSecurityGroupId": f"{name}-group-id", "ipProtocol": "tcp",
            "fromPort": port, "toPort": port, "description": f"api needs {name}",
        }  # fmt: skip
        assert inputs(into) == {
            **inputs(out), "securityGroupId": f"{name}-group-id", "referencedSecurityGroupId": "api-group-id",
        }  # fmt: skip
        assert {out.name, into.name} <= ran.awaited("api-service")
    assert {"db-instance", "cache-cache", "jobs-broker", "other-ready"} <= ran.awaited("api-service")


def test_a_declared_secret_is_stored_once_for_all_who_use_it() -> None:
    ran = put(*(Service(name, image="a:1", secrets={"API_TOKEN": TOKEN}) for name in ("a", "b")))
    assert [made.name for made in ran.of("secretsmanager/secret:Secret")] == ["token-secret"]


def test_frugal_keeps_declared_secrets_in_one_and_a_databases_own_apart() -> None:
    db = Postgres("db", password=PASSWORD)
    described = Service("api", image="a:1", needs=[db], secrets={"A": Secret("a"), "B": Secret("b")})
    values = {"a": "1", "b": "2", "c": "3"}
    ran = put(db, Redis("cache", password=Secret("c")), described, profile="frugal", secrets=values)
    kept = arn("secretsmanager", "Secret/declared-secret")
    assert {made.name for made in ran.of("secretsmanager/secret:Secret")} == {
        "declared-secret", "db-binding-secret", "cache-binding-secret",
    }  # fmt: skip
    value = ran["declared-secret-value"]
    assert value["secretString"] == '{"a": "1", "b": "2", "c": "3"}' and value.inputs.is_secret("secretString")
    found = {one["name"]: one["valueFrom"] for one in container(ran)["secrets"]}
    assert found["A"] == f"{kept}:a::declared-secret-value-v1" and found["B"] == f"{kept}:b::declared-secret-value-v1"
    reads = next(one for one in statements(ran["api-execution-policy"]) if "secretsmanager" in one["Action"][0])
    assert reads["Resource"] == [arn("secretsmanager", "Secret/db-binding-secret"), kept]


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        (Http("/up", interval="1s", timeout="1s", retries=50, start_period="10m"),
            {"interval": 5, "timeout": 2, "retries": 10, "startPeriod": 300}),
        (Command("true", interval="20m", timeout="2m"),
            {"interval": 300, "timeout": 60, "retries": 3, "startPeriod": 0}),
        (Tcp(interval="7s", timeout="3s", start_period="30s"),
            {"interval": 7, "timeout": 3, "retries": 3, "startPeriod": 30}),
    ],
)  # fmt: skip
def test_health_checks_are_kept_within_the_limits_of_ecs(health: Any, expected: dict[str, int]) -> None:
    check = container(put(Service("api", image="a:1", port=80, health=health)))["healthCheck"]
    command = check.pop("command")
    assert check == expected and command[0] == "CMD-SHELL"
    assert {"http": "127.0.0.1:80/up", "tcp": "127.0.0.1/80", "command": "true"}[health.kind] in command[1]


def test_sizes_are_those_of_fargate() -> None:
    ran = put(Service("api", image="a:1", cpus=1, memory="3GB"), aws={"architecture": "arm64"})
    assert (ran["api-task"]["cpu"], ran["api-task"]["memory"]) == ("1024", "3072")
    assert ran["api-task"]["runtimePlatform"]["cpuArchitecture"] == "ARM64"


def test_replicas_and_a_singleton() -> None:
    ran = put(Service("api", image="a:1", replicas=3), Service("clock", image="a:1", singleton=True))
    assert ran["api-service"]["desiredCount"] == 3
    clock = ran["clock-service"]
    assert (clock["deploymentMinimumHealthyPercent"], clock["deploymentMaximumPercent"]) == (0, 100)


def test_exec_and_spot_are_a_services_own_choice() -> None:
    ran = put(
        Service("api", image="a:1"), Service("b", image="a:1"), profile="frugal", aws={"capacity": "fargate"},
        services={"api": {"exec": "on", "spot": "off"}},
    )  # fmt: skip
    assert ran["api-service"]["enableExecuteCommand"] is True
    assert statements(ran["api-role-policy"]) == [
        {
            "Effect": "Allow",
            "Action": [
                "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
            ],
            "Resource": ["*"],
        }
    ]  # fmt: skip
    assert ran["api-service"]["capacityProviderStrategies"] == [{"capacityProvider": "FARGATE", "weight": 1}]
    assert ran["b-service"]["capacityProviderStrategies"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    assert "b-role-policy" not in ran and ran["b-service"]["enableExecuteCommand"] is False


@pytest.mark.parametrize("name", PROFILES)
def test_where_services_run_by_profile(name: str) -> None:
    ran = put(Service("api", image="a:1"), profile=name, aws={"capacity": "fargate"})
    network = ran["api-service"]["networkConfiguration"]
    nats = [made for made in ran.made if made.type.endswith("NatGateway")]
    public = name == "frugal"
    reach, zones = ("public", 2) if public else ("private", PROFILES[name].zones)
    assert network["subnets"] == [f"vpc-{reach}-{zone}-id" for zone in range(zones)]
    assert network["assignPublicIp"] is public
    assert len(nats) == {"frugal": 0, "standard": 1, "resilient": 3}[name]
    assert ran["api-logs"]["retentionInDays"] == {"frugal": 7, "standard": 30, "resilient": 90}[name]


def test_the_gate_of_a_service() -> None:
    db = Postgres("db", password=PASSWORD)
    gate = put(db, Service("api", image="a:1", needs=[db]), aws={"endpoint": "http://127.0.0.1:5000"})["api-ready"]
    assert {key: value for key, value in gate.inputs.value.items() if key != "masked"} == {
        "service": "api", "name": "api", "cluster": arn("ecs", "Cluster/cluster"), "logs": "/shop/prod/api",
        "task": arn("ecs", "task-definition/api-task:1"), "region": "eu-central-1",
        "endpoint": "http://127.0.0.1:5000",
    }  # fmt: skip
    assert "hunter22-hunter22!" in gate["masked"] and gate.inputs.is_secret("masked")


def test_a_tool_for_development_is_nothing_on_aws() -> None:
    ran = put(DevTool("mail", image="a:1", port=80))
    assert ran.below("mail") == [] and ran.value["mail"]["endpoints"] == {}
