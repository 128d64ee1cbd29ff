"""Redis, RabbitMQ and Postgres as containers of ours: the variant `container`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from components.core.resolve import resolve
from components.targets.aws.notes import notes
from components.targets.aws.written import MOST
from components.targets.redis_conf import configuration
from strata import FileVolume, Mount, Postgres, RabbitMQ, Redis, Service
from tests.ran import Ran
from tests.targets.aws.stage import PASSWORD, inputs, problems_of, put, secrets, settings_of
from tests.targets.docker.stage import system_of


def container(ran: Ran, service: str) -> dict[str, Any]:
    (found,) = json.loads(ran[f"{service}-task"]["containerDefinitions"])
    return found


def test_redis() -> None:
    cache = Redis("cache", version="7-alpine", variant="container", maxmemory="256MB", policy="allkeys-lru",
                  password=PASSWORD, persistence="aof")  # fmt: skip
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
    jobs = RabbitMQ("jobs", version="4", variant="container", user="me", password=PASSWORD, queues=["mail"])
    ran = put(jobs)
    found = container(ran, "jobs")
    assert found["image"] == "rabbitmq:4-management" and found["user"] == "1000"
    assert {one["name"]: one["value"] for one in found["environment"]} == {
        "RABBITMQ_NODENAME": "rabbit@localhost", "RABBITMQ_DEFAULT_USER": "me", "HOME": "/var/lib/rabbitmq",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-rabbit vm_memory_high_watermark {absolute,644245094}",
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


SCRIPT = """set -e
rm -f /tmp/prepared
exec 9> /data/lock
tries=0
until flock -n 9; do
  tries=$((tries + 1))
  [ $tries -lt 120 ] || { echo 'another server still holds the data' >&2; exit 1; }
  sleep 1
