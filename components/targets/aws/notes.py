"""What somebody who checks a stack should know of how its services run on AWS, and is no problem. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from components.core.settings import StackSettings
from components.model.gateway import Gateway
from components.model.monitoring import Grafana, Prometheus
from components.model.postgres import Postgres
from components.model.system import System
from components.targets.aws.hosts import entered
from components.targets.aws.options import GatewayOptions, options_of


def notes(system: System, settings: StackSettings) -> Iterator[str]:
    """One line for each thing to know of a resolved system."""
    for service in system.services():
        if isinstance(service, Postgres) and service.variant == "container":
            yield from _postgres(service)
        if isinstance(service, Gateway) and service.variant == "container":
            yield from _gateway(service, settings)
        if isinstance(service, Prometheus):
            yield (
                f"{service.name}: its metrics are on EFS, which its makers do not support: after a hard end the newest "
                "may be lost; its rules are shown and notify nobody, CloudWatch's alarms do"
            )
        if isinstance(service, Grafana):
            yield (
                f"{service.name}: not reached from outside; with exec: on, AWS's Session Manager forwards a port to it "
                "(README); a new password is taken by an empty volume alone"
            )


def _postgres(database: Postgres) -> Iterator[str]:
    yield (
        f"{database.name}: one container instead of RDS: no standby and no replicas (a lost task is a minute or more "
        "without a database, and so is every update of it), no restore to a point in time, minor versions by the "
        "image alone, and every write waits for EFS; TLS is there for clients that ask, not forced"
    )
    kept = database.volume.backup
    if kept == "recreatable":
        yield f"{database.name}: its volume is recreatable, so it is neither dumped nor backed up"
    else:
        yield (
            f"{database.name}: dumped each night at 02:00 UTC into its volume, which AWS Backup copies "
            f"{'each night' if kept == 'critical' else 'each week'} ({kept}); restore from the dump, for the copied "
            "files of a running server are not of one moment"
        )


def _gateway(gateway: Gateway, settings: StackSettings) -> Iterator[str]:
    if entered(gateway, settings):
        address = "an update or another host interrupts it for seconds to minutes; its address stays"
    else:
        address = (
            "another address whenever ECS starts it anew; until the next pulumi up --refresh the stack's url, and the "
            "zone where there is one, say the old one"
        )
    yield (
        f"{gateway.name}: one nginx container instead of a load balancer: no firewall (WAF), no alarm on failed "
        f"requests, and {address}"
    )
    if options_of(gateway, settings, GatewayOptions).tls == "off":
        yield (
            f"{gateway.name}: plain HTTP, for a proxy of your own before it that speaks HTTPS; whoever comes past that "
            "reads along, and a rate limit counts the proxy as one client"
        )
    else:
        yield (
            f"{gateway.name}: HTTPS with a certificate that signs itself, of which browsers warn; a CDN or a proxy of "
            "your own before it can have one that they trust"
        )
