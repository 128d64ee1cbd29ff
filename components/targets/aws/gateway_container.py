"""Gateway as a container: nginx with an address of its own, a fraction of a load balancer's price.

On Fargate a task's address on the internet is another one whenever ECS starts the task anew, and none can be kept for
it. On the one host that everything shares the address is the host's, which the next host takes over.
"""

from __future__ import annotations

import dataclasses

import pulumi
import pulumi_aws as aws

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.gateway import Gateway
from components.model.health import Http
from components.model.service import Service
from components.targets.aws import written
from components.targets.aws.address import Address
from components.targets.aws.bound import AwsBound, aws_bound
from components.targets.aws.contained import certificate_in, certified, sizes, standing_for
from components.targets.aws.options import GatewayOptions
from components.targets.aws.security import ANYWHERE
from components.targets.aws.service import Extras
from components.targets.aws.settings import BRIDGE
from components.targets.aws.target import AwsTarget
from components.targets.aws.tasks import Secrets, aws_target
from components.targets.nginx import CONFIG, HEALTH, INSIDE, Tls, configuration

TLS = Tls("/etc/nginx/tls.crt", "/etc/nginx/tls.key")
RESOLVER = "@RESOLVER@"
"""Stands for the container's own DNS server, which the network tells it and no setting names."""
RESOLVED = f"""sed -i "s/{RESOLVER}/$(awk '/^nameserver/ {{ print $2; exit }}' /etc/resolv.conf)/" {CONFIG}
"""
STARTED = """set -e
{files}{resolved}{tls}exec nginx -g 'daemon off;'
"""
CERTIFIED = f"""printf '%s\\n' "$TLS_CERTIFICATE" > {TLS.certificate}
(umask 077; printf '%s\\n' "$TLS_KEY" > {TLS.key})
unset TLS_CERTIFICATE TLS_KEY
"""


@realizes(Gateway, variant="container")
def gateway_container(gateway: Gateway, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """Started once every service that it leads to is steady; HTTPS with a certificate that signs itself, or none."""
    target = aws_target(needs)
    tls, local = target.options(gateway, GatewayOptions).tls == "self-signed", target.shares_host(gateway)
    files = {CONFIG: _configuration(gateway, target, tls)}
    script = STARTED.format(
        files=written.script(files), resolved="" if local else RESOLVED, tls=CERTIFIED if tls else ""
    )
    running = Service(
        gateway.name, image=gateway.image, command=["sh", "-c", script], port=INSIDE,
        environment=written.environment(files), health=Http(HEALTH, interval="10s", timeout="5s"),
        stop_seconds=30, formerly=gateway.formerly, **sizes(gateway),
    )  # fmt: skip
    services = {service.name: service for service in gateway.routes.values()}.values()
    steady = [one for service in services for one in needs.bound[service.name].ready()]
    made = standing_for(
        gateway, running, needs, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=steady)),
        Extras(
            secrets=_certificate(gateway, needs) if tls else Secrets(),
            reaches=[found for service in services if (found := aws_bound(needs, service))], public=True, spot=False,
            more=[TLS.port] if tls else [],
        ),
    )  # fmt: skip
    fleet = target.fleet_of(gateway) if local else None
    for port in (INSIDE, TLS.port) if tls else (INSIDE,):
        aws.vpc.SecurityGroupIngressRule(
            f"{gateway.name}-in-{port}", security_group_id=fleet.group.id if fleet else made.group or "",
            cidr_ipv4=ANYWHERE, ip_protocol="tcp", from_port=port, to_port=port, opts=needs.child(),
            description="everyone, sent on to HTTPS" if tls and port == INSIDE else "everyone",
        )  # fmt: skip
    address = fleet.address.public_ip if fleet and fleet.address else _of_task(gateway, needs, made)
    return dataclasses.replace(
        made, endpoints={"": _reached(gateway, needs, made, "https" if tls else "http", address)}
    )


def _configuration(gateway: Gateway, target: AwsTarget, tls: bool) -> str:
    """nginx's. It asks DNS for a name whenever it is used and never reads /etc/hosts, where a shared host's names are:
    there it is given the host as its containers see it, and each service's port on it."""
    inside, shown = target.found().domain, TLS if tls else None
    if target.shares_host(gateway):
        return configuration(
            gateway, host=lambda _: BRIDGE, port=lambda service: target.port_of(service.name, service.port),
            resolver=None, tls=shown, behind_a_proxy=not tls,
        )  # fmt: skip
    return configuration(
        gateway, host=lambda service: f"{service.name}.{inside}", resolver=RESOLVER, tls=shown, behind_a_proxy=not tls
    )


def _certificate(gateway: Gateway, needs: Needs) -> Secrets:
    target = aws_target(needs)
    if stored := target.door_certificate():
        return certificate_in(stored)
    return certified(gateway.name, target.chosen.own.domain or f"{gateway.name}.{target.found().domain}", needs)


def _of_task(gateway: Gateway, needs: Needs, made: AwsBound) -> pulumi.Output[str]:
    """The address of the task that runs now."""
    target, (service,) = aws_target(needs), made.started
    assert isinstance(service, aws.ecs.Service)
    known = {"task": service.task_definition, "cluster": target.found().cluster.arn, "name": service.name}
    opts = needs.child(depends_on=[*made.healthy])
    return Address(gateway.name, {**known, **target.chosen.where()}, opts).address


def _reached(
    gateway: Gateway, needs: Needs, made: AwsBound, scheme: str, address: pulumi.Output[str]
) -> pulumi.Output[str]:
    """Where a person opens it: the domain, whose record says the address, or the address itself."""
    target = aws_target(needs)
    own = target.chosen.own
    if not own.domain:
        return pulumi.Output.concat(scheme, "://", address)
    if own.zone:
        invoke = pulumi.InvokeOptions(provider=target.found().provider)
        zone = aws.route53.get_zone_output(name=own.zone, opts=invoke).zone_id
        aws.route53.Record(
            f"{gateway.name}-name", zone_id=zone, name=own.domain, type="A", ttl=60, records=[address],
            opts=needs.child(depends_on=[*made.healthy]),
        )  # fmt: skip
    return pulumi.Output.from_input(f"{scheme}://{own.domain}")
