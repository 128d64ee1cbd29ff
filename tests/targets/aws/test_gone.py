"""What of a state is gone at AWS, or there and past an update's help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from components.core.operations import Impossible
from components.targets.aws import gone, operations
from tests.targets.aws.fakes import refusal

A = "eu-central-1:123456789012"
PROVIDER: dict[str, Any] = {
    "urn": "urn:pulumi:dev::shop::pulumi:providers:aws::aws", "type": "pulumi:providers:aws", "id": "p",
    "inputs": {"region": "eu-central-1"},
}  # fmt: skip
CLUSTER = f"arn:aws:ecs:{A}:cluster/shop-dev"
ARNS = {
    "aws:rds/instance:Instance": f"arn:aws:rds:{A}:db:shop-dev-db-1",
    "aws:elasticache/replicationGroup:ReplicationGroup": f"arn:aws:elasticache:{A}:replicationgroup:shop-dev-cache",
    "aws:mq/broker:Broker": f"arn:aws:mq:{A}:broker:shop-dev-jobs:b-1",
    "aws:efs/fileSystem:FileSystem": f"arn:aws:elasticfilesystem:{A}:file-system/fs-1",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::shop-dev-files-1",
    "aws:ecs/service:Service": f"arn:aws:ecs:{A}:service/shop-dev/api",
}


def resource(type: str, **more: Any) -> dict[str, Any]:
    name = type.rpartition(":")[2].lower()
    outputs = {"arn": ARNS[type], "bucket": "shop-dev-files-1", "cluster": CLUSTER}
    if name == "service":
        more = {"id": outputs.pop("arn"), **more}
    return {"urn": f"urn:pulumi:dev::shop::{type}::{name}", "type": type, "outputs": outputs, **more}


HELD = [PROVIDER, *map(resource, ARNS)]


class Aws:
    """AWS with one of each; `missing` are types that are gone, `refused` one that is not answered for."""

    class ClusterNotFoundException(Exception):
        pass

    exceptions = SimpleNamespace(ClusterNotFoundException=ClusterNotFoundException)

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.refused, self.status, self.cluster = "", "available", True

    def there(self, type: str) -> list[dict[str, Any]]:
        if type == self.refused:
            raise refusal("AccessDenied")
        if type in self.missing:
            return []
        said = dict.fromkeys(("DBInstanceStatus", "Status", "BrokerState", "LifeCycleState"), self.status)
        ids = dict.fromkeys(("DBInstanceIdentifier", "ReplicationGroupId", "BrokerId", "FileSystemId"), "id-1")
        return [{**said, **ids, **dict.fromkeys(("DBInstanceArn", "ARN", "BrokerArn", "FileSystemArn"), ARNS[type])}]

    def client(self, service: str, where: Mapping[str, Any]) -> Aws:
        assert where == {"region": "eu-central-1", "endpoint": ""}
        return self

    def get_paginator(self, call: str) -> Any:
        type, key = {
            "describe_db_instances": ("aws:rds/instance:Instance", "DBInstances"),
            "describe_replication_groups": (
                "aws:elasticache/replicationGroup:ReplicationGroup", "ReplicationGroups"),
            "list_brokers": ("aws:mq/broker:Broker", "BrokerSummaries"),
            "describe_file_systems": ("aws:efs/fileSystem:FileSystem", "FileSystems"),
        }[call]  # fmt: skip

        def paginate() -> Iterator[dict[str, Any]]:
            yield {key: []}
            yield {key: self.there(type)}

        return SimpleNamespace(paginate=paginate)

    def list_buckets(self) -> dict[str, Any]:
        return {"Buckets": [{"Name": "shop-dev-files-1"}] if self.there("aws:s3/bucket:Bucket") else []}

    def describe_services(self, cluster: str, services: list[str]) -> dict[str, Any]:
        if not self.cluster:
            raise self.ClusterNotFoundException
        there = self.there("aws:ecs/service:Service")
        return {"services": [{"serviceArn": one, "status": "ACTIVE" if there else "INACTIVE"} for one in services]}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    made = Aws()
    monkeypatch.setattr(gone, "api", made.client)
    return made


def test_nothing_is_gone_where_everything_is_there(aws: Aws) -> None:
    assert operations.revive("shop/dev", HELD) == []
    assert operations.revive("shop/dev", []) == []


@pytest.mark.parametrize("type", ARNS)
def test_what_runs_or_holds_data_and_is_gone_is_named(aws: Aws, type: str) -> None:
    aws.missing = {type}
    assert operations.revive("shop/dev", HELD) == [type.rpartition(":")[2].lower()]


def test_services_are_gone_with_their_cluster(aws: Aws) -> None:
    aws.cluster = False
    assert operations.revive("shop/dev", HELD) == ["service"]


def test_what_aws_refuses_to_tell_is_not_called_gone(aws: Aws) -> None:
    aws.refused, aws.missing = "aws:rds/instance:Instance", {"aws:mq/broker:Broker"}
    assert operations.revive("shop/dev", HELD) == ["broker"]


def test_what_is_to_be_deleted_or_was_never_made_is_not_missed(aws: Aws) -> None:
    aws.missing = {*ARNS}
    held = [
        PROVIDER,
        resource("aws:mq/broker:Broker", delete=True),
        {**resource("aws:s3/bucket:Bucket"), "outputs": {}},
    ]
    assert operations.revive("shop/dev", held) == []


@pytest.mark.parametrize(
    ("status", "command"),
    [("failed", "aws rds delete-db-instance"), ("stopped", "aws rds start-db-instance"), ("modifying", None),
     ("storage-full", None)],
)  # fmt: skip
def test_a_database_that_no_update_brings_back_is_told_with_the_command(
    aws: Aws, status: str, command: str | None
) -> None:
    aws.status = status
    if command is None:
        assert operations.revive("shop/dev", HELD) == []
        return
    where = "--region eu-central-1 --db-instance-identifier id-1"
    with pytest.raises(Impossible, match=rf"instance \(id-1\): its status is '{status}'.*{command} {where}"):
        operations.revive("shop/dev", HELD)


@pytest.mark.parametrize("type", [*ARNS][:4])
@pytest.mark.parametrize("status", ["deleting", "DELETION_IN_PROGRESS"])
def test_what_is_being_deleted_is_waited_for(aws: Aws, type: str, status: str) -> None:
    """An update would read it, find it unchanged, and say that it is up."""
    aws.status = status
    with pytest.raises(Impossible, match=rf"its status is '{status}'.*wait some minutes"):
        operations.revive("shop/dev", [PROVIDER, resource(type)])


def test_only_a_database_s_states_are_a_database_s(aws: Aws) -> None:
    aws.status = "failed"
    assert operations.revive("shop/dev", [PROVIDER, *map(resource, [*ARNS][1:])]) == []
