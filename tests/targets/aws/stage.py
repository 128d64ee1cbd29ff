"""Putting descriptions on the AWS target, without an account: a provider that makes up what AWS would answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi

from components.core.naming import Names
from components.core.resolve import resolve
from components.core.settings import StackSettings, parse_settings
from components.model.described import Described
from components.targets.aws import iam
from components.targets.aws.checks import ROOT
from components.targets.aws.target import AwsTarget
from components.tiers.system import SystemStack
from strata import Secret, System
from tests.problems import lines
from tests.programs import run
from tests.ran import Made, Ran
from tests.targets.docker.stage import system_of

REGION, ACCOUNT = "eu-central-1", "123456789012"
ZONES = ["eu-central-1c", "eu-central-1a", "eu-central-1b"]
ADDRESS = "192.0.2.7"
"""Of a container that has one on the internet."""
DYNAMIC = "pulumi-python:dynamic:Resource"

FUNCTIONS: Mapping[str, Mapping[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
    "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": ZONES},
    "aws:route53/getZone:getZone": {"zoneId": "Z1"},
}


def arn(service: str, resource: str) -> str:
    """An ARN of the account that tests run in."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


KEY = arn("kms", "key/key")
"""The stack's key."""
ISOLATED = ["vpc-isolated-0-id", "vpc-isolated-1-id"]
"""The subnets of the data, in two zones."""
EC2: Mapping[str, Any] = {"capacity": "ec2"}
BRIDGE: Mapping[str, Any] = {"capacity": "ec2", "hosts": {"network": "bridge"}}
PASSWORD = Secret("pw", default="hunter22-hunter22!")
TOKEN = Secret("token", default="a-token")


def _certificate(name: str) -> Mapping[str, Any]:
    proof = {"resourceRecordName": "_a.shop.example.com", "resourceRecordType": "CNAME", "resourceRecordValue": "_b"}
    return {"arn": arn("acm", f"certificate/{name}"), "domainValidationOptions": [proof]}


def _broker(name: str) -> Mapping[str, Any]:
    endpoints = [f"amqps://{name}.mq.{REGION}.on.aws:5671"]
    return {"arn": arn("mq", f"broker:{name}"), "instances": [{"endpoints": endpoints, "consoleUrl": "https://mq"}]}


def _database(name: str) -> Mapping[str, Any]:
    host = f"{name}.abc.{REGION}.rds.amazonaws.com"
    return {
        "arn": arn("rds", f"db:{name}"), "address": host, "endpoint": f"{host}:5432", "resourceId": f"db-{name}",
        "identifier": f"{name}-identifier", "port": 5432,
    }  # fmt: skip


def _balancer(name: str) -> Mapping[str, Any]:
    return {
        "arn": arn("elasticloadbalancing", f"loadbalancer/app/{name}/1"), "arnSuffix": f"app/{name}/1",
        "dnsName": f"{name}.{REGION}.elb.amazonaws.com", "zoneId": "ZELB", "name": name,
    }  # fmt: skip


COMPUTED: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "aws:acm/certificate:Certificate": _certificate,
    "aws:ec2/eip:Eip": lambda name: {"publicIp": "192.0.2.1", "allocationId": f"{name}-id"},
    "aws:ecr/repository:Repository": lambda name: {
        "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}", "arn": arn("ecr", f"repository/{name}")
    },
    "aws:ec2/launchTemplate:LaunchTemplate": lambda name: {
        "arn": arn("ec2", f"launch-template/{name}"), "latestVersion": 3
    },
    "aws:ecs/taskDefinition:TaskDefinition": lambda name: {"arn": arn("ecs", f"task-definition/{name}:1")},
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda name: {
        "arn": arn("elasticache", f"replicationgroup:{name}"),
        "primaryEndpointAddress": f"master.{name}.cache.amazonaws.com",
        "readerEndpointAddress": f"replica.{name}.cache.amazonaws.com",
        "memberClusters": [f"{name}-001"],
    },
    "aws:kms/key:Key": lambda name: {"arn": arn("kms", f"key/{name}"), "keyId": f"{name}-id"},
    "aws:lb/loadBalancer:LoadBalancer": _balancer,
    "aws:lb/targetGroup:TargetGroup": lambda name: {
        "arn": arn("elasticloadbalancing", f"targetgroup/{name}/1"), "arnSuffix": f"targetgroup/{name}/1", "name": name
    },
    "aws:mq/broker:Broker": _broker,
    "aws:rds/instance:Instance": _database,
    "aws:route53/record:Record": lambda name: {"fqdn": f"{name}.example.com"},
    "aws:sqs/queue:Queue": lambda name: {
        "arn": arn("sqs", name), "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    },
    "aws:secretsmanager/secretVersion:SecretVersion": lambda name: {"versionId": f"{name}-v1"},
    "aws:s3/bucket:Bucket": lambda name: {"arn": f"arn:aws:s3:::{name}", "bucket": f"{name}-1"},
}  # fmt: skip
"""What a provider makes up, by the resource's type; every other one gets an ARN, and the name where it has no own."""
UNNAMED = (
    "aws:elasticache/parameterGroup:ParameterGroup", "aws:elasticache/subnetGroup:SubnetGroup",
    "aws:iam/role:Role", "aws:rds/parameterGroup:ParameterGroup", "aws:rds/subnetGroup:SubnetGroup",
    "aws:secretsmanager/secret:Secret",
)  # fmt: skip
"""Types whose names the provider makes up."""


