"""What a state holds and AWS has no more, or has and cannot run: somebody removed or stopped it past Pulumi."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from components.core.operations import Impossible, Resources
from components.targets.aws.api import api, refusals

Where = dict[str, Any]
DATABASE, SERVICE = "aws:rds/instance:Instance", "aws:ecs/service:Service"
STOPPED = (
    "it is stopped, and bills for its storage alone; start it, wait some minutes, then run the update again: "
    "aws rds start-db-instance --region {region} --db-instance-identifier {id}"
)
FAILED = (
    "RDS has given it up and cannot bring it back. What its automatic backups hold can be restored beside it "
    "(aws rds restore-db-instance-to-point-in-time); to have the next update make an empty one in its place: "
    "aws rds delete-db-instance --region {region} --db-instance-identifier {id} --skip-final-snapshot "
    "--no-delete-automated-backups"
)
UNWELL: Mapping[str, str] = {"stopped": STOPPED, "failed": FAILED, "restore-error": FAILED}
"""What to do about a database in a state that no update mends ("Viewing DB instance status" in RDS's User Guide). The
others come and go by themselves, or an update mends them: more storage, other parameters."""


def _listed(service: str, call: str, key: str, arn: str) -> Callable[[Where, Resources], Iterator[str]]:
    def found(where: Where, _: Resources) -> Iterator[str]:
        for page in api(service, where).get_paginator(call).paginate():
            yield from (str(one[arn]) for one in page[key])

    return found


def _buckets(where: Where, held: Resources) -> Iterator[str]:
    there = {str(one["Name"]) for one in api("s3", where).list_buckets()["Buckets"]}
    yield from (arn(one) for one in held if str(one["outputs"].get("bucket")) in there)


def _services(where: Where, held: Resources) -> Iterator[str]:
    """Ten at a time, as AWS answers them; without its cluster none is there."""
    client, clusters = api("ecs", where), defaultdict[str, list[str]](list)
    for one in held:
        clusters[str(one["outputs"].get("cluster"))].append(arn(one))
    for cluster, services in clusters.items():
        for start in range(0, len(services), 10):
            chosen = services[start : start + 10]
            try:
                found = client.describe_services(cluster=cluster, services=chosen)["services"]
            except client.exceptions.ClusterNotFoundException:
                break
            yield from (str(one["serviceArn"]) for one in found if one["status"] != "INACTIVE")


THERE: Mapping[str, Callable[[Where, Resources], Iterator[str]]] = {
    DATABASE: _listed("rds", "describe_db_instances", "DBInstances", "DBInstanceArn"),
    "aws:elasticache/replicationGroup:ReplicationGroup": _listed(
        "elasticache", "describe_replication_groups", "ReplicationGroups", "ARN"
    ),
    "aws:mq/broker:Broker": _listed("mq", "list_brokers", "BrokerSummaries", "BrokerArn"),
    "aws:efs/fileSystem:FileSystem": _listed("efs", "describe_file_systems", "FileSystems", "FileSystemArn"),
    "aws:s3/bucket:Bucket": _buckets,
    SERVICE: _services,
}
"""A type that runs or holds data to the ARNs of those that are there. The rest is seldom removed by hand, and a refresh
finds it once one of these is missing."""


def arn(resource: Mapping[str, Any]) -> str:
    """The ARN that a state has of a resource."""
    return str(resource["outputs"]["arn"])


def gone(where: Where, resources: Resources) -> list[str]:
    """The names, in Pulumi, of what the state holds and AWS does not; what AWS does not answer for counts as there."""
    return sorted(
        str(one["urn"]).rpartition("::")[2]
        for type, held in _held(resources).items()
        if (there := _there(where, type, held)) is not None
        for one in held
        if arn(one) not in there
    )


def _held(resources: Resources) -> Mapping[str, list[Mapping[str, Any]]]:
    """By type what AWS is asked for; what waits for its deletion is not missed."""
    found = defaultdict[str, list[Mapping[str, Any]]](list)
    for one in resources:
        outputs: Mapping[str, Any] = one.get("outputs") or {}
        if one["type"] in THERE and not one.get("delete") and outputs.get("arn"):
            found[str(one["type"])].append(one)
    return found


def _there(where: Where, type: str, held: Sequence[Mapping[str, Any]]) -> set[str] | None:
    """None when AWS refuses: the update says of it what there is to say."""
    try:
        return {*THERE[type](where, held)}
    except refusals():
        return None


def unwell(where: Where, resources: Resources) -> None:
    """Raise Impossible for a database that no update can bring back, with the command that does."""
    held = {arn(one): one for one in _held(resources).get(DATABASE, ())}
    if not held:
        return
    try:
        pages = api("rds", where).get_paginator("describe_db_instances").paginate()
        found = [one for page in pages for one in page["DBInstances"] if one["DBInstanceArn"] in held]
    except refusals():
        return
    for one in found:
        todo = UNWELL.get(str(one["DBInstanceStatus"]))
        if todo is not None:
            name = str(held[one["DBInstanceArn"]]["urn"]).rpartition("::")[2]
            id = str(one["DBInstanceIdentifier"])
            raise Impossible(
                f"{name} ({id}): its status is {one['DBInstanceStatus']!r}, not 'available'; "
                f"{todo.format(id=id, region=where['region'])}"
            )
