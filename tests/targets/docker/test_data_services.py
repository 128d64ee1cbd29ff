"""What Postgres, Redis, ObjectStore and RabbitMQ become."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.targets.docker import checks
from components.targets.docker.s3_server import IMAGE
from strata import Bucket, Command, ObjectStore, Postgres, RabbitMQ, Redis, Secret
from tests.targets.docker.stage import VOLUME, environment, files, is_secret_file, mounts, put

secret = Secret("pw", default="hunter22!")
CHECK = {"interval": "2s", "timeout": "5s", "retries": 30, "startPeriod": "0s"}


def test_postgres() -> None:
    ran = put(Postgres("db", version="16", database="shop", user="me", password=secret, publish=[5432]))
    container = ran["db-container"]
    assert ran["image-postgres-16"]["name"] == "postgres:16" and container["image"] == "sha256:image-postgres-16"
    assert environment(container) == {
        "POSTGRES_USER": "me", "POSTGRES_DB": "shop", "POSTGRES_PASSWORD_FILE": "/run/secrets/postgres-password",
    }  # fmt: skip
    assert files(container) == {"/run/secrets/postgres-password": "hunter22!"}
    assert is_secret_file(container, "/run/secrets/postgres-password")
    assert container["uploads"][0]["permissions"] == "0444"
    assert mounts(container) == {"/var/lib/postgresql/data": ("volume", "shop_dev_db-data")}
    assert container["healthcheck"] == {
        "tests": ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U me -d shop"], "interval": "2s",
        "timeout": "10s", "retries": 30, "startPeriod": "0s",
    }  # fmt: skip
    assert container.get("command") is None and container["destroyGraceSeconds"] == 30
    assert ran.value["db"]["facts"] == {
        "host": "db", "port": "5432", "user": "me", "password": "hunter22!", "database": "shop",
    }  # fmt: skip
    assert ran.value["db"]["endpoints"] == {"": "postgresql://127.0.0.1:5432"}
    assert "pw-value" not in ran, "a secret with a value is not generated too"


def test_postgres_parameters_image_and_the_folder_of_its_version() -> None:
    ran = put(
        Postgres("db", version="18", image="pgvector/pgvector:pg18", parameters={"max_connections": "50", "a": "b"})
    )
    container = ran["db-container"]
    assert container["command"] == ["postgres", "-c", "max_connections=50", "-c", "a=b"]
    assert ran.of("RemoteImage")[0]["name"] == "pgvector/pgvector:pg18"
    assert list(mounts(container)) == ["/var/lib/postgresql"]


def test_postgres_prepares_itself_from_inside_once_it_is_healthy() -> None:
    """A new password on an old volume, and the extensions; no secret is in the command."""
    gate = put(Postgres("db", database="shop", user="me", password=secret, extensions=["pg_trgm", "uuid-ossp"]))[
        "db-ready"
    ]
    assert gate["then"] == ["sh", "-c", """until pg_isready -q -h 127.0.0.1; do sleep 0.2; done; \
