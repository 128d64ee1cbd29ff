"""Postgres: RDS, encrypted, by TLS alone."""

from __future__ import annotations

import dataclasses
import re
import secrets

import pulumi
import pulumi_aws as aws

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.postgres import Postgres
from components.model.task import Task
from components.targets.aws.bound import AwsBound
from components.targets.aws.options import PostgresOptions
from components.targets.aws.security import aliased, group
from components.targets.aws.stored import store_binding
from components.targets.aws.target import AwsTarget
from components.targets.aws.task import task
from components.targets.aws.tasks import aws_target
from components.targets.postgres_sql import extensions

FORCED = {"rds.force_ssl": "1", "log_min_duration_statement": "1000"}
"""Server settings that every database has; a description may add others."""
PREFIX_LIMIT = 37
"""Characters of a database's identifier, which has 63, before the 26 that the provider makes up."""
STATIC = frozenset({"max_connections", "shared_buffers", "shared_preload_libraries", "wal_level", "max_wal_senders"})
"""Settings that only a restart applies; AWS refuses them as `immediate`."""


@realizes(Postgres)
def postgres(database: Postgres, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """The version means the major; minor ones are AWS's, installed in the maintenance window."""
    target = aws_target(needs)
    foundation, options = target.found(), target.options(database, PostgresOptions)
    password, own = target.secret(database.password), group(database, needs, target)
    subnets = aws.rds.SubnetGroup(
        f"{database.name}-subnets", description=f"{target.names.owner} {database.name}",
        subnet_ids=foundation.data_subnets(), opts=aliased(database, needs, "subnets"),
    )  # fmt: skip
    instance = _instance(database, needs, target, options, subnets, own, password)
    for number in range(1, options.read_replicas + 1):
        aws.rds.Instance(
            f"{database.name}-replica-{number}",
            identifier_prefix=target.names.prefix(f"{_allowed(database.first_name)}-replica-{number}", PREFIX_LIMIT),
            replicate_source_db=instance.identifier,
            instance_class=options.instance_class or target.chosen.profile.database, storage_encrypted=True,
            kms_key_id=foundation.key.arn, vpc_security_group_ids=[own.id], skip_final_snapshot=True,
            auto_minor_version_upgrade=True, copy_tags_to_snapshot=True, opts=needs.child(),
        )  # fmt: skip
    facts: dict[str, pulumi.Input[str]] = {
        "host": instance.address, "port": str(Postgres.PORT), "user": database.user, "password": password,
        "database": database.database,
    }  # fmt: skip
    bound = AwsBound(
        database, facts, (instance,), (instance,), group=own.id, port=Postgres.PORT,
        secret=store_binding(database, facts, needs, target), identity=instance.resource_id,
    )  # fmt: skip
    if not database.extensions:
        return bound
    return dataclasses.replace(bound, healthy=(instance, *_extensions(database, bound, password, needs)))


def _allowed(name: str) -> str:
    """A name as RDS takes it: no underscore, and no two hyphens together."""
    return re.sub(r"[_-]+", "-", name)


def _instance(
    database: Postgres, needs: Needs, target: AwsTarget, options: PostgresOptions, subnets: aws.rds.SubnetGroup,
    own: aws.ec2.SecurityGroup, password: pulumi.Output[str],
) -> aws.rds.Instance:  # fmt: skip
    profile, protection, major = target.chosen.profile, target.chosen.protection, database.version[:2]
    name = target.names.full(_allowed(database.first_name))
    parameters = aws.rds.ParameterGroup(
        f"{database.name}-parameters", family=f"postgres{major}", description=f"{target.names.owner} {database.name}",
        parameters=[
            aws.rds.ParameterGroupParameterArgs(
                name=key, value=value, apply_method="pending-reboot" if key in STATIC else "immediate"
            )
            for key, value in sorted({**FORCED, **database.parameters}.items())
        ],
        opts=aliased(database, needs, "parameters"),
    )  # fmt: skip
    final = pulumi.Stash(
        f"{database.name}-final", input=f"{name[:50].rstrip('-')}-final-{secrets.token_hex(3)}",
        opts=needs.child(ignore_changes=["input"]),
    )  # fmt: skip
    backup = database.volume.backup != "recreatable"
    days = profile.backup_days if options.backup_days is None else options.backup_days
    return aws.rds.Instance(
        f"{database.name}-instance", identifier_prefix=target.names.prefix(_allowed(database.first_name), PREFIX_LIMIT),
        engine="postgres", engine_version=major,
        instance_class=options.instance_class or profile.database, allocated_storage=options.storage,
        max_allocated_storage=options.storage_limit, storage_type="gp3", storage_encrypted=True,
        kms_key_id=target.found().key.arn, db_name=database.database, username=database.user, password=password,
        db_subnet_group_name=subnets.name, parameter_group_name=parameters.name, vpc_security_group_ids=[own.id],
        multi_az=profile.multi_az if options.multi_az is None else options.multi_az, publicly_accessible=False,
        backup_retention_period=days if backup else 0, copy_tags_to_snapshot=True, auto_minor_version_upgrade=True,
        ca_cert_identifier="rds-ca-rsa2048-g1", enabled_cloudwatch_logs_exports=["postgresql", "upgrade"],
        performance_insights_enabled=True, performance_insights_kms_key_id=target.found().key.arn,
        iam_database_authentication_enabled=True, deletion_protection=protection, skip_final_snapshot=not protection,
        final_snapshot_identifier=final.output.apply(str) if protection else None,
        delete_automated_backups=not protection, apply_immediately=True,
        opts=pulumi.ResourceOptions.merge(
            aliased(database, needs, "instance"), pulumi.ResourceOptions(protect=protection)
        ),
    )  # fmt: skip


def _extensions(
    database: Postgres, bound: AwsBound, password: pulumi.Output[str], needs: Needs
) -> tuple[pulumi.Resource, ...]:
    """A Task in the network that creates the extensions; RDS runs no scripts of its own."""
    statements = " ".join(extensions(database))
    script = f"PGPASSWORD=\"$DATABASE_PASSWORD\" psql -X -q -v ON_ERROR_STOP=1 -c '{statements}'"
    creating = Task(
        f"{database.name}-extensions", image=f"postgres:{database.version[:2]}-alpine", command=["sh", "-c", script],
        needs=[database],
    )  # fmt: skip
    environment: dict[str, pulumi.Input[str]] = {
        "PGHOST": bound.facts["host"], "PGPORT": bound.facts["port"], "PGUSER": database.user,
        "PGDATABASE": database.database, "PGSSLMODE": "require",
    }  # fmt: skip
    inside = dataclasses.replace(
        needs, bound={**needs.bound, database.name: bound}, environment=environment,
        secrets={"DATABASE_PASSWORD": password},
    )  # fmt: skip
    return task(creating, inside, needs.child(depends_on=list(bound.started))).completed
