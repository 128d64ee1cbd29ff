"""Which S3 server stands behind ObjectStore on Docker: MinIO. To replace it, replace this file.

MinIO's repository is archived and its images may leave Docker Hub one day; nothing outside this file knows its name.
"""

from __future__ import annotations

from collections.abc import Sequence

from components.model.health import Http
from components.model.object_store import Bucket, ObjectStore

IMAGE = "minio/minio:RELEASE.2025-09-07T16-13-09Z"
DATA = "/data"
PASSWORD = "/run/secrets/s3-password"
HEALTH = Http("/minio/health/ready", port=ObjectStore.PORT, interval="2s", timeout="5s", retries=30)


def command(store: ObjectStore) -> list[str]:
    """The server's command line."""
    return ["server", DATA, "--console-address", f":{store.console_port}"]


def environment(store: ObjectStore) -> dict[str, str]:
    """The server's environment; the password is read from PASSWORD."""
    return {
        "MINIO_ROOT_USER": store.access_key,
        "MINIO_ROOT_PASSWORD_FILE": PASSWORD,
        "MINIO_BROWSER_REDIRECT": "false",
    }


def make_buckets(store: ObjectStore) -> list[str]:
    """The command, run inside the server's own container, that makes the buckets and sets who may read them."""
    steps = [f'mc alias set --quiet strata http://127.0.0.1:{ObjectStore.PORT} {store.access_key} "$(cat {PASSWORD})"']
    for bucket in store.buckets:
        steps.append(f"mc mb --quiet --ignore-existing strata/{bucket.name}")
        steps.append(f"mc anonymous --quiet set {_access(bucket)} strata/{bucket.name}")
    return ["sh", "-c", "export MC_CONFIG_DIR=/tmp/.mc; " + " && ".join(steps)]


def _access(bucket: Bucket) -> str:
    return "download" if bucket.public else "private"


def names(buckets: Sequence[Bucket]) -> dict[str, str]:
    """The physical name of each bucket: on a server of one's own, the bucket's own name."""
    return {bucket.name: bucket.name for bucket in buckets}