done
mkdir -p /docker-entrypoint-initdb.d
printf '%s' "$FILE_1" > /docker-entrypoint-initdb.d/00-first.sql
umask 077
printf '%s\\n' "$TLS_CERTIFICATE" > /tmp/tls.crt
printf '%s\\n' "$TLS_KEY" > /tmp/tls.key
chown postgres /tmp/tls.crt /tmp/tls.key
umask 022
prepare() {
until pg_isready -q -h 127.0.0.1; do sleep 0.2; done; psql -X -q -v ON_ERROR_STOP=1 -U me -d shop <<'SQL'
SET client_min_messages = warning;
\\set secret `printf %s "$POSTGRES_PASSWORD"`
ALTER ROLE "me" PASSWORD :'secret';
CREATE EXTENSION IF NOT EXISTS "pg_trgm" CASCADE;
SQL
}
( if prepare && touch /tmp/prepared; then :; else echo 'password or extensions could not be set' >&2; fi ) 9>&- &
exec docker-entrypoint.sh postgres -c ssl=on -c ssl_cert_file=/tmp/tls.crt -c ssl_key_file=/tmp/tls.key -c work_mem=8MB
"""


def database(**given: Any) -> Postgres:
    return Postgres("db", **{"variant": "container", "user": "me", "database": "shop", "password": PASSWORD, **given})


def test_postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.targets.aws.checks.ROOT", tmp_path)
    (tmp_path / "first.sql").write_text("SELECT 1;")
    db = database(version="16", extensions=["pg_trgm"], init=["first.sql"], parameters={"work_mem": "8MB"},
                  volume=FileVolume("kept"))  # fmt: skip
    aws = {"capacity": "fargate"}
    ran = put(db, Service("api", image="a:1", needs=[db]), root=tmp_path, profile="frugal", aws=aws)
    found = container(ran, "db")
    assert found["image"] == "postgres:16" and found["command"] == ["sh", "-c", SCRIPT]
    assert "user" not in found, "the image's entrypoint becomes its own user once the folder is the user's"
    assert {one["name"]: one["value"] for one in found["environment"]} == {
        "POSTGRES_USER": "me", "POSTGRES_DB": "shop", "PGDATA": "/data/pgdata", "FILE_1": "SELECT 1;",
    }  # fmt: skip
    assert set(secrets(found)) == {"POSTGRES_PASSWORD", "TLS_CERTIFICATE", "TLS_KEY"}
    assert secrets(found)["TLS_KEY"].endswith(":TLS_KEY::db-tls-secret-value-v1")
    assert ran["db-tls-secret-value"].inputs.is_secret("secretString")
    assert ran["db-certificate"].ignore_changes == ("input",) and ran["db-certificate"].inputs.is_secret("input")
    assert found["healthCheck"] == {
        "command": ["CMD-SHELL", "test -e /tmp/prepared && pg_isready -h 127.0.0.1 -U me -d shop"],
        "interval": 5, "timeout": 10, "retries": 10, "startPeriod": 300,
    }  # fmt: skip
    assert found["stopTimeout"] == 120 and found["portMappings"][0]["containerPort"] == 5432
    assert found["mountPoints"] == [{"sourceVolume": "efs-data", "containerPath": "/data", "readOnly": False}]
    assert inputs(ran["kept-access"]) == {
        "fileSystemId": "files-system-id", "posixUser": {"uid": 999, "gid": 999},
        "rootDirectory": {
            "path": "/kept", "creationInfo": {"ownerUid": 999, "ownerGid": 999, "permissions": "0755"},
        },
    }  # fmt: skip
    made = ran["db-service"]
    assert (made["deploymentMinimumHealthyPercent"], made["deploymentMaximumPercent"]) == (0, 100), "never two at once"
    assert made["capacityProviderStrategies"][0]["capacityProvider"] == "FARGATE", "no data on Spot by a profile alone"
    assert (ran["db-task"]["cpu"], ran["db-task"]["memory"]) == ("256", "1024")
    assert not [one.name for one in ran.made if "aws:rds" in one.type]
    assert ran.value["db"]["facts"] == {
        "host": "db.shop-prod.internal", "port": "5432", "user": "me", "password": "hunter22-hunter22!",
        "database": "shop",
    }  # fmt: skip
    assert ran["api-to-db"]["fromPort"] == 5432 and ran["db-ready"]["masked"] == ["hunter22-hunter22!"]


@pytest.mark.parametrize(
    ("given", "uid"),
    [
        ({"version": "16-alpine"}, 70), ({"version": "15.1"}, 999), ({"image": "pgvector/pgvector:pg16"}, 999),
        ({"image": "postgres:16-alpine@sha256:aabb"}, 70),
        ({"image": "registry.example.com:5000/alpine/postgres:16"}, 999),
    ],
)  # fmt: skip
def test_the_data_belongs_to_the_images_own_user(given: dict[str, Any], uid: int) -> None:
    assert put(database(**given))["db-data-access"]["posixUser"] == {"uid": uid, "gid": uid}


def test_the_data_of_an_image_of_ones_own_belongs_to_whom_the_settings_say() -> None:
    for image in ("example.com/own:1", "postgres@sha256:aa"):
        (other,) = put(database(image=image), services={"db": {"uid": 70}}).of("AccessPoint")
        assert other["posixUser"]["uid"] == other["rootDirectory"]["creationInfo"]["ownerUid"] == 70


USER = "settings: strata:services.db.uid: given"


@pytest.mark.parametrize(
    ("given", "uid", "problem"),
    [
        ({"version": "16-alpine"}, 999, f"{USER} 999; postgres:16-alpine runs as 70 and refuses data of another "
            "user, leave it out"),
        ({"image": "library/postgres:17@sha256:aa"}, 70, f"{USER} 70; library/postgres:17@sha256:aa runs as 999 and "
            "refuses data of another user, leave it out"),
        ({"variant": None}, 999, f"{USER} 999 for RDS, which keeps its files to itself; leave it out, or set variant "
            "to container"),
    ],
)  # fmt: skip
def test_a_user_that_its_data_cannot_have(given: dict[str, Any], uid: int, problem: str) -> None:
    assert problems_of(database(**given), services={"db": {"uid": uid}}) == [problem]
    right = {"version": "16-alpine", "image": None} if uid == 70 else {"version": "16"}
    assert resolve(system_of(database(**right)), settings_of(services={"db": {"uid": uid}}))


def test_a_databases_volume_is_nobody_elses() -> None:
    kept = FileVolume("kept")
    reader = Service("reader", image="a:1", volumes=[Mount(kept, "/kept"), Mount(FileVolume("own"), "/own")])
    assert problems_of(database(volume=kept), reader) == [
        "reader (Service): volumes: given 'kept', which holds the data of db; on AWS all who mount a volume are one "
        "user, and a database's must be its own, use another volume"
    ]
    assert resolve(system_of(database(volume=kept, variant=None), reader), settings_of()), "RDS has no volume"


def test_a_database_is_dumped_by_the_backup_class_of_its_volume() -> None:
    ran = put(database())
    script = container(ran, "db")["command"][2]
    assert "pg_dump -U me -d shop -Fc -f /data/dumps/new && mv /data/dumps/new /data/dumps/shop.dump" in script
    assert "sleep $(( (86400 + 7200 - $(date +%s) % 86400) % 86400 + 1 ))" in script
    assert ran["files-system"]["tags"]["strata:backup"] == "critical"
    assert "pg_dump" not in container(put(database(volume=FileVolume("v"))), "db")["command"][2]


def test_a_task_runs_again_for_another_file_system() -> None:
    from strata import Task

    db = database()
    assert put(db, Task("migrate", image="a:1", needs=[db]))["migrate-run"]["data"] == ["files-system-id/db-data"]


def said(*given: Any, **settings: Any) -> list[str]:
    chosen = settings_of(**settings)
    return [*notes(resolve(system_of(*given), chosen), chosen)]


def test_what_one_container_gives_up_is_told() -> None:
    assert said(database())[0].startswith("db: one container instead of RDS: no standby and no replicas")
    assert "AWS Backup copies each night (critical)" in said(database())[1]
    assert "AWS Backup copies each week (important)" in said(database(volume=FileVolume("v", backup="important")))[1]
    assert said(database(volume=FileVolume("v")))[1] == (
        "db: its volume is recreatable, so it is neither dumped nor backed up"
    )
    assert said(Postgres("db")) == []


def test_what_a_container_cannot_do_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve(system_of(database(user="admin")), settings_of()), "RDS alone keeps names of users for itself"
    monkeypatch.setattr("components.targets.aws.checks.ROOT", tmp_path)
    assert problems_of(database(init=["no.sql"])) == ["db (Postgres): init: given 'no.sql'; there is no such file"]
    (tmp_path / "large.sql").write_text(" " * (MOST + 1))
    assert problems_of(database(init=["large.sql"])) == [
        "db (Postgres): init: its files have 49153 bytes; a container on ECS takes 49152, load more than that by a Task"
    ]
    (tmp_path / "large.sql").write_text(" " * MOST)
    assert resolve(system_of(database(init=["large.sql"])), settings_of())
    assert problems_of(database(), services={"db": {"multi_az": True, "uid": 999}}) == [
        "settings: strata:services.db.multi_az: given with variant 'container'; only RDS knows it, leave it out"
    ]
