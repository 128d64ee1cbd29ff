"""EC2 capacity: what hosts and the tasks on them are made of."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

from strata import FileVolume, Gateway, Monitoring, Mount, Postgres, Prometheus, Redis, Scale, Service, Task
from tests.ran import Ran
from tests.targets.aws.stage import BRIDGE, EC2, PASSWORD, arn, container, containers, inputs, put, statements


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
    main = container(ran)
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
    ran = put(
        Service("api", image="a:1"), aws={**EC2, "hosts": {"type": "t3.medium"}},
        services={"api": {"capacity": "fargate"}},
    )  # fmt: skip
    assert not [one.name for one in ran.made if one.name.startswith("fleet")]
    assert ran["cluster-capacity"]["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]


def test_a_container_of_ours_sets_aside_what_its_description_says() -> None:
    watching = Prometheus(memory="1GB", memory_reserved="300MB", cpus=1, cpus_reserved=0.5)
    ran = put(Service("api", image="a:1"), monitoring=Monitoring(prometheus=watching, grafana=None), aws=EC2)
    (found,) = containers(ran["prometheus-task"]).values()
    assert (found["cpu"], found["memoryReservation"], found["memory"]) == (512, 300, 1024)


def test_hosts_without_a_way_out_have_the_endpoints_of_their_agent() -> None:
    ran = put(Service("api", image="a:1"), aws={**EC2, "nat": "none", "endpoints": True})
    found = {made["serviceName"].rpartition("eu-central-1.")[2] for made in ran.of("VpcEndpoint")}
    assert {"ecs", "ecs-agent", "ecs-telemetry"} <= found


def shared(**options: Any) -> Ran:
    """A system on one host: two services on one port, a database outside, and a cache beside them."""
    db = Postgres("db", password=PASSWORD, extensions=["pg_trgm"])
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
    web = container(ran, "web")
    assert web["portMappings"] == [{"containerPort": 8000, "hostPort": 20000, "protocol": "tcp"}]
    assert web["extraHosts"] == [{"hostname": "api.shop-prod.internal", "ipAddress": "172.17.0.1"}]
    api = container(ran)
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


def entered() -> Ran:
    """A system on one host whose gateway is a container on it."""
    web = Service("web", image="a:1", port=80)
    return put(web, Gateway(routes={"/": web}, variant="container"), aws={**BRIDGE, "nat": "none"})


def test_a_host_that_is_entered_may_take_the_address_that_is_kept() -> None:
    which = arn("ec2", "elastic-ip/fleet-address-id")
    assert statements(entered()["fleet-role-policy"])[3:] == [
        {"Effect": "Allow", "Action": ["ec2:AssociateAddress"], "Resource": [which]},
        {
            "Effect": "Allow", "Action": ["ec2:AssociateAddress"],
            "Resource": [arn("ec2", "instance/*"), arn("ec2", "network-interface/*")],
            "Condition": {"StringEquals": {"aws:ResourceTag/strata:stack": "shop/prod"}},
        },
    ]  # fmt: skip
    assert len(statements(shared()["fleet-role-policy"])) == 3, "no other host may"


TOOLS = {
    "dnf": 'ln -s "$TOOLS/later" "$TOOLS/aws"',
    "later": 'if [ -e "$TOOLS/refused" ]; then exit 0; fi; touch "$TOOLS/refused"; exit 1',
    "curl": 'case "$*" in *api/token*) [ -e "$TOOLS/up" ] && echo a-token || { touch "$TOOLS/up"; exit 7; } ;;'
    ' *"a-token"*instance-id*) echo i-123 ;; *) exit 22 ;; esac',
    "sleep": ":",
}
"""What an instance has or gets: AWS's command line once it is installed, and metadata and AWS from the second try."""


def test_a_host_tries_until_it_has_the_address(tmp_path: Path) -> None:
    """The script as bash runs it, with the ends of the machine in its place."""
    lines = base64.b64decode(entered()["fleet-template"]["userData"]).decode()
    assert lines.startswith("#!/bin/bash\ncat >> /etc/ecs/ecs.config <<END\nECS_CLUSTER=shop-prod\n")
    for name, does in TOOLS.items():
        path = tmp_path / name
        path.write_text(f'#!/bin/bash\necho "${{0##*/}} $*" >> "$TOOLS/asked"\n{does}\n')
        path.chmod(0o755)
    for name in ("cat", "touch", "ln"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    script = lines.replace("/etc/ecs/ecs.config", str(tmp_path / "ecs.config"))
    environment = {"PATH": str(tmp_path), "TOOLS": str(tmp_path)}
    done = subprocess.run(
        ["/bin/bash", "-c", script], env=environment, check=False, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    asked = (tmp_path / "asked").read_text().splitlines()
    took = (
        "aws ec2 associate-address --region eu-central-1 --allocation-id fleet-address-id --instance-id i-123 "
        "--allow-reassociation"
    )
    assert [line for line in asked if line.startswith(("aws", "dnf", "sleep"))] == [
        "dnf -q -y install awscli-2", "sleep 5", took, "sleep 5", took,
    ]  # fmt: skip
    assert "ECS_AWSVPC_BLOCK_IMDS=true" in (tmp_path / "ecs.config").read_text()
