"""Gateway: nginx, which is also the balancer of replicas."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.container import Publish
from components.model.gateway import Gateway
from components.model.health import Http
from components.targets.docker.container import Spec, docker_target, run
from components.targets.docker.files import File
from components.targets.nginx import CONFIG, HEALTH, INSIDE, configuration


@realizes(Gateway)
def gateway(gateway: Gateway, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """nginx asks Docker's DNS for a service's name every 2 seconds, so that replacing a container needs no restart."""
    target = docker_target(needs)
    waits = [one for service in gateway.routes.values() for one in needs.bound[service.name].ready()]
    running = run(
        gateway, needs, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=waits)),
        Spec(
            image=target.image(gateway.image).image_id,
            files=[File(CONFIG, configuration(gateway))],
            health=Http(HEALTH, port=INSIDE, interval="2s", timeout="5s", retries=30),
            publish=[Publish(gateway.port, INSIDE)],
        ),
    )  # fmt: skip
    facts: dict[str, pulumi.Input[str]] = {"host": gateway.name, "port": str(INSIDE)}
    return Bound(gateway, facts, running.containers, running.healthy, endpoints={"": running.endpoint(INSIDE)})
