"""RabbitMQ as a container: cheaper than Amazon MQ, one task, its queues on the stack's file system."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.health import Command
from components.model.rabbitmq import RabbitMQ
from components.model.service import Service
from components.model.volume import Mount
from components.targets.aws.contained import contained, sizes
from components.targets.aws.hosts import memory_of
from components.targets.aws.owners import OWNER
from components.targets.rabbitmq_conf import watermark


@realizes(RabbitMQ, variant="container")
def rabbitmq_container(broker: RabbitMQ, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """A singleton under a fixed node name, which RabbitMQ keeps its data under; it runs as the owner of its volume."""
    image = broker.image or f"rabbitmq:{broker.version}{'-management' if broker.management else ''}"
    most = watermark(memory_of(broker) or "1GB")
    running = Service(
        broker.name, image=image, port=RabbitMQ.PORT, user=str(OWNER),
        environment={
            "RABBITMQ_NODENAME": "rabbit@localhost", "RABBITMQ_DEFAULT_USER": broker.user, "HOME": "/var/lib/rabbitmq",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-rabbit vm_memory_high_watermark {{absolute,{most}}}",
        },
        secrets={"RABBITMQ_DEFAULT_PASS": broker.password}, volumes=[Mount(broker.volume, "/var/lib/rabbitmq")],
        health=Command("rabbitmq-diagnostics -q check_port_connectivity", interval="15s", timeout="10s",
                       retries=5, start_period="60s"),
        singleton=True, stop_seconds=60, formerly=broker.formerly, **sizes(broker),
    )  # fmt: skip
    return contained(broker, running, {"scheme": "amqp", "user": broker.user}, broker.password, needs, opts)
