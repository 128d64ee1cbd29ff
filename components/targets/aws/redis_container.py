"""Redis as a container: cheaper than ElastiCache, one task, its data on the stack's file system when it persists."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.health import Command
from components.model.redis import Redis
from components.model.service import Service
from components.model.volume import Mount
from components.targets.aws.contained import contained, sizes
from components.targets.redis_conf import configuration

SERVER = """cat > /tmp/redis.conf <<END
$REDIS_CONF
${REDIS_PASSWORD:+requirepass $REDIS_PASSWORD}
END
exec redis-server /tmp/redis.conf"""
PING = "REDISCLI_AUTH=$REDIS_PASSWORD redis-cli ping | grep -q PONG"


@realizes(Redis, variant="container")
def redis_container(redis: Redis, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """A singleton: two servers on one volume would write over each other."""
    running = Service(
        redis.name, image=redis.image or f"redis:{redis.version}", command=["sh", "-c", SERVER], port=Redis.PORT,
        environment={"REDIS_CONF": configuration(redis)},
        secrets={"REDIS_PASSWORD": redis.password} if redis.password else {},
        volumes=[Mount(redis.volume, "/data")] if redis.volume else [], health=Command(PING, interval="5s", retries=5),
        singleton=True, stop_seconds=30, formerly=redis.formerly, **sizes(redis),
    )  # fmt: skip
    return contained(redis, running, {"scheme": "redis"}, redis.password, needs, opts)
