"""RabbitMQ: Amazon MQ, by TLS alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import pulumi
import pulumi_aws as aws

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.rabbitmq import RabbitMQ
from components.targets.aws.bound import AwsBound
from components.targets.aws.options import RabbitMQOptions
from components.targets.aws.scaling import broker_name
from components.targets.aws.security import aliased, group
from components.targets.aws.stored import store_binding
from components.targets.aws.tasks import aws_target

PORT = 5671
VERSIONS = {"3": "3.13", "4": "4.2"}
"""A broker's major version to the minor one that Amazon MQ has."""


@realizes(RabbitMQ)
def rabbitmq(broker: RabbitMQ, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """One broker, or three in three zones; its queues are made by the applications that use them."""
    target = aws_target(needs)
    foundation, options, profile = target.found(), target.options(broker, RabbitMQOptions), target.chosen.profile
    mode = options.mode or profile.broker_mode
    password, own = target.secret(broker.password), group(broker, needs, target)
    subnets = foundation.data_subnets()
    made = aws.mq.Broker(
        f"{broker.name}-broker", broker_name=broker_name(target, broker),
        engine_type="RabbitMQ", engine_version=VERSIONS.get(broker.version.partition(".")[0], broker.version),
        host_instance_type=options.instance_type or profile.broker, deployment_mode=mode, publicly_accessible=False,
        auto_minor_version_upgrade=True, apply_immediately=True,
        subnet_ids=subnets[:1] if mode == "SINGLE_INSTANCE" else subnets, security_groups=[own.id],
        encryption_options=aws.mq.BrokerEncryptionOptionsArgs(kms_key_id=foundation.key.arn, use_aws_owned_key=False),
        logs=aws.mq.BrokerLogsArgs(general=True),
        users=[aws.mq.BrokerUserArgs(username=broker.user, password=password)],
        opts=pulumi.ResourceOptions.merge(
            aliased(broker, needs, "broker"),
            # Its name is its own, so the old one has to go first.
            pulumi.ResourceOptions(protect=target.chosen.protection, delete_before_replace=True),
        ),
    )  # fmt: skip
    facts: dict[str, pulumi.Input[str]] = {
        "scheme": "amqps", "host": made.instances.apply(host_of), "port": str(PORT), "user": broker.user,
        "password": password,
    }  # fmt: skip
    return AwsBound(
        broker, facts, (made,), (made,), group=own.id, port=PORT,
        secret=store_binding(broker, facts, needs, target), identity=made.id,
    )  # fmt: skip


def host_of(instances: Sequence[Any]) -> str:
    """The host of the first endpoint, `amqps://HOST:5671`."""
    return urlsplit(str(instances[0].endpoints[0])).hostname or ""
