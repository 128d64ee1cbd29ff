"""What Service, Task and DevTool become."""

from __future__ import annotations

from typing import Any

import pytest

from components.targets.aws.settings import PROFILES
from strata import (
    Build,
    Command,
    DevTool,
    Gateway,
    Http,
    ObjectStore,
    Postgres,
    RabbitMQ,
    Redis,
    Scale,
    Secret,
    Service,
    Task,
    Tcp,
    completed,
)
from tests.ran import Ran
from tests.targets.aws.stage import arn, containers, environment, inputs, put, secrets, statements

password = Secret("pw", default="hunter22-hunter22!")
token = Secret("token", default="a-token")
WAYS_OUT = {
    "vpc-public-out", "vpc-private-0-out", "vpc-private-1-out", "vpc-private-0-routes-0", "vpc-private-1-routes-0",
    "vpc-s3",
}  # fmt: skip


def one(ran: Ran, name: str = "api") -> dict[str, Any]:
    return containers(ran[f"{name}-task"])[name]


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
        "name": "/shop/prod/api", "retentionInDays": 30, "kmsKeyId": arn("kms", "key/key"),
    }  # fmt: skip
    task = inputs(ran["api-task"])
    task.pop("containerDefinitions")
    assert task == {
        "family": "shop-prod-api", "cpu": "256", "memory": "512", "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"], "executionRoleArn": arn("iam", "Role/api-execution"),
        "taskRoleArn": arn("iam", "Role/api-role"), "skipDestroy": True,
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    }  # fmt: skip
    assert one(ran) == {
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
    ran = put(ObjectStore("files", buckets=[]), kind("it", image="a:1", secrets={"API_TOKEN": token}))
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
    db, cache, jobs = Postgres("db", password=password), Redis("cache"), RabbitMQ("jobs", password=password)
    other = Service("other", image="a:1", port=81)
    needs = [db.bind(prefix="ORDERS"), cache, jobs, other]
    ran = put(db, cache, jobs, other, Service("api", image="a:1", needs=needs, secrets={"API_TOKEN": token}))
    kept = {name: arn("secretsmanager", f"Secret/{name}-secret") for name in ("db-binding", "jobs-binding", "token")}
    assert secrets(one(ran)) == {
        "ORDERS_DATABASE_URL": f"{kept['db-binding']}:DATABASE_URL::db-binding-secret-value-v1",
        "ORDERS_DATABASE_PASSWORD": f"{kept['db-binding']}:DATABASE_PASSWORD::db-binding-secret-value-v1",
        "AMQP_URL": f"{kept['jobs-binding']}:AMQP_URL::jobs-binding-secret-value-v1",
        "AMQP_PASSWORD": f"{kept['jobs-binding']}:AMQP_PASSWORD::jobs-binding-secret-value-v1",
        "API_TOKEN": f"{kept['token']}:::token-secret-value-v1",
    }  # fmt: skip
    plain = environment(one(ran))
    assert plain["ORDERS_DATABASE_USER"] == "app" and plain["OTHER_URL"] == "http://other.shop-prod.internal:81"
    assert plain["REDIS_URL"] == "rediss://master.cache-cache.cache.amazonaws.com:6379/0"
    assert statements(ran["api-execution-policy"]) == [
        {
            "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [arn("cloudwatch", "LogGroup/api-logs") + ":*"],
        },
        {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": list(kept.values())},
        {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [arn("kms", "key/key")]},
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
    ran = put(*(Service(name, image="a:1", secrets={"API_TOKEN": token}) for name in ("a", "b")))
    assert [made.name for made in ran.of("secretsmanager/secret:Secret")] == ["token-secret"]


def test_secrets_as_files_are_written_by_a_container_that_ends_before_the_service_starts() -> None:
    db, files = Postgres("db", password=password), ObjectStore("files")
    api = Service("api", image="a:1", needs=[db, files], secrets={"API_TOKEN": token}, secrets_as="files", user="app")
    ran = put(db, files, api)
    found = containers(ran["api-task"])
    assert list(found) == ["prepare", "api"]
    writer, main = found["prepare"], found["api"]
    assert (writer["essential"], writer["user"], writer["readonlyRootFilesystem"]) == (False, "0", True)
    assert writer["entryPoint"] == ["sh", "-c"] and writer["image"] == "a:1"
    names = ["API_TOKEN", "DATABASE_PASSWORD", "DATABASE_URL"]
    assert writer["command"] == [
        "umask 022; " + " && ".join(f'printf %s "${name}" > /run/secrets/{name}' for name in names)
    ]
    assert list(secrets(writer)) == names and secrets(main) == {}
    place = {"sourceVolume": "secrets", "containerPath": "/run/secrets"}
    assert writer["mountPoints"] == [{**place, "readOnly": False}]
    assert main["mountPoints"] == [{**place, "readOnly": True}]
    assert main["dependsOn"] == [{"containerName": "prepare", "condition": "SUCCESS"}]
    given = environment(main)
    assert {key: value for key, value in given.items() if key.endswith("_FILE")} == {
        f"{name}_FILE": f"/run/secrets/{name}" for name in names
    }
    assert main["user"] == "app" and ran["api-task"]["volumes"] == [{"name": "secrets"}]


def test_without_secrets_there_are_no_files_to_write() -> None:
    """The access keys of an object store are none here: the role gives them."""
    files = ObjectStore("files")
    ran = put(files, Service("api", image="a:1", needs=[files], secrets_as="files"))
    assert list(containers(ran["api-task"])) == ["api"] and ran["api-task"].get("volumes") is None
    assert not [key for key in environment(one(ran)) if key.endswith("_FILE")]


def test_a_read_only_service_has_a_tmp_to_write_to() -> None:
    ran = put(Service("api", image="a:1", read_only=True, user="1000:1000", stop_seconds=0))
    main = one(ran)
    assert main["readonlyRootFilesystem"] is True and main["user"] == "1000:1000"
    place = {"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}
    assert main["mountPoints"] == [place]
    assert ran["api-task"]["volumes"] == [{"name": "tmp"}] and main["stopTimeout"] == 2


def test_a_tmp_is_open_to_any_user_before_a_read_only_service_starts() -> None:
    """A task's volume is root's own, 0755: whoever is not root could not write to it."""
    ran = put(Service("api", image="a:1", read_only=True, user="1000:1000"))
    prepare = containers(ran["api-task"])["prepare"]
    prepare.pop("logConfiguration")
    assert prepare == {
        "name": "prepare", "image": "a:1", "essential": False, "user": "0", "entryPoint": ["sh", "-c"],
        "command": ["umask 022; chmod 1777 /tmp"], "readonlyRootFilesystem": True,
        "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}],
    }  # fmt: skip
    assert one(ran)["dependsOn"] == [{"containerName": "prepare", "condition": "SUCCESS"}]


def test_one_container_prepares_secrets_and_tmp() -> None:
    ran = put(Service("api", image="a:1", read_only=True, secrets={"API_TOKEN": token}, secrets_as="files"))
    found = containers(ran["api-task"])
    assert list(found) == ["prepare", "api"]
    assert found["prepare"]["command"] == [
        'umask 022; printf %s "$API_TOKEN" > /run/secrets/API_TOKEN && chmod 1777 /tmp'
    ]
    assert [one["containerPath"] for one in found["prepare"]["mountPoints"]] == ["/run/secrets", "/tmp"]
    assert [(one["containerPath"], one["readOnly"]) for one in found["api"]["mountPoints"]] == [
        ("/tmp", False), ("/run/secrets", True),
    ]  # fmt: skip


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
    check = one(put(Service("api", image="a:1", port=80, health=health)))["healthCheck"]
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


def test_the_gate_of_a_service() -> None:
    db = Postgres("db", password=password)
    gate = put(db, Service("api", image="a:1", needs=[db]), aws={"endpoint": "http://127.0.0.1:5000"})["api-ready"]
    assert {key: value for key, value in gate.inputs.value.items() if key != "masked"} == {
        "service": "api", "name": "api", "cluster": arn("ecs", "Cluster/cluster"), "logs": "/shop/prod/api",
        "task": arn("ecs", "task-definition/api-task:1"), "region": "eu-central-1",
        "endpoint": "http://127.0.0.1:5000",
    }  # fmt: skip
    assert "hunter22-hunter22!" in gate["masked"] and gate.inputs.is_secret("masked")


def test_a_task() -> None:
    db = Postgres("db", password=password)
    ran = put(db, Task("migrate", image="a:1", command="run it", needs=[db], timeout="2m"), Service(
        "api", image="a:1", after=[completed(Task("other", image="a:1"))][:0]))  # fmt: skip
    run = ran["migrate-run"]
    url = "postgresql://app:hunter22-hunter22%21@db-instance.abc.eu-central-1.rds.amazonaws.com:5432/app"
    assert run.inputs.value == {
        "task": "migrate", "definition": arn("ecs", "task-definition/migrate-task:1"),
        "cluster": arn("ecs", "Cluster/cluster"), "subnets": ["vpc-private-0-id", "vpc-private-1-id"],
        "provider": "",
        "groups": ["migrate-group-id"], "public": False, "logs": "/shop/prod/migrate", "timeout": 120, "image": "a:1",
        "command": ["run", "it"], "region": "eu-central-1", "endpoint": "", "data": ["db-db-instance"],
        "environment": {
            "DATABASE_HOST": "db-instance.abc.eu-central-1.rds.amazonaws.com", "DATABASE_PORT": "5432",
            "DATABASE_USER": "app", "DATABASE_NAME": "app",
        },
        "secrets": {"DATABASE_URL": url, "DATABASE_PASSWORD": "hunter22-hunter22!"},
        "masked": [url, "hunter22-hunter22!"],
    }  # fmt: skip
    assert all(run.inputs.is_secret(key) for key in ("environment", "secrets", "masked"))
    assert {"migrate-to-db", "migrate-into-db", "db-instance"} <= ran.awaited("migrate-run")
    assert one(ran, "migrate")["command"] == ["run", "it"] and "portMappings" not in one(ran, "migrate")


def test_who_waits_for_a_task_waits_for_its_run() -> None:
    task = Task("migrate", image="a:1")
    ran = put(task, Service("api", image="a:1", after=[completed(task)]))
    assert "migrate-run" in ran.awaited("api-service")


def test_a_build_is_pushed_under_its_content_and_pulled_by_whoever_runs_it() -> None:
    build, other = Build("apps/demo"), Build("apps/demo", target="dev")
    ran = put(Service("api", image=build), Task("t", image=build), Service("dev", image=other), Service(
        "b", image=Build("apps/demo", args={"PART": "b"})), protection=True)  # fmt: skip
    repositories = ran.of("ecr/repository:Repository")
    assert [made.name for made in repositories] == ["image-apps-demo-repository"]
    assert inputs(repositories[0]) == {
        "name": "shop-prod/apps-demo", "imageTagMutability": "IMMUTABLE", "forceDelete": False,
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": arn("kms", "key/key")}],
    }  # fmt: skip
    push = ran["image-apps-demo-push"]
    reference = push["reference"]
    place = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/image-apps-demo-repository"
    assert reference.startswith(f"{place}:") and one(ran)["image"] == reference == one(ran, "t")["image"]
    assert len({made["reference"] for made in ran.made if made.name.startswith("image-apps-demo-push")}) == 3
    assert one(ran, "dev")["image"] == ran["image-apps-demo-push-dev"]["reference"] != reference
    assert {key: push[key] for key in ("context", "dockerfile", "args", "target", "platform", "ecr")} == {
        "context": "apps/demo", "dockerfile": "Dockerfile", "args": {}, "target": "", "platform": "linux/amd64",
        "ecr": True,
    }  # fmt: skip
    assert statements(ran["api-execution-policy"])[1:] == [
        {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"]},
        {
            "Effect": "Allow",
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
            "Resource": [arn("ecr", "repository/shop-prod/*")],
        },
    ]  # fmt: skip


def test_a_registry_of_ones_own() -> None:
    ran = put(Service("api", image=Build("apps/demo")), aws={"registry": "registry.example.com"})
    push = ran["image-apps-demo-push"]
    assert push["reference"].startswith("registry.example.com/shop-prod/apps-demo:") and push["ecr"] is False
    assert len(statements(ran["api-execution-policy"])) == 1


def test_a_tool_for_development_is_nothing_on_aws() -> None:
    ran = put(DevTool("mail", image="a:1", port=80))
    assert ran.below("mail") == [] and ran.value["mail"]["endpoints"] == {}
