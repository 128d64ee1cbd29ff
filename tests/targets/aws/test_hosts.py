"""EC2 capacity: which hosts a system gets, and what they and the tasks on them are made of."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.core.resolve import resolve
from components.model.described import Described
from components.targets.aws import hosts
from components.targets.aws.hosts import Reserved
from components.targets.aws.settings import Chosen
from strata import (
    Build,
    FileVolume,
    Gateway,
    Monitoring,
    Mount,
    Postgres,
    Prometheus,
    RabbitMQ,
    Redis,
    Scale,
    Secret,
    Service,
    Task,
)
from tests.problems import lines
from tests.ran import Ran
from tests.targets.aws.stage import arn, containers, inputs, put, settings_of, statements
from tests.targets.docker.stage import system_of

EC2: dict[str, Any] = {"capacity": "ec2"}
BRIDGE: dict[str, Any] = {"capacity": "ec2", "hosts": {"network": "bridge"}}
tasks = st.lists(
    st.builds(Reserved, st.just("t"), st.integers(0, 1024), st.integers(6, 3000), st.integers(0, 4)), min_size=1,
    max_size=12,
)  # fmt: skip
kinds = st.sampled_from(hosts.TYPES)
networks: Any = st.sampled_from(["awsvpc", "bridge"])


@given(kinds, tasks, networks, st.booleans())
def test_hosts_hold_what_runs_and_one_more(kind: hosts.Type, found: list[Reserved], network: Any, trunk: bool) -> None:
    count = hosts.needed(kind, found, network, trunk)
    largest = max(one.memory for one in found)
    if count is None:
        assert largest > hosts.usable(kind) or max(one.cpu for one in found) > kind.cpus * 1024
        return
    wanted = sum(one.memory * one.count for one in found)
    number = sum(one.count for one in found)
    assert count * hosts.usable(kind) >= wanted
    assert count * kind.tasks(network, trunk) >= number
    if network == "awsvpc":
        assert count * hosts.usable(kind) >= wanted + largest and count * kind.tasks(network, trunk) >= number + 1


@given(kinds, tasks)
def test_one_address_holds_at_least_as_much_as_many(kind: hosts.Type, found: list[Reserved]) -> None:
    many, one = (hosts.needed(kind, found, network, False) for network in ("awsvpc", "bridge"))
    assert (many is None) or (one is not None and one <= many)


@given(tasks, st.sampled_from(["arm64", "x86_64"]))
def test_the_choice_is_legal_and_no_other_is_cheaper(found: list[Reserved], architecture: str) -> None:
    chosen = Chosen.of(settings_of({**EC2, "architecture": architecture, "hosts": {"max": 20}}))
    best = hosts.choose(found, chosen)
    count = hosts.needed(best, found, "awsvpc", False)
    assert best.architecture == architecture and count is not None and count <= 20
    for other in hosts.TYPES:
        needed = hosts.needed(other, found, "awsvpc", False)
        if other.architecture == architecture and needed is not None and needed <= 20:
            assert best.price * max(1, count) <= other.price * max(1, needed) + 1e-9


# From AWS's tables of interfaces and of trunking, written down apart from the planner's own.
@pytest.mark.parametrize(
    ("name", "own", "trunked"),
    [
        ("t4g.micro", 1, 1), ("t4g.small", 2, 2), ("t4g.large", 2, 2), ("t4g.xlarge", 3, 3), ("m7g.medium", 1, 4),
        ("m7g.large", 2, 9), ("m7g.xlarge", 3, 18), ("m7g.4xlarge", 7, 54), ("t3.medium", 2, 2), ("m7i.large", 2, 9),
    ],
)  # fmt: skip
def test_tasks_by_interfaces(name: str, own: int, trunked: int) -> None:
    kind = next(one for one in hosts.TYPES if one.name == name)
    assert (kind.tasks("awsvpc", False), kind.tasks("awsvpc", True)) == (own, trunked)


def test_interfaces_decide_where_memory_would_not() -> None:
    """Four tasks and room for one: three hosts of two each, though the memory of one would do."""
    small = [Reserved(name, 128, 128, 1) for name in "abcd"]
    kind = next(one for one in hosts.TYPES if one.name == "t4g.small")
    assert hosts.needed(kind, small, "awsvpc", False) == 3 and hosts.needed(kind, small, "bridge", False) == 1
    chosen = Chosen.of(settings_of({**EC2, "architecture": "arm64"}))
    assert hosts.choose(small, chosen).name == "t4g.small"
    trunked = Chosen.of(settings_of({**EC2, "architecture": "arm64", "hosts": {"trunking": True, "max": 1}}))
    assert hosts.choose(small, trunked).name == "m7g.large"


def test_what_a_task_sets_aside() -> None:
    assert hosts.reserve(Service("a", image="a:1")) == (128, 256)
    assert hosts.reserve(Service("a", image="a:1", cpus=0.5, memory="1GB", memory_reserved="300MB")) == (512, 300)
    assert hosts.reserve(Redis("a", maxmemory="512MB")) == (128, 640)
    assert hosts.reserve(Redis("a", maxmemory="512MB", memory="600MB", cpus_reserved=0.25)) == (256, 600)
    assert hosts.reserve(RabbitMQ("a")) == (128, 1024)


def test_ports_of_a_shared_host() -> None:
    services = [
        Service("web", image="a:1", port=3000), Service("other", image="a:1", port=3000), Redis("cache"),
        Service("page", image="a:1", port=80), Service("worker", image="a:1"),
    ]  # fmt: skip
    assert hosts.ports_of(services) == {"web": 3000, "other": 20000, "cache": 6379, "page": 20001}


def test_the_hosts() -> None:
    api = Service("api", image="a:1", port=80, cpus=0.5, memory="512MB", memory_reserved="300MB")
    ran = put(api, aws={**EC2, "architecture": "arm64", "hosts": {"spot": True}})
    template = inputs(ran["fleet-template"])
    lines = base64.b64decode(template.pop("userData")).decode().splitlines()
    assert lines == [
        "#!/bin/bash", "cat >> /etc/ecs/ecs.config <<END", "ECS_CLUSTER=shop-prod", "ECS_AWSVPC_BLOCK_IMDS=true",
        "ECS_ENABLE_SPOT_INSTANCE_DRAINING=true", "ECS_RESERVED_MEMORY=128", "ECS_ENABLE_TASK_IAM_ROLE=true", "END",
    ]  # fmt: skip
    tags = {
        "system": "shop", "stage": "prod", "strata:stack": "shop/prod", "owner": "unowned", "cost-centre": "none",
    }  # fmt: skip
    own = {**tags, "service": "foundation", "tier": "foundation"}
    assert template == {
        "namePrefix": "shop-prod-hosts-", "instanceType": "t4g.small", "updateDefaultVersion": True,
        "imageId": "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id",
        "instanceMarketOptions": {"marketType": "spot"},
        "iamInstanceProfile": {"arn": arn("iam", "InstanceProfile/fleet-profile")},
        "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "ebs": {"volumeType": "gp3", "volumeSize": 30, "encrypted": "true", "deleteOnTermination": "true"},
            }
        ],
        "networkInterfaces": [
            {"associatePublicIpAddress": "false", "securityGroups": ["fleet-group-id"], "deleteOnTermination": "true"}
        ],
        "tagSpecifications": [
            {"resourceType": kind, "tags": own} for kind in ("instance", "volume", "network-interface")
        ],
    }  # fmt: skip
    group = inputs(ran["fleet-hosts"])
    assert {one["key"]: one["value"] for one in ran["fleet-hosts"]["tags"]} == {
        **own, "AmazonECSManaged": "true", "Name": "shop-prod-host",
    }  # fmt: skip
    assert group == {
        "namePrefix": "shop-prod-hosts-", "minSize": 1, "maxSize": 4, "protectFromScaleIn": True,
        "healthCheckType": "EC2",
        "vpcZoneIdentifiers": ["vpc-private-0-id", "vpc-private-1-id"], "waitForCapacityTimeout": "0",
        "launchTemplate": {"id": "fleet-template-id", "version": "3"},
        "instanceRefresh": {
            "strategy": "Rolling", "preferences": {"minHealthyPercentage": 50, "scaleInProtectedInstances": "Refresh"},
        },
    }  # fmt: skip
    assert inputs(ran["fleet-provider"]) == {
        "name": "on-shop-prod",
        "autoScalingGroupProvider": {
            "autoScalingGroupArn": arn("autoscaling", "Group/fleet-hosts"), "managedDraining": "ENABLED",
            "managedTerminationProtection": "ENABLED",
            "managedScaling": {
                "status": "ENABLED", "targetCapacity": 100, "minimumScalingStepSize": 1, "maximumScalingStepSize": 4,
            },
        },
    }  # fmt: skip
    assert ran["cluster-capacity"]["capacityProviders"] == ["FARGATE", "FARGATE_SPOT", "on-shop-prod"]


def test_a_host_may_do_what_its_agent_does_in_its_cluster() -> None:
    ran = put(Service("api", image="a:1"), aws=EC2)
    cluster = arn("ecs", "Cluster/cluster")
    assert statements(ran["fleet-role-policy"]) == [
        {
            "Effect": "Allow", "Resource": [cluster],
            "Action": [
                "ecs:RegisterContainerInstance", "ecs:DeregisterContainerInstance", "ecs:SubmitAttachmentStateChanges",
                "ecs:SubmitContainerStateChange", "ecs:SubmitTaskStateChange",
            ],
        },
        {
            "Effect": "Allow", "Resource": [arn("ecs", "container-instance/shop-prod/*")],
            "Action": ["ecs:Poll", "ecs:StartTelemetrySession", "ecs:UpdateContainerInstancesState"],
            "Condition": {"ArnEquals": {"ecs:cluster": cluster}},
        },
        {"Effect": "Allow", "Action": ["ecs:DiscoverPollEndpoint"], "Resource": ["*"]},
    ]  # fmt: skip


def test_a_service_on_hosts_keeps_its_own_group_and_address() -> None:
    cache = Redis("cache", variant="container")
    api = Service("api", image="a:1", port=80, needs=[cache], cpus=0.5, memory="512MB", memory_reserved="300MB")
    ran = put(cache, api, aws=EC2)
    task = inputs(ran["api-task"])
    task.pop("containerDefinitions")
    assert (task["networkMode"], task["requiresCompatibilities"]) == ("awsvpc", ["EC2"])
    assert "cpu" not in task and "memory" not in task
    main = containers(ran["api-task"])["api"]
    assert {key: main[key] for key in ("cpu", "memory", "memoryReservation")} == {
        "cpu": 512, "memory": 512, "memoryReservation": 300,
    }  # fmt: skip
    assert main["portMappings"] == [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]
    service = ran["api-service"]
    assert service["capacityProviderStrategies"] == [{"capacityProvider": "on-shop-prod", "weight": 1}]
    assert service["networkConfiguration"] == {
        "subnets": ["vpc-private-0-id", "vpc-private-1-id"], "securityGroups": ["api-group-id"],
        "assignPublicIp": False,
    }  # fmt: skip
    assert service["orderedPlacementStrategies"] == [
        {"type": "spread", "field": "attribute:ecs.availability-zone"}, {"type": "binpack", "field": "memory"},
    ]  # fmt: skip
    assert {"api-to-cache", "cluster-capacity", "fleet-provider"} <= ran.awaited("api-service") | ran.awaited(
        "cluster-capacity"
    )
    assert ran.value["api"]["facts"]["host"] == "api.shop-prod.internal"


def test_one_service_on_hosts_beside_others_on_fargate_and_a_task() -> None:
    ran = put(
        Service("api", image="a:1", port=80), Service("web", image="a:1", port=80), Task("job", image="a:1"),
        services={"api": {"capacity": "ec2"}, "job": {"capacity": "ec2"}},
    )  # fmt: skip
    assert ran["api-service"]["capacityProviderStrategies"][0]["capacityProvider"] == "on-shop-prod"
    assert ran["web-service"]["capacityProviderStrategies"][0]["capacityProvider"] == "FARGATE"
    assert ran["web-service"].get("orderedPlacementStrategies") is None
    run = ran["job-run"]
    assert (run["provider"], run["public"], run["groups"]) == ("on-shop-prod", False, ["job-group-id"])


def test_a_type_that_the_settings_name_is_no_host_where_nothing_runs_on_one() -> None:
    ran = put(Service("api", image="a:1"), aws={"hosts": {"type": "t3.medium"}})
    assert not [one.name for one in ran.made if one.name.startswith("fleet")]
    assert ran["cluster-capacity"]["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]


def test_hosts_without_a_way_out_have_the_endpoints_of_their_agent() -> None:
    ran = put(Service("api", image="a:1"), aws={**EC2, "nat": "none", "endpoints": True})
    found = {made["serviceName"].rpartition("eu-central-1.")[2] for made in ran.of("VpcEndpoint")}
    assert {"ecs", "ecs-agent", "ecs-telemetry"} <= found


def shared(**options: Any) -> Ran:
    """A system on one host: two services on one port, a database outside, and a cache beside them."""
    db = Postgres("db", password=Secret("pw", default="hunter22-hunter22!"), extensions=["pg_trgm"])
    cache = Redis("cache", variant="container", maxmemory="64MB")
    api = Service("api", image="a:1", port=8000, needs=[db, cache], volumes=[Mount(FileVolume("kept"), "/kept")])
    web = Service("web", image="a:1", port=8000, needs=[api])
    worker = Service("worker", image="a:1", needs=[db, cache], scale=Scale(min=1, max=5, cpu=50))
    return put(
        db, cache, api, web, worker, Task("job", image="a:1", needs=[db]), Gateway(routes={"/": web}), aws=BRIDGE,
        **options,
    )  # fmt: skip


def test_on_one_host_services_find_each_other_at_the_hosts_own_address() -> None:
    ran = shared()
    assert ran.value["web"]["facts"] == {"host": "web.shop-prod.internal", "port": "20000"}
    assert ran.value["cache"]["facts"]["port"] == "6379"
    web = containers(ran["web-task"])["web"]
    assert web["portMappings"] == [{"containerPort": 8000, "hostPort": 20000, "protocol": "tcp"}]
    assert web["extraHosts"] == [{"hostname": "api.shop-prod.internal", "ipAddress": "172.17.0.1"}]
    api = containers(ran["api-task"])["api"]
    assert api["extraHosts"] == [{"hostname": "cache.shop-prod.internal", "ipAddress": "172.17.0.1"}]
    assert ran["api-task"]["networkMode"] == "bridge"
    service = ran["api-service"]
    assert service.get("networkConfiguration") is None and service.get("serviceRegistries") is None
    assert (service["deploymentMinimumHealthyPercent"], service["deploymentMaximumPercent"]) == (0, 100)
    assert (ran["fleet-hosts"]["minSize"], ran["fleet-hosts"]["maxSize"]) == (1, 1)
    assert ran["job-run"]["subnets"] == [] and ran["job-run"]["groups"] == []
    assert ran["web-targets"]["targetType"] == "instance" and ran["web-targets"]["port"] == 20000
    assert ran["web-service"]["loadBalancers"][0]["containerPort"] == 8000
    assert ran["worker-service"].ignore_changes == () and "worker-scaling" not in ran
    assert not [one for one in ran.made if "servicediscovery" in one.type]


def test_on_one_host_there_is_one_group_and_each_way_once() -> None:
    ran = shared()
    assert {made.name for made in ran.of("ec2/securityGroup:SecurityGroup")} == {
        "db-group", "edge-group", "files-group", "fleet-group",
    }  # fmt: skip
    keys = ("securityGroupId", "referencedSecurityGroupId", "cidrIpv4", "fromPort")
    every = [made for made in ran.made if made.type.endswith("gressRule")]
    ways = [(made.type, *(made.get(key) for key in keys)) for made in every]
    assert len(ways) == len(set(ways))
    assert {made.name for made in every if made["securityGroupId"] == "fleet-group-id"} == {
        "fleet-out", "fleet-to-db", "hosts-to-files", "web-by-edge",
    }  # fmt: skip
    assert {"fleet-to-db", "fleet-into-db", "hosts-to-files"} <= ran.awaited("api-service")
    assert {"fleet-to-db", "fleet-into-db"} <= ran.awaited("job-run")


@pytest.mark.parametrize("aws", [EC2, BRIDGE], ids=["awsvpc", "bridge"])
def test_the_planner_counts_what_the_definitions_set_aside(aws: dict[str, Any]) -> None:
    token = Secret("token", default="a-token-of-some-length")
    described: list[Described] = [
        Redis("cache", variant="container", maxmemory="64MB"), RabbitMQ("jobs", variant="container"),
        Service("api", image="a:1", memory="400MB", secrets={"API_TOKEN": token}, secrets_as="files"),
        Service("web", image=Build("apps/web"), cpus=0.25, read_only=True, user="1000"), Task("job", image="a:1"),
        Postgres("db", password=Secret("pw", default="hunter22-hunter22!"), extensions=["pg_trgm"]),
    ]  # fmt: skip
    settings = settings_of(aws)
    reserved = hosts.reserved(resolve(system_of(*described), settings), settings)
    ran = put(*described, aws=aws)
    made = {
        task.name.removesuffix("-task"): (
            sum(one.get("cpu", 0) for one in containers(task).values()),
            sum(one["memoryReservation"] for one in containers(task).values()),
        )
        for task in ran.of("taskDefinition:TaskDefinition")
    }
    assert made == {one.name: (one.cpu, one.memory) for one in reserved}


def test_a_container_of_ours_sets_aside_what_its_description_says() -> None:
    watching = Prometheus(memory="1GB", memory_reserved="300MB", cpus=1, cpus_reserved=0.5)
    ran = put(Service("api", image="a:1"), monitoring=Monitoring(prometheus=watching, grafana=None), aws=EC2)
    (found,) = containers(ran["prometheus-task"]).values()
    assert (found["cpu"], found["memoryReservation"], found["memory"]) == (512, 300, 1024)


def found(*services: Described, aws: dict[str, Any], **settings: Any) -> list[str]:
    return lines(lambda: resolve(system_of(*services), settings_of(aws, **settings)))


api = Service("api", image="a:1", port=80)
ONE = "settings: strata:aws."


@pytest.mark.parametrize(
    ("aws", "settings", "problem"),
    [
        ({**EC2, "hosts": {"min": 5}}, {}, f"{ONE}hosts.max: given 4; allowed is at least min, 5"),
        ({"hosts": {"network": "bridge"}}, {}, f"{ONE}hosts.network: given 'bridge' with capacity 'fargate'; one host "
            "holds everything or nothing, set capacity to ec2"),
        ({**BRIDGE, "cidr": "172.17.0.0/16"}, {}, f"{ONE}cidr: given '172.17.0.0/16'; hosts.network 'bridge' wants one "
            "beside Docker's own, 172.17.0.0/16"),
        ({**EC2, "nat": "none"}, {}, f"{ONE}nat: api (Service) runs on EC2, where ECS gives tasks no public address, "
            "and there is no other way out; set nat to 'one' or endpoints to on, or hosts.network to 'bridge'"),
        (BRIDGE, {"services": {"api": {"capacity": "fargate"}}}, "settings: strata:services.api.capacity: given "
            "'fargate' with hosts.network 'bridge'; what runs on one host is reached from that host alone"),
        (EC2, {"services": {"api": {"spot": "on"}}}, "settings: strata:services.api.spot: given for a service on EC2; "
            "hosts.spot says it for all of its hosts"),
        (BRIDGE, {"services": {"api": {"replicas": 2}}}, "api (Service): replicas: given 2; on one shared host "
            "(hosts.network 'bridge') a port fits one, give 1"),
        ({**EC2, "hosts": {"type": "t9.nano"}}, {}, f"{ONE}hosts.type: given 't9.nano'; known are "
            + ", ".join(kind.name for kind in hosts.TYPES)),
        ({**EC2, "hosts": {"type": "t4g.small"}}, {}, f"{ONE}hosts.type: given 't4g.small', which is arm64; "
            "strata:aws.architecture is x86_64"),
        ({**EC2, "hosts": {"type": "t3.micro", "max": 1}}, {}, f"{ONE}hosts.type: given 't3.micro' (1 tasks and 793 "
            "MiB each); 256 MiB in 1 tasks and room for one more want 2 of them, allowed are 1; the smallest that does "
            "is t3.small"),
        (EC2, {"services": {"api": {"memory": "200GB"}}}, f"{ONE}hosts: 204800 MiB in 1 tasks and room for one "
            "more fit on no 4 hosts of x86_64"),
    ],
)  # fmt: skip
def test_what_hosts_cannot_do(aws: dict[str, Any], settings: dict[str, Any], problem: str) -> None:
    assert found(api, aws=aws, **settings) == [problem]


def test_frugal_keeps_declared_secrets_in_one_and_a_databases_own_apart() -> None:
    db = Postgres("db", password=Secret("pw", default="hunter22-hunter22!"))
    described = Service("api", image="a:1", needs=[db], secrets={"A": Secret("a"), "B": Secret("b")})
    values = {"a": "1", "b": "2", "c": "3"}
    ran = put(db, Redis("cache", password=Secret("c")), described, profile="frugal", secrets=values)
    kept = arn("secretsmanager", "Secret/declared-secret")
    assert {made.name for made in ran.of("secretsmanager/secret:Secret")} == {
        "declared-secret", "db-binding-secret", "cache-binding-secret",
    }  # fmt: skip
    value = ran["declared-secret-value"]
    assert value["secretString"] == '{"a": "1", "b": "2", "c": "3"}' and value.inputs.is_secret("secretString")
    found = {one["name"]: one["valueFrom"] for one in containers(ran["api-task"])["api"]["secrets"]}
    assert found["A"] == f"{kept}:a::declared-secret-value-v1" and found["B"] == f"{kept}:b::declared-secret-value-v1"
    reads = next(one for one in statements(ran["api-execution-policy"]) if "secretsmanager" in one["Action"][0])
    assert reads["Resource"] == [arn("secretsmanager", "Secret/db-binding-secret"), kept]


def test_frugal_has_one_key_for_data_and_backups() -> None:
    ran = put(Postgres("db"), profile="frugal")
    assert ran["backup-vault"]["kmsKeyArn"] == arn("kms", "key/key") and "backup-key" not in ran
