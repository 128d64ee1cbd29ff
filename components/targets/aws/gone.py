"""What a state holds and AWS has no more, or has and cannot run: somebody removed or stopped it past Pulumi."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.core.operations import Impossible, Resources
from components.targets.aws.api import api, refusals

Where = dict[str, Any]
DATABASE = "aws:rds/instance:Instance"
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
GOING = (
    "AWS is deleting it, and an update would still take it for there; wait some minutes until it is gone, then run the "
    "update again, which makes it anew"
)
UNWELL: Mapping[str, str] = {"stopped": STOPPED, "failed": FAILED, "restore-error": FAILED}
"""What to do about a database in a state that no update mends ("Viewing DB instance status" in RDS's User Guide). The
others come and go by themselves, or an update mends them: more storage, other parameters."""
LEAVING = frozenset({"deleting", "DELETION_IN_PROGRESS"})


@dataclass(frozen=True)
class Seen:
    """What AWS says of something: its state, in the service's own word, and the name that its commands take."""

    state: str = ""
    id: str = ""


def _listed(service: str, call: str, key: str, arn: str, state: str, id: str) -> Callable[..., Iterator[Any]]:
    def found(where: Where, _: Resources) -> Iterator[tuple[str, Seen]]:
        for page in api(service, where).get_paginator(call).paginate():
            yield from ((str(one[arn]), Seen(str(one[state]), str(one[id]))) for one in page[key])

    return found


def _buckets(where: Where, held: Resources) -> Iterator[tuple[str, Seen]]:
    there = {str(one["Name"]) for one in api("s3", where).list_buckets()["Buckets"]}
    yield from ((_arn(one), Seen()) for one in held if str(one["outputs"].get("bucket")) in there)


def _services(where: Where, held: Resources) -> Iterator[tuple[str, Seen]]:
    """Ten at a time, as AWS answers them; without its cluster none is there."""
    client, clusters = api("ecs", where), defaultdict[str, list[str]](list)
    for one in held:
        clusters[str(one["outputs"].get("cluster"))].append(_arn(one))
    for cluster, services in clusters.items():
        for start in range(0, len(services), 10):
            chosen = services[start : start + 10]
            try:
                found = client.describe_services(cluster=cluster, services=chosen)["services"]
            except client.exceptions.ClusterNotFoundException:
                break
            yield from ((str(one["serviceArn"]), Seen()) for one in found if one["status"] != "INACTIVE")


THERE: Mapping[str, Callable[[Where, Resources], Iterator[tuple[str, Seen]]]] = {
    DATABASE: _listed(
        "rds", "describe_db_instances", "DBInstances", "DBInstanceArn", "DBInstanceStatus", "DBInstanceIdentifier"
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": _listed(
        "elasticache", "describe_replication_groups", "ReplicationGroups", "ARN", "Status", "ReplicationGroupId"
    ),
    "aws:mq/broker:Broker": _listed("mq", "list_brokers", "BrokerSummaries", "BrokerArn", "BrokerState", "BrokerId"),
    "aws:efs/fileSystem:FileSystem": _listed(
        "efs", "describe_file_systems", "FileSystems", "FileSystemArn", "LifeCycleState", "FileSystemId"
    ),
    "aws:s3/bucket:Bucket": _buckets,
    "aws:ecs/service:Service": _services,
}
"""A type that runs or holds data to those that are there, by ARN. The rest is seldom removed by hand, and a refresh
finds it once one of these is missing."""


def gone(where: Where, resources: Resources) -> list[str]:
    """The names, in Pulumi, of what the state holds and AWS does not; what AWS does not answer for counts as there.

    Raises Impossible for what is there and no update brings back, with the command that does.
    """
    missing = list[str]()
    for type, held in _held(resources).items():
        try:
            there = dict(THERE[type](where, held))
        except refusals():
            continue  # The update says of it what there is to say.
        for one in held:
            name, seen = str(one["urn"]).rpartition("::")[2], there.get(_arn(one))
            if seen is None:
                missing.append(name)
            elif todo := _todo(type, seen.state):
                told = todo.format(id=seen.id, region=where["region"])
                raise Impossible(f"{name} ({seen.id}): its status is {seen.state!r}, not 'available'; {told}")
    return sorted(missing)


def _todo(type: str, state: str) -> str | None:
    """What a person has to do about something in this state; None where an update does."""
    if state in LEAVING:
        return GOING
    return UNWELL.get(state) if type == DATABASE else None


def _held(resources: Resources) -> Mapping[str, list[Mapping[str, Any]]]:
    """By type what AWS is asked for; what waits for its deletion is not missed."""
    found = defaultdict[str, list[Mapping[str, Any]]](list)
    for one in resources:
        if one["type"] in THERE and not one.get("delete") and one.get("outputs") and _arn(one):
            found[str(one["type"])].append(one)
    return found


def _arn(resource: Mapping[str, Any]) -> str:
    """The ARN that a state has of a resource: of an ECS service it is the id."""
    return str(resource["outputs"].get("arn") or resource.get("id") or "")