class Answers(dict[str, Callable[[str], Mapping[str, Any]]]):
    """COMPUTED, and for every other type of AWS's what all have."""

    def __contains__(self, key: object) -> bool:
        return key == DYNAMIC or str(key).startswith("aws:")

    def __missing__(self, kind: str) -> Callable[[str], Mapping[str, Any]]:
        if kind == DYNAMIC:
            return lambda name: {"address": ADDRESS} if name.endswith("-address") else {}
        service, what = kind.split(":")[1].partition("/")[0], kind.rpartition(":")[2]
        named = kind in UNNAMED
        return lambda name: {"arn": arn(service, f"{what}/{name}"), **({"name": f"{name}-name"} if named else {})}


def settings_of(aws: Mapping[str, Any] | None = None, *, names: Names | None = None, **settings: Any) -> StackSettings:
    """A stack's settings on AWS; `aws` are those of `strata:aws` beside the region, `names` of project and stack."""
    given = {"system": "none", "target": "aws", "aws": {"region": REGION, **(aws or {})}, **settings}
    return parse_settings(given, names)


def deploy(
    system: System,
    *,
    project: str = "shop",
    stack: str = "prod",
    aws: Mapping[str, Any] | None = None,
    root: Path = ROOT,
    preview: bool = False,
    kept: Mapping[str, Mapping[str, Any]] | None = None,
    **settings: Any,
) -> Ran:
    """Everything that a system becomes; `settings` are the stack's. Its `value` maps names to what was bound."""
    chosen = settings_of(aws, **settings)
    resolved = resolve(system, chosen)

    def program() -> Any:
        target = AwsTarget.create(resolved, chosen)
        target.root = root
        bound = SystemStack(resolved, target).bound
        return pulumi.Output.all(**{
            name: {"facts": dict(one.facts), "endpoints": dict(one.endpoints)} for name, one in bound.items()
        })  # fmt: skip

    return run(
        program, project=project, stack=stack, preview=preview, kept=kept, computed=Answers(COMPUTED),
        functions=FUNCTIONS,
    )  # fmt: skip


def put(*services: Described, **options: Any) -> Ran:
    """Everything that a system of these services becomes."""
    network, monitoring = options.pop("network", None), options.pop("monitoring", None)
    return deploy(system_of(*services, network=network, monitoring=monitoring), **options)


def problems_of(*services: Described, aws: Mapping[str, Any] | None = None, **settings: Any) -> list[str]:
    """What is wrong with a system of these services in a stack of these settings, each as its whole line."""
    return lines(lambda: resolve(system_of(*services), settings_of(aws, **settings)))


def containers(task: Made) -> dict[str, dict[str, Any]]:
    """The containers of a task definition by their names."""
    return {one["name"]: one for one in json.loads(task["containerDefinitions"])}


def container(ran: Ran, name: str = "api") -> dict[str, Any]:
    """A workload's own container."""
    return containers(ran[f"{name}-task"])[name]


def environment(container: Mapping[str, Any]) -> dict[str, str]:
    """A container's plain environment."""
    return {one["name"]: one["value"] for one in container.get("environment") or []}


def secrets(container: Mapping[str, Any]) -> dict[str, str]:
    """A container's secret environment: key to where ECS reads it."""
    return {one["name"]: one["valueFrom"] for one in container.get("secrets") or []}


def statements(made: Made, key: str = "policy") -> list[dict[str, Any]]:
    """The statements of a policy document."""
    document = json.loads(made[key])
    assert document["Version"] == "2012-10-17"
    return document["Statement"]


def too_wide(statement: Mapping[str, Any]) -> Iterator[str]:
    """What a statement of an identity policy allows with a `*` that AWS does not force."""
    if statement["Effect"] != "Allow":
        return
    if "NotAction" in statement or "NotResource" in statement:
        yield "all but a few"
    actions = as_list(statement["Action"])
    for action in actions:
        if "*" in action and action not in iam.WILDCARDS:
            yield f"action {action}"
    if "*" in as_list(statement["Resource"]):
        for action in actions:
            if action not in iam.WILDCARDS:
                yield f"{action} on *"


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def aws_resources(ran: Ran) -> Iterator[Made]:
    """What the AWS provider makes."""
    return (one for one in ran.made if one.type.startswith("aws:"))


def inputs(made: Made) -> dict[str, Any]:
    """A resource's inputs but its tags, which are the same for all of a service."""
    return {key: value for key, value in made.inputs.value.items() if key not in ("tags", "tagsAll", "region")}


def below(ran: Ran, name: str) -> dict[str, str]:
    """What a service is made of: names without its own, and types without their modules."""
    return {one.name.removeprefix(f"{name}-"): one.type.rpartition(":")[2] for one in ran.below(name)}
