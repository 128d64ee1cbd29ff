"""What a stack's resources cost a month, by AWS's list prices. Pure: it counts what a program made.

The prices are AWS's public list prices of us-east-1, on demand, in USD, as known in the spring of 2025; other regions
cost more or less, eu-central-1 about a tenth to a fifth more. What depends on use is in USE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.targets.aws.fargate import CPU_PRICE, MEMORY_PRICE, UNITS
from components.targets.aws.hosts import TYPES

HOURS = 730
"""Hours of a month, as AWS's calculator has it."""
KNOWN = "spring of 2025"


@dataclass(frozen=True)
class Price:
    """Dollars for one; by the hour, or by the month. None where they are not known here."""

    text: str
    dollars: float | None
    hourly: bool = False

    @property
    def month(self) -> float:
        return (self.dollars or 0) * (HOURS if self.hourly else 1)


@dataclass(frozen=True)
class Item:
    """So many of something; `free` of them AWS never charges for. Where the price is not `known` it is in no sum."""

    price: Price
    count: float

    @property
    def free(self) -> float:
        return FREE.get(self.price, 0)

    @property
    def known(self) -> bool:
        return self.price.dollars is not None

    @property
    def month(self) -> float:
        return self.price.month * max(0, self.count - self.free)


ADDRESS = Price("public IPv4 address", 0.005, True)
KEY, SECRET = Price("KMS key", 1.0), Price("Secrets Manager secret", 0.40)
ALARM, COMPOSITE = Price("CloudWatch alarm, each metric in it", 0.10), Price("CloudWatch composite alarm", 0.50)
DASHBOARD, ZONE = Price("CloudWatch dashboard", 3.0), Price("Route 53 zone of the services' names", 0.50)
NAT, ENDPOINT = Price("NAT gateway", 0.045, True), Price("interface endpoint in a zone", 0.01, True)
BALANCER = Price("application load balancer", 0.0225, True)
ACL, RULE = Price("WAF web ACL", 5.0), Price("WAF rule or managed group", 1.0)
HOST_DISK, DATABASE_DISK = Price("GB of a host's disk (gp3)", 0.08), Price("GB of a database's disk (gp3)", 0.115)
CPU_ARM, MEMORY_ARM = 0.03238, 0.00356
DATABASES = {"db.t4g.micro": 0.016, "db.t4g.small": 0.032, "db.t4g.medium": 0.065, "db.m7g.large": 0.168}
CACHES = {"cache.t4g.micro": 0.016, "cache.t4g.small": 0.032, "cache.t4g.medium": 0.065, "cache.m7g.large": 0.158}
FREE = {ALARM: 10, DASHBOARD: 3}
"""What AWS gives every account for ever; an account's other stacks use it up too."""
USE: tuple[tuple[str, float, str], ...] = (
    ("GB of an image in ECR, a month", 0.10, ""),
    (
        "GB of a backup of RDS, S3 or EFS in AWS Backup, a month",
        0.095,
        "RDS's own, up to the disk's size, cost nothing",
    ),
    ("GB of logs written", 0.50, "5 GB a month free"),
    ("GB in S3, a month", 0.023, ""),
    ("GB in EFS, a month", 0.30, ""),
    ("GB sent to the internet", 0.09, "100 GB a month free"),
    ("GB through a NAT gateway", 0.045, ""),
    ("hour of a load balancer's capacity unit", 0.008, ""),
    ("million requests that WAF looks at", 0.60, ""),
    ("custom metric of Container Insights, a month", 0.30, "frugal has none"),
)
"""What use adds: not in the sums but for SMALL."""
SMALL: tuple[tuple[str, float, float], ...] = (("2 GB of images", 2, 0.10), ("3 GB of backups", 3, 0.095))
"""What the sums take for use: images and backups of a small system, its logs and traffic being within what is free."""
Resource = tuple[str, Mapping[str, Any]]


def _database(one: Mapping[str, Any]) -> Iterator[Item]:
    copies = 2 if one.get("multiAz") else 1
    kind = str(one["instanceClass"])
    yield Item(Price(f"RDS {kind}", DATABASES.get(kind), True), copies)
    if one.get("allocatedStorage"):
        yield Item(DATABASE_DISK, copies * one["allocatedStorage"])


def _cache(one: Mapping[str, Any]) -> Iterator[Item]:
    kind = str(one["nodeType"])
    yield Item(Price(f"ElastiCache {kind}", CACHES.get(kind), True), one["numCacheClusters"])


def _alarm(one: Mapping[str, Any]) -> Iterator[Item]:
    queries = one.get("metricQueries") or [{"metric": True}]
    yield Item(ALARM, sum(1 for query in queries if query.get("metric")))


def _balancer(one: Mapping[str, Any]) -> Iterator[Item]:
    yield Item(BALANCER, 1)
    yield Item(ADDRESS, len(one["subnets"]))


def _acl(one: Mapping[str, Any]) -> Iterator[Item]:
    yield Item(ACL, 1)
    yield Item(RULE, len(one["rules"]))


def _broker(one: Mapping[str, Any]) -> Iterator[Item]:
    brokers = 3 if one["deploymentMode"] == "CLUSTER_MULTI_AZ" else 1
    yield Item(Price(f"Amazon MQ {one['hostInstanceType']}", None, True), brokers)


def _endpoint(one: Mapping[str, Any]) -> Iterator[Item]:
    if one["vpcEndpointType"] == "Interface":
        yield Item(ENDPOINT, len(one["subnetIds"]))


def one_of(price: Price) -> Callable[[Mapping[str, Any]], Iterator[Item]]:
    """A resource that costs the same whatever it is."""
    return lambda _: iter([Item(price, 1)])