psql -X -q -v ON_ERROR_STOP=1 -U me -d shop <<'SQL'
SET client_min_messages = warning;
\\set secret `cat /run/secrets/postgres-password`
ALTER ROLE "me" PASSWORD :'secret';
CREATE EXTENSION IF NOT EXISTS "pg_trgm" CASCADE;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" CASCADE;
SQL"""]  # fmt: skip
    assert gate["secrets"] == ["hunter22!"] and gate.inputs.is_secret("secrets")


def test_postgres_init_scripts_keep_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    for name in ("z.sql", "a.sh"):
        (tmp_path / name).write_text(f"-- {name}")
    container = put(Postgres("db", init=["z.sql", "a.sh"], password=secret), root=tmp_path)["db-container"]
    scripts = {path: text for path, text in files(container).items() if "initdb" in path}
    assert scripts == {
        "/docker-entrypoint-initdb.d/00-z.sql": "-- z.sql", "/docker-entrypoint-initdb.d/01-a.sh": "-- a.sh",
    }  # fmt: skip


def test_a_password_that_nobody_gave_is_generated_once_and_kept_encrypted() -> None:
    kept = {"db-password-value": {"output": "from-the-first-update"}}
    ran = put(Postgres("db"), kept=kept)
    stash = ran["db-password-value"]
    assert stash.type == "pulumi:index:Stash" and stash.inputs.is_secret("input") and len(stash["input"]) == 32
    assert stash.ignore_changes == ("input",) and stash.parent == ran["foundation"].urn
    assert files(ran["db-container"]) == {"/run/secrets/postgres-password": "from-the-first-update"}
    assert ran.value["db"]["facts"]["password"] == "from-the-first-update"


def test_redis_in_memory() -> None:
    ran = put(Redis("cache", version="7-alpine", maxmemory="64MB", policy="allkeys-lru"))
    container = ran["cache-container"]
    assert ran.of("RemoteImage")[0]["name"] == "redis:7-alpine"
    assert container["command"] == ["redis-server", "/etc/strata/redis.conf"]
    assert files(container) == {"/etc/strata/redis.conf": """bind * -::*
