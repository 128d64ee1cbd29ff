"""Redis: the official image; its settings come as a configuration file, so that a password is in no command line."""

from __future__ import annotations

import shlex

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.health import Command
from components.model.redis import Redis
from components.model.volume import Mount
from components.targets.docker.container import Spec, docker_target, run
from components.targets.docker.files import File
from components.targets.docker.image_names import name_of
from components.targets.redis_conf import configuration as configuration

CONFIG = "/etc/strata/redis.conf"
PASSWORD = "/run/secrets/redis-password"


@realizes(Redis)
def redis(redis: Redis, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """One container; a volume only when it persists."""
    target = docker_target(needs)
    password = target.secret(redis.password) if redis.password else None
    settings = configuration(redis)
    content: pulumi.Input[str] = settings
    files: list[File] = []
    health = redis.health
    if password is not None:
        content = pulumi.Output.concat(settings, "requirepass ", password, "\n")
        files.append(File(PASSWORD, password))
        asked = health.command if isinstance(health.command, str) else shlex.join(health.command)
        health = Command(
            f'REDISCLI_AUTH="$(cat {PASSWORD})"; export REDISCLI_AUTH; {asked}', interval=health.interval,
            timeout=health.timeout, retries=health.retries, start_period=health.start_period,
        )  # fmt: skip
    files.append(File(CONFIG, content))
    running = run(
        redis, needs, opts,
        Spec(
            image=target.image(name_of(redis)).image_id,
            command=["redis-server", CONFIG],
            files=files,
            mounts=[Mount(redis.volume, "/data")] if redis.volume else [],
            health=health,
        ),
    )  # fmt: skip
    facts: dict[str, pulumi.Input[str]] = {"scheme": "redis", "host": redis.name, "port": str(Redis.PORT)}
    if password is not None:
        facts["password"] = password
    endpoints = {"": running.endpoint(Redis.PORT, "redis")} if Redis.PORT in running.ports else {}
    return Bound(redis, facts, running.containers, running.healthy, endpoints=endpoints)
