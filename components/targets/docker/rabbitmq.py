"""RabbitMQ: the official image; user and password come as a configuration file (the image has no *_FILE keys)."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.rabbitmq import RabbitMQ
from components.model.volume import Mount
from components.targets.docker.container import Spec, docker_target, run
from components.targets.docker.files import File
from components.targets.docker.image_names import name_of
from components.targets.rabbitmq_conf import watermark

CONFIG = "/etc/rabbitmq/conf.d/20-strata.conf"
PASSWORD = "/run/secrets/rabbitmq-password"


@realizes(RabbitMQ)
def rabbitmq(broker: RabbitMQ, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """Its host name is fixed: RabbitMQ keeps its data under the node's name."""
    target = docker_target(needs)
    password = target.secret(broker.password)
    limit = f"vm_memory_high_watermark.absolute = {watermark(broker.memory)}\n" if broker.memory else ""
    config = pulumi.Output.concat(f"{limit}default_user = {broker.user}\ndefault_pass = ", password, "\n")
    running = run(
        broker, needs, opts,
        Spec(
            image=target.image(name_of(broker)).image_id,
            environment={"RABBITMQ_NODENAME": "rabbit@localhost"},
            files=[File(CONFIG, config), File(PASSWORD, password)],
            mounts=[Mount(broker.volume, "/var/lib/rabbitmq")],
            health=broker.health,
            grace=30,
            then=["sh", "-c", f'rabbitmqctl -q change_password {broker.user} "$(cat {PASSWORD})"'],
            watched=[password],
        ),
    )  # fmt: skip
    facts: dict[str, pulumi.Input[str]] = {
        "scheme": "amqp", "host": broker.name, "port": str(RabbitMQ.PORT), "user": broker.user, "password": password,
    }  # fmt: skip
    reached = {"": (RabbitMQ.PORT, "amqp"), "management": (RabbitMQ.MANAGEMENT_PORT, "http")}
    endpoints = {name: running.endpoint(*one) for name, one in reached.items() if one[0] in running.ports}
    return Bound(broker, facts, running.containers, running.healthy, endpoints=endpoints)
