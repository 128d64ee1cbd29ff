"""Redis: ElastiCache, encrypted at rest and on the way; the node's size follows maxmemory."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.redis import Redis
from components.targets.aws import cache_sizes
from components.targets.aws.bound import AwsBound
from components.targets.aws.options import RedisOptions
from components.targets.aws.security import aliased, group
from components.targets.aws.stored import store_binding
from components.targets.aws.tasks import aws_target

ENGINES = {
    6: ("redis", "6.2", "redis6.x"),
    7: ("redis", "7.1", "redis7"),
    8: ("valkey", "8.0", "valkey8"),
}
"""A Redis's major version to ElastiCache's engine, version and parameter family; AWS carries Redis on as Valkey."""


def engine(redis: Redis) -> tuple[str, str, str]:
    """Engine, version and parameter family; a tag without a number is the newest."""
    digits = redis.version.partition("-")[0].partition(".")[0]
    return ENGINES[min(max(int(digits), 6), 8)] if digits.isdigit() else ENGINES[8]


@realizes(Redis)
def redis(redis: Redis, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """An AUTH token when the description has a password; TLS unless the stack's settings have it off."""
    target = aws_target(needs)
    foundation, options, profile = target.found(), target.options(redis, RedisOptions), target.chosen.profile
    nodes = options.nodes or profile.cache_nodes
    name, version, family = engine(redis)
    own = group(redis, needs, target)
    subnets = aws.elasticache.SubnetGroup(
        f"{redis.name}-subnets", description=f"{target.names.owner} {redis.name}",
        subnet_ids=foundation.data_subnets(), opts=aliased(redis, needs, "subnets"),
    )  # fmt: skip
    parameters = aws.elasticache.ParameterGroup(
        f"{redis.name}-parameters", family=family, description=f"{target.names.owner} {redis.name}",
        parameters=[
            aws.elasticache.ParameterGroupParameterArgs(name="maxmemory-policy", value=redis.policy or "noeviction")
        ],
        opts=aliased(redis, needs, "parameters"),
    )  # fmt: skip
    password = target.secret(redis.password) if redis.password else None
    made = aws.elasticache.ReplicationGroup(
        f"{redis.name}-cache", replication_group_id=target.names.full(redis.first_name),
        description=f"{target.names.owner} {redis.name}", engine=name, engine_version=version,
        node_type=options.node_type or cache_sizes.plan(redis.maxmemory), num_cache_clusters=nodes, port=Redis.PORT,
        automatic_failover_enabled=nodes > 1, multi_az_enabled=nodes > 1, at_rest_encryption_enabled=True,
        kms_key_id=foundation.key.arn, transit_encryption_enabled=options.tls, auth_token=password,
        subnet_group_name=subnets.name, parameter_group_name=parameters.name, security_group_ids=[own.id],
        snapshot_retention_limit=0 if redis.persistence == "none" else max(1, profile.backup_days),
        auto_minor_version_upgrade=True, apply_immediately=True,
        opts=pulumi.ResourceOptions.merge(
            aliased(redis, needs, "cache"),
            pulumi.ResourceOptions(
                protect=target.chosen.protection and redis.persistence != "none",
                # Its name is its own, so the old one has to go first.
                delete_before_replace=True,
            ),
        ),
    )  # fmt: skip
    facts: dict[str, pulumi.Input[str]] = {
        "scheme": "rediss" if options.tls else "redis", "host": made.primary_endpoint_address, "port": str(Redis.PORT)
    }  # fmt: skip
    if password is not None:
        facts["password"] = password
    return AwsBound(
        redis, facts, (made,), (made,), group=own.id, port=Redis.PORT,
        secret=store_binding(redis, facts, needs, target),
        identity=made.id if redis.persistence != "none" else None,
    )  # fmt: skip
