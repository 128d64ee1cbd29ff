"""Redis and RabbitMQ as containers of ours: the variant `container`."""

from __future__ import annotations

import json
from typing import Any

from components.targets.redis_conf import configuration
from strata import RabbitMQ, Redis, Secret, Service
from tests.ran import Ran
from tests.targets.aws.stage import put

password = Secret("pw", default="hunter22-hunter22!")


def container(ran: Ran, service: str) -> dict[str, Any]:
    (found,) = json.loads(ran[f"{service}-task"]["containerDefinitions"])
    return found


def test_redis() -> None:
    cache = Redis("cache", version="7-alpine", variant="container", maxmemory="256MB", policy="allkeys-lru",
                  password=password, persistence="aof")  # fmt: skip
    ran = put(cache, Service("api", image="a:1", needs=[cache]))
    found = container(ran, "cache")
    assert found["image"] == "redis:7-alpine" and found["command"][:2] == ["sh", "-c"]
    assert found["command"][2].endswith("exec redis-server /tmp/redis.conf")
    assert found["environment"] == [{"name": "REDIS_CONF", "value": configuration(cache)}]
    assert [one["name"] for one in found["secrets"]] == ["REDIS_PASSWORD"]
    assert found["mountPoints"] == [{"sourceVolume": "efs-data", "containerPath": "/data", "readOnly": False}]
    assert found["portMappings"] == [{"containerPort": 6379, "hostPort": 6379, "protocol": "tcp"}]
    made = ran["cache-service"]
    assert (made["deploymentMinimumHealthyPercent"], made["deploymentMaximumPercent"]) == (0, 100), "never two at once"
    assert (ran["cache-task"]["cpu"], ran["cache-task"]["memory"]) == ("256", "512")
    assert not [one.name for one in ran.made if "elasticache" in one.type]
    assert ran.value["cache"]["facts"] == {
        "scheme": "redis", "host": "cache.shop-prod.internal", "port": "6379", "password": "hunter22-hunter22!",
    }  # fmt: skip
    assert ran["api-to-cache"]["fromPort"] == 6379
    assert ran["cache-ready"]["masked"] == ["hunter22-hunter22!"] and ran["cache-ready"].inputs.is_secret("masked")


def test_a_redis_that_keeps_nothing_has_neither_volume_nor_password() -> None:
    ran = put(Redis("cache", variant="container"))
    found = container(ran, "cache")
    assert "mountPoints" not in found and "secrets" not in found
    assert not [one.name for one in ran.made if "efs" in one.type]
    assert "password" not in ran.value["cache"]["facts"]


def test_rabbitmq() -> None:
    jobs = RabbitMQ("jobs", version="4", variant="container", user="me", password=password, queues=["mail"])
    ran = put(jobs)
    found = container(ran, "jobs")
    assert found["image"] == "rabbitmq:4-management" and found["user"] == "1000"
    assert {one["name"]: one["value"] for one in found["environment"]} == {
        "RABBITMQ_NODENAME": "rabbit@localhost", "RABBITMQ_DEFAULT_USER": "me", "HOME": "/var/lib/rabbitmq",
    }  # fmt: skip
    assert [one["name"] for one in found["secrets"]] == ["RABBITMQ_DEFAULT_PASS"]
    assert [one["containerPath"] for one in found["mountPoints"]] == ["/var/lib/rabbitmq"]
    assert (ran["jobs-task"]["cpu"], ran["jobs-task"]["memory"]) == ("256", "1024")
    assert not [one.name for one in ran.made if "aws:mq" in one.type]
    assert ran.value["jobs"]["facts"] == {
        "scheme": "amqp", "host": "jobs.shop-prod.internal", "port": "5672", "user": "me",
        "password": "hunter22-hunter22!",
    }  # fmt: skip
    assert ran["jobs-ready"]["masked"] == ["hunter22-hunter22!"]