protected-mode no
dir /data
appendonly no
save ""
maxmemory 67108864
maxmemory-policy allkeys-lru
"""}  # fmt: skip
    assert mounts(container) == {} and not [one for one in ran.made if one.type == VOLUME]
    assert container["healthcheck"] == {"tests": ["CMD-SHELL", "redis-cli ping | grep -q PONG"], **CHECK}
    assert ran.value["cache"]["facts"] == {"scheme": "redis", "host": "cache", "port": "6379"}


@pytest.mark.parametrize(
    ("persistence", "lines"),
    [("rdb", ["appendonly no", "save 3600 1 300 100 60 10000"]), ("aof", ["appendonly yes", 'save ""'])],
)
def test_redis_that_persists_has_a_volume(persistence: str, lines: list[str]) -> None:
    container = put(Redis("cache", persistence=persistence))["cache-container"]  # type: ignore[arg-type]
    assert files(container)["/etc/strata/redis.conf"].splitlines()[3:] == lines
    assert mounts(container) == {"/data": ("volume", "shop_dev_cache-data")}


def test_redis_with_a_password_has_it_in_files_only() -> None:
    ran = put(Redis("cache", password=secret, publish=[6379]))
    container = ran["cache-container"]
    assert files(container)["/etc/strata/redis.conf"].endswith("\nrequirepass hunter22!\n")
    assert files(container)["/run/secrets/redis-password"] == "hunter22!"
    assert all(is_secret_file(container, path) for path in files(container))
    asked = 'REDISCLI_AUTH="$(cat /run/secrets/redis-password)"; export REDISCLI_AUTH; redis-cli ping | grep -q PONG'
    assert container["healthcheck"] == {"tests": ["CMD-SHELL", asked], **CHECK}
    assert ran.value["cache"]["facts"]["password"] == "hunter22!"
    assert ran.value["cache"]["endpoints"] == {"": "redis://127.0.0.1:6379"}


def test_redis_with_a_password_and_a_check_of_several_words() -> None:
    container = put(Redis("cache", password=secret, health=Command(["redis-cli", "get", "a b"])))["cache-container"]
    assert container["healthcheck"]["tests"][1].endswith("; redis-cli get 'a b'")


def test_object_store() -> None:
    buckets = [Bucket("uploads"), Bucket("pages", public=True)]
    ran = put(ObjectStore("files", buckets=buckets, access_key="polar", password=secret, publish=[9000, 9001]))
    container = ran["files-container"]
    assert ran.of("RemoteImage")[0]["name"] == IMAGE
    assert container["command"] == ["server", "/data", "--console-address", ":9001"]
    assert environment(container) == {
        "MINIO_ROOT_USER": "polar", "MINIO_ROOT_PASSWORD_FILE": "/run/secrets/s3-password",
        "MINIO_BROWSER_REDIRECT": "false",
    }  # fmt: skip
    assert files(container) == {"/run/secrets/s3-password": "hunter22!"}
    assert is_secret_file(container, "/run/secrets/s3-password")
    assert mounts(container) == {"/data": ("volume", "shop_dev_files-data")}
    assert container["healthcheck"]["tests"][0] == "CMD-SHELL"
    assert "http://127.0.0.1:9000/minio/health/ready" in container["healthcheck"]["tests"][1]
    assert ran.value["files"]["facts"] == {
        "scheme": "http", "host": "files", "port": "9000", "path_style": "true", "region": "us-east-1",
        "access_key": "polar", "secret_key": "hunter22!", "bucket_uploads": "uploads", "bucket_pages": "pages",
    }  # fmt: skip
    assert ran.value["files"]["endpoints"] == {"": "http://127.0.0.1:9000", "console": "http://127.0.0.1:9001"}


def test_buckets_are_made_from_inside_before_anyone_who_needs_them_starts() -> None:
    buckets = [Bucket("uploads"), Bucket("pages", public=True)]
    gate = put(ObjectStore("files", buckets=buckets, access_key="polar", password=secret))["files-ready"]
    assert gate["then"] == ["sh", "-c", "export MC_CONFIG_DIR=/tmp/.mc; " + " && ".join([
        'mc alias set --quiet strata http://127.0.0.1:9000 polar "$(cat /run/secrets/s3-password)"',
        "mc mb --quiet --ignore-existing strata/uploads",
        "mc anonymous --quiet set private strata/uploads",
        "mc mb --quiet --ignore-existing strata/pages",
        "mc anonymous --quiet set download strata/pages",
    ])]  # fmt: skip
    assert put(ObjectStore("files"))["ready"]["then"] == []
    assert put(ObjectStore("files", console_port=9100))["files-container"]["command"][-1] == ":9100"


def test_rabbitmq() -> None:
    ran = put(RabbitMQ("jobs", version="4.1", user="me", password=secret, queues=["a"], publish=[5672, 15672]))
    container, gate = ran["jobs-container"], ran["jobs-ready"]
    assert ran.of("RemoteImage")[0]["name"] == "rabbitmq:4.1-management"
    assert environment(container) == {"RABBITMQ_NODENAME": "rabbit@localhost"}
    assert files(container) == {
        "/etc/rabbitmq/conf.d/20-strata.conf": "default_user = me\ndefault_pass = hunter22!\n",
        "/run/secrets/rabbitmq-password": "hunter22!",
    }
    assert all(is_secret_file(container, path) for path in files(container))
    assert mounts(container) == {"/var/lib/rabbitmq": ("volume", "shop_dev_jobs-data")}
    assert container["healthcheck"]["tests"][1].startswith("if command -v bash")
    assert container["destroyGraceSeconds"] == 30
    changed = 'rabbitmqctl -q change_password me "$(cat /run/secrets/rabbitmq-password)"'
    assert gate["then"] == ["sh", "-c", changed] and gate["secrets"] == ["hunter22!"]
    assert ran.value["jobs"]["facts"] == {
        "scheme": "amqp", "host": "jobs", "port": "5672", "user": "me", "password": "hunter22!",
    }  # fmt: skip
    assert ran.value["jobs"]["endpoints"] == {"": "amqp://127.0.0.1:5672", "management": "http://127.0.0.1:15672"}
    assert put(RabbitMQ("jobs", management=False)).of("RemoteImage")[0]["name"] == "rabbitmq:4"


def test_a_rabbitmq_with_a_limit_stops_who_publishes_before_it_is_killed() -> None:
    """Without one the machine's memory is its own, which it sees by itself."""
    container = put(RabbitMQ("jobs", user="me", password=secret, memory="1GB"))["jobs-container"]
    assert container["memory"] == 1024
    assert files(container)["/etc/rabbitmq/conf.d/20-strata.conf"] == (
        "vm_memory_high_watermark.absolute = 644245094\ndefault_user = me\ndefault_pass = hunter22!\n"
    )
