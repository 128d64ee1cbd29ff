"""What Postgres, Redis and RabbitMQ become."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.targets.aws.settings import PROFILES
from strata import FileVolume, Postgres, RabbitMQ, Redis, Service
from tests.targets.aws.stage import ISOLATED, KEY, PASSWORD, below, containers, environment, inputs, put, secrets

RDS_HOST = "db-instance.abc.eu-central-1.rds.amazonaws.com"


def test_postgres() -> None:
    ran = put(Postgres("db", version="16.2", database="shop", user="me", password=PASSWORD))
    assert below(ran, "db") == {
        "group": "SecurityGroup", "subnets": "SubnetGroup", "parameters": "ParameterGroup", "final": "Stash",
        "instance": "Instance", "binding-secret": "Secret", "binding-secret-value": "SecretVersion",
    }  # fmt: skip
    assert inputs(ran["db-instance"]) == {
        "identifierPrefix": "shop-prod-db-", "engine": "postgres", "engineVersion": "16", "dbName": "shop",
        "instanceClass": "db.t4g.small", "allocatedStorage": 20, "maxAllocatedStorage": 100, "storageType": "gp3",
        "storageEncrypted": True, "kmsKeyId": KEY, "username": "me", "password": "hunter22-hunter22!",
        "dbSubnetGroupName": "db-subnets-name", "parameterGroupName": "db-parameters-name",
        "vpcSecurityGroupIds": ["db-group-id"], "multiAz": False, "publiclyAccessible": False,
        "backupRetentionPeriod": 7, "copyTagsToSnapshot": True, "autoMinorVersionUpgrade": True,
        "caCertIdentifier": "rds-ca-rsa2048-g1", "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "performanceInsightsEnabled": True, "performanceInsightsKmsKeyId": KEY,
        "iamDatabaseAuthenticationEnabled": True, "deletionProtection": False, "skipFinalSnapshot": True,
        "deleteAutomatedBackups": True, "applyImmediately": True,
    }  # fmt: skip
    assert ran["db-instance"].inputs.is_secret("password")
    assert inputs(ran["db-subnets"]) == {"description": "shop/prod db", "subnetIds": ISOLATED}
    assert inputs(ran["db-parameters"]) == {
        "family": "postgres16", "description": "shop/prod db",
        "parameters": [
            {"name": "log_min_duration_statement", "value": "1000", "applyMethod": "immediate"},
            {"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"},
        ],
    }  # fmt: skip
    assert inputs(ran["db-binding-secret"]) == {
        "namePrefix": "shop/prod/db-binding-", "kmsKeyId": KEY, "recoveryWindowInDays": 0,
    }  # fmt: skip
    kept = ran["db-binding-secret-value"]
    assert kept.inputs.is_secret("secretString") and json.loads(kept["secretString"]) == {
        "DATABASE_PASSWORD": "hunter22-hunter22!",
        "DATABASE_URL": f"postgresql://me:hunter22-hunter22%21@{RDS_HOST}:5432/shop",
    }
    assert ran.value["db"]["facts"] == {
        "host": RDS_HOST, "port": "5432", "user": "me", "password": "hunter22-hunter22!", "database": "shop",
    }  # fmt: skip


def test_postgres_parameters_that_need_a_restart_wait_for_one() -> None:
    ran = put(Postgres("db", parameters={"max_connections": "50", "work_mem": "8192", "rds.force_ssl": "0"}))
    given = {one["name"]: (one["value"], one["applyMethod"]) for one in ran["db-parameters"]["parameters"]}
    assert given == {
        "log_min_duration_statement": ("1000", "immediate"), "max_connections": ("50", "pending-reboot"),
        "rds.force_ssl": ("0", "immediate"), "work_mem": ("8192", "immediate"),
    }  # fmt: skip


def test_a_protected_postgres() -> None:
    ran = put(Postgres("db", password=PASSWORD), protection=True, kept={"db-final": {"output": "shop-final-1"}})
    instance, final = ran["db-instance"], ran["db-final"]
    assert instance.protect and not ran["db-group"].protect
    assert (instance["deletionProtection"], instance["skipFinalSnapshot"], instance["deleteAutomatedBackups"]) == (
        True, False, False,
    )  # fmt: skip
    assert instance["finalSnapshotIdentifier"] == "shop-final-1"
    assert final.ignore_changes == ("input",) and final["input"].startswith("shop-prod-db-final-")
    assert ran["db-binding-secret"]["recoveryWindowInDays"] == 30


def test_postgres_options() -> None:
    options = {
        "instance_class": "db.r7g.large", "storage": 50, "storage_limit": 500, "multi_az": True, "backup_days": 3,
        "read_replicas": 2,
    }  # fmt: skip
    ran = put(Postgres("db"), services={"db": options})
    instance = ran["db-instance"]
    assert (instance["instanceClass"], instance["allocatedStorage"], instance["maxAllocatedStorage"]) == (
        "db.r7g.large", 50, 500,
    )  # fmt: skip
    assert (instance["multiAz"], instance["backupRetentionPeriod"]) == (True, 3)
    replicas = [one for one in ran.of("rds/instance:Instance") if one is not instance]
    assert [one.name for one in replicas] == ["db-replica-1", "db-replica-2"]
    assert inputs(replicas[0]) == {
        "identifierPrefix": "shop-prod-db-replica-1-",
        "replicateSourceDb": "db-instance-identifier", "instanceClass": "db.r7g.large", "storageEncrypted": True,
        "kmsKeyId": KEY, "vpcSecurityGroupIds": ["db-group-id"], "skipFinalSnapshot": True,
        "autoMinorVersionUpgrade": True, "copyTagsToSnapshot": True,
    }  # fmt: skip


def test_a_database_that_can_be_made_anew_has_no_backups() -> None:
    volume = FileVolume("db-data", backup="recreatable")
    assert put(Postgres("db", volume=volume))["db-instance"]["backupRetentionPeriod"] == 0


def test_postgres_extensions_are_made_by_a_task_before_anyone_who_needs_them_starts() -> None:
    db = Postgres("db", version="16", database="shop", user="me", password=PASSWORD, extensions=["pg_trgm", "vector"])
    ran = put(db, Service("api", image="a:1", needs=[db]))
    container = containers(ran["db-extensions-task"])["db-extensions"]
    assert container["image"] == "postgres:16-alpine"
    assert container["command"] == ["sh", "-c", (
        'PGPASSWORD="$DATABASE_PASSWORD" psql -X -q -v ON_ERROR_STOP=1 -c '
        """'CREATE EXTENSION IF NOT EXISTS "pg_trgm" CASCADE; CREATE EXTENSION IF NOT EXISTS "vector" CASCADE;'"""
    )]  # fmt: skip
    assert environment(container) == {
        "PGHOST": RDS_HOST, "PGPORT": "5432", "PGUSER": "me", "PGDATABASE": "shop", "PGSSLMODE": "require",
    }  # fmt: skip
    assert "DATABASE_PASSWORD" in secrets(container)
    assert ran["db-extensions-run"].parent == ran["db"].urn
    assert "db-extensions-run" in ran.awaited("api-service")
    assert {"db-extensions-into-db", "db-extensions-to-db"} <= ran.awaited("db-extensions-run")


def test_a_renamed_database_and_broker_keep_their_physical_names() -> None:
    """Both names replace what is named: a rename would destroy the data."""
    ran = put(Postgres("orders", formerly=["db"]), RabbitMQ("work", formerly=["jobs"]))
    assert ran["orders-instance"]["identifierPrefix"] == "shop-prod-db-"
    assert ran["orders-instance"].aliases == ("db-instance",)
    assert ran["work-broker"]["brokerName"] == "shop-prod-jobs"
    assert ran["work-broker"].aliases == ("jobs-broker",)


def test_redis() -> None:
    ran = put(Redis("cache", version="7-alpine", maxmemory="1GB", policy="allkeys-lru"))
    assert below(ran, "cache") == {
        "group": "SecurityGroup", "subnets": "SubnetGroup", "parameters": "ParameterGroup",
        "cache": "ReplicationGroup",
    }  # fmt: skip
    made = ran["cache-cache"]
    assert inputs(made) == {
        "replicationGroupId": "shop-prod-cache",
        "description": "shop/prod cache", "engine": "redis", "engineVersion": "7.1", "nodeType": "cache.t4g.small",
        "numCacheClusters": 1, "port": 6379, "automaticFailoverEnabled": False, "multiAzEnabled": False,
        "atRestEncryptionEnabled": True, "kmsKeyId": KEY, "transitEncryptionEnabled": True,
        "subnetGroupName": "cache-subnets-name", "parameterGroupName": "cache-parameters-name",
        "securityGroupIds": ["cache-group-id"], "snapshotRetentionLimit": 0, "autoMinorVersionUpgrade": True,
        "applyImmediately": True,
    }  # fmt: skip
    assert inputs(ran["cache-parameters"]) == {
        "family": "redis7", "description": "shop/prod cache",
        "parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru"}],
    }  # fmt: skip
    assert ran.value["cache"]["facts"] == {
        "scheme": "rediss", "host": "master.cache-cache.cache.amazonaws.com", "port": "6379",
    }  # fmt: skip
    assert not put(Redis("cache"), protection=True)["cache-cache"].protect, "what is only in memory is no data"


def test_redis_without_tls_where_the_settings_have_it_off() -> None:
    ran = put(Redis("cache"), services={"cache": {"tls": "off"}})
    assert ran["cache-cache"]["transitEncryptionEnabled"] is False
    assert ran.value["cache"]["facts"]["scheme"] == "redis"


def test_redis_with_a_password_and_data() -> None:
    ran = put(
        Redis("cache", password=PASSWORD, persistence="aof"), protection=True, services={"cache": {"nodes": 3}}
    )  # fmt: skip
    made = ran["cache-cache"]
    assert made["authToken"] == "hunter22-hunter22!" and made.inputs.is_secret("authToken") and made.protect
    assert (made["numCacheClusters"], made["automaticFailoverEnabled"], made["multiAzEnabled"]) == (3, True, True)
    assert made["snapshotRetentionLimit"] == 7
    assert json.loads(ran["cache-binding-secret-value"]["secretString"]) == {
        "REDIS_PASSWORD": "hunter22-hunter22!",
        "REDIS_URL": "rediss://:hunter22-hunter22%21@master.cache-cache.cache.amazonaws.com:6379/0",
    }
    assert ran["cache-parameters"]["parameters"] == [{"name": "maxmemory-policy", "value": "noeviction"}]


@pytest.mark.parametrize(
    ("version", "engine"),
    [
        ("5", ("redis", "6.2", "redis6.x")), ("6.0-alpine", ("redis", "6.2", "redis6.x")),
        ("7.2", ("redis", "7.1", "redis7")), ("8-alpine", ("valkey", "8.0", "valkey8")),
        ("9", ("valkey", "8.0", "valkey8")), ("alpine", ("valkey", "8.0", "valkey8")),
    ],
)  # fmt: skip
def test_the_engine_of_a_redis(version: str, engine: tuple[str, str, str]) -> None:
    ran = put(Redis("cache", version=version), services={"cache": {"node_type": "cache.r7g.large"}})
    made = ran["cache-cache"]
    assert (made["engine"], made["engineVersion"], ran["cache-parameters"]["family"]) == engine
    assert made["nodeType"] == "cache.r7g.large"


def test_rabbitmq() -> None:
    ran = put(RabbitMQ("jobs", version="4.1", user="me", password=PASSWORD, queues=["a"]))
    assert below(ran, "jobs") == {
        "group": "SecurityGroup", "broker": "Broker", "binding-secret": "Secret",
        "binding-secret-value": "SecretVersion",
    }  # fmt: skip
    made = ran["jobs-broker"]
    assert inputs(made) == {
        "brokerName": "shop-prod-jobs", "engineType": "RabbitMQ", "engineVersion": "4.2",
        "hostInstanceType": "mq.m7g.medium", "deploymentMode": "SINGLE_INSTANCE", "publiclyAccessible": False,
        "autoMinorVersionUpgrade": True, "applyImmediately": True, "subnetIds": ISOLATED[:1],
        "securityGroups": ["jobs-group-id"], "encryptionOptions": {"kmsKeyId": KEY, "useAwsOwnedKey": False},
        "logs": {"general": True}, "users": [{"username": "me", "password": "hunter22-hunter22!"}],
    }  # fmt: skip
    assert made.inputs.is_secret("users.0.password") and made.delete_before_replace and not made.protect
    host = "jobs-broker.mq.eu-central-1.on.aws"
    assert json.loads(ran["jobs-binding-secret-value"]["secretString"]) == {
        "AMQP_PASSWORD": "hunter22-hunter22!", "AMQP_URL": f"amqps://me:hunter22-hunter22%21@{host}:5671/",
    }  # fmt: skip
    assert ran.value["jobs"]["facts"] == {
        "scheme": "amqps", "host": host, "port": "5671", "user": "me", "password": "hunter22-hunter22!",
    }  # fmt: skip


def test_rabbitmq_options() -> None:
    options = {"instance_type": "mq.m7g.xlarge", "mode": "CLUSTER_MULTI_AZ"}
    made = put(RabbitMQ("jobs", version="3"), services={"jobs": options}, protection=True)["jobs-broker"]
    assert (made["hostInstanceType"], made["deploymentMode"], made["engineVersion"]) == (
        "mq.m7g.xlarge", "CLUSTER_MULTI_AZ", "3.13",
    )  # fmt: skip
    assert made["subnetIds"] == ISOLATED and made.protect


@pytest.mark.parametrize("name", PROFILES)
def test_data_by_profile(name: str) -> None:
    profile = PROFILES[name]
    managed = {"variant": None}
    ran = put(
        Postgres("db"), Redis("cache", persistence="rdb"), RabbitMQ("jobs"), profile=name,
        services={"cache": managed, "jobs": managed},
    )  # fmt: skip
    instance, cache, broker = ran["db-instance"], ran["cache-cache"], ran["jobs-broker"]
    found: dict[str, Any] = {
        "class": instance["instanceClass"], "multi": instance["multiAz"], "days": instance["backupRetentionPeriod"],
        "zones": len(ran["db-subnets"]["subnetIds"]), "nodes": cache["numCacheClusters"],
        "snapshots": cache["snapshotRetentionLimit"], "broker": broker["hostInstanceType"],
        "mode": broker["deploymentMode"], "brokers": len(broker["subnetIds"]),
    }  # fmt: skip
    assert found == {
        "frugal": {"class": "db.t4g.micro", "multi": False, "days": 7, "zones": 2, "nodes": 1, "snapshots": 7,
                   "broker": "mq.m7g.medium", "mode": "SINGLE_INSTANCE", "brokers": 1},
        "standard": {"class": "db.t4g.small", "multi": False, "days": 7, "zones": 2, "nodes": 1, "snapshots": 7,
                     "broker": "mq.m7g.medium", "mode": "SINGLE_INSTANCE", "brokers": 1},
        "resilient": {"class": "db.m7g.large", "multi": True, "days": 30, "zones": 3, "nodes": 2, "snapshots": 30,
                      "broker": "mq.m7g.large", "mode": "CLUSTER_MULTI_AZ", "brokers": 3},
    }[name]  # fmt: skip
    assert profile.zones == found["zones"]