COUNTED: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Item]]] = {
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": one_of(COMPOSITE),
    "aws:cloudwatch/dashboard:Dashboard": one_of(DASHBOARD),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:ec2/eip:Eip": one_of(ADDRESS),
    "aws:ec2/natGateway:NatGateway": one_of(NAT),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:elasticache/replicationGroup:ReplicationGroup": _cache,
    "aws:kms/key:Key": one_of(KEY),
    "aws:lb/loadBalancer:LoadBalancer": _balancer,
    "aws:mq/broker:Broker": _broker,
    "aws:rds/instance:Instance": _database,
    "aws:secretsmanager/secret:Secret": one_of(SECRET),
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": one_of(ZONE),
    "aws:wafv2/webAcl:WebAcl": _acl,
}  # fmt: skip
"""Types that cost something by being there; services and hosts need more than one resource to tell."""


def items(resources: Iterable[Resource]) -> list[Item]:
    """What a stack's resources (type and inputs) cost, the same things together, the dearest first."""
    every = [*resources]
    found: list[Item] = [item for kind, one in every if kind in COUNTED for item in COUNTED[kind](one)]
    sums: dict[Price, float] = {}
    for item in (*found, *_hosts(every), *_tasks(every)):
        sums[item.price] = sums.get(item.price, 0) + item.count
    made = [Item(price, count) for price, count in sums.items() if count]
    return sorted(made, key=lambda one: (-one.month, one.price.text))


def _hosts(every: list[Resource]) -> Iterator[Item]:
    """A host with an address on the internet gives it back when it takes an Elastic IP, which is counted by itself."""
    groups = [one for kind, one in every if kind == "aws:autoscaling/group:Group"]
    taken = sum(1 for kind, _ in every if kind == "aws:ec2/eip:Eip")
    for kind, one in every:
        if kind != "aws:ec2/launchTemplate:LaunchTemplate":
            continue
        count = sum(group["minSize"] for group in groups)
        price = next((known.price for known in TYPES if known.name == one["instanceType"]), None)
        yield Item(Price(f"EC2 {one['instanceType']}", price, True), count)
        yield Item(HOST_DISK, count * sum(disk["ebs"]["volumeSize"] for disk in one["blockDeviceMappings"]))
        if any(card["associatePublicIpAddress"] == "true" for card in one["networkInterfaces"]):
            yield Item(ADDRESS, max(0, count - taken))


def _tasks(every: list[Resource]) -> Iterator[Item]:
    """Fargate's price by the task; Spot costs up to 70 % less, which changes daily and counts for nothing here."""
    sizes = {str(one["family"]): one for kind, one in every if kind == "aws:ecs/taskDefinition:TaskDefinition"}
    stack = next((one["name"] for kind, one in every if kind == "aws:ecs/cluster:Cluster"), "")
    for kind, one in every:
        if kind != "aws:ecs/service:Service":
            continue
        size = sizes[f"{stack}-{one['name']}"]
        if "cpu" not in size:
            continue
        arm = size["runtimePlatform"]["cpuArchitecture"] == "ARM64"
        cpu, memory = (CPU_ARM, MEMORY_ARM) if arm else (CPU_PRICE, MEMORY_PRICE)
        each = int(size["cpu"]) / UNITS * cpu + int(size["memory"]) / 1024 * memory
        text = f"Fargate task, {int(size['cpu']) / UNITS:g} cpus and {int(size['memory'])} MB"
        yield Item(Price(text, each, True), one["desiredCount"])
        network: dict[str, Any] = one.get("networkConfiguration") or {}
        if network.get("assignPublicIp"):
            yield Item(ADDRESS, one["desiredCount"])


def total(found: Iterable[Item]) -> float:
    """Dollars a month, small use included."""
    return sum(one.month for one in found) + sum(count * price for _, count, price in SMALL)


def page(stacks: Mapping[str, list[Item]]) -> str:
    """docs/costs.md."""
    lines = [
        "# What a stack costs", "",
        "Made by `pytest tests/targets/aws/test_costs.py --update-golden` from what the programs really make; a test",
        "compares them. Prices are AWS's public list prices of us-east-1, on demand, in USD, as known in the",
        f"{KNOWN}; a month has {HOURS} hours. They change: AWS's calculator knows today's. In no sum: taxes, a",
        "domain, what use adds beyond the last lines of each table, savings plans, and Spot's discount.", "",
        "## A month", "", "| stack | USD |", "|---|---:|",
        *(f"| {name} | {_sum(found)} |" for name, found in stacks.items()), "",
    ]  # fmt: skip
    for name, found in stacks.items():
        lines += [f"## {name}", "", "| what | number | free | each, an hour | each, a month | USD a month |"]
        lines += ["|---|---:|---:|---:|---:|---:|", *(_row(one) for one in found)]
        lines += [
            f"| use: {text} | {count:g} | | | {price:.3f} | {count * price:.2f} |" for text, count, price in SMALL
        ]
        lines += [f"| **sum** | | | | | **{_sum(found)}** |", ""]
    lines += ["## What use adds", "", "| what | USD | |", "|---|---:|---|"]
    lines += [f"| {text} | {price:g} | {note} |" for text, price, note in USE]
    return "\n".join([*lines, ""])


def _row(one: Item) -> str:
    free = f"{min(one.free, one.count):g}" if one.free else ""
    if not one.known:
        return f"| {one.price.text} | {one.count:g} | | not known here | | not in the sum |"
    hour = f"{one.price.dollars:.5g}" if one.price.hourly else ""
    return f"| {one.price.text} | {one.count:g} | {free} | {hour} | {one.price.month:.4g} | {one.month:.2f} |"


def _sum(found: list[Item]) -> str:
    unknown = [f"{one.count:g} x {one.price.text}" for one in found if not one.known]
    return " + ".join([f"{total(found):.2f}", *unknown])
