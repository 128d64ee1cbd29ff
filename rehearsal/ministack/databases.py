"""A database is what its container is: RDS says of one that is gone that it has failed."""

from __future__ import annotations

from typing import Any

import docker
from ministack.services import rds

DESCRIBE = "DescribeDBInstances"


def told(original: Any) -> Any:
    """Databases' states, each container looked for first."""

    def describe(params: Any) -> Any:
        client = docker.from_env()
        for one in [*rds._instances.values()]:
            identity = one.get("_docker_container_id")
            if identity and one.get("DBInstanceStatus") == "available" and not there(client, identity):
                # Its data was in the container's memory: nobody can bring that back.
                one["DBInstanceStatus"] = "failed"
        return original(params)

    return describe


def there(client: Any, identity: str) -> bool:
    """Whether there is such a container, whatever it does."""
    try:
        client.containers.get(identity)
    except docker.errors.NotFound:
        return False
    return True


def honest() -> None:
    """Look for containers before databases are described."""
    rds._ACTION_MAP[DESCRIBE] = told(rds._ACTION_MAP[DESCRIBE])


PATCHES = {"databases": honest}
