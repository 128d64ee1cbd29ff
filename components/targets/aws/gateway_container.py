"""Gateway as a container: nginx with an address of its own, a fraction of a load balancer's price.

A task's address on the internet is another one whenever ECS starts the task anew, and none can be kept for it.
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
from components.targets.aws.contained import certified, sizes, standing_for
from components.targets.aws.options import GatewayOptions
from components.targets.aws.security import ANYWHERE
from components.targets.aws.service import Extras
from components.targets.aws.tasks import Secrets, aws_target
from components.targets.nginx import CONFIG, HEALTH, INSIDE, Tls, configuration

TLS = Tls("/etc/nginx/tls.crt", "/etc/nginx/tls.key")
RESOLVER = "@RESOLVER@"
"""Stands for the container's own DNS server, which the network tells it and no setting names."""
STARTED = """set -e
{files}sed -i "s/{resolver}/$(awk '/^nameserver/ {{ print $2; exit }}' /etc/resolv.conf)/" {config}
{tls}exec nginx -g 'daemon off;'
"""
CERTIFIED = f"""printf '%s\\n' "$TLS_CERTIFICATE" > {TLS.certificate}
(umask 077; printf '%s\\n' "$TLS_KEY" > {TLS.key})
unset TLS_CERTIFICATE TLS_KEY
"""


@realizes(Gateway, variant="container")
def gateway_container(gateway: Gateway, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """Started once every service that it leads to is steady; HTTPS with a certificate that signs itself, or none."""
    target = aws_target(needs)
    own, tls = target.chosen.own, target.options(gateway, GatewayOptions).tls == "self-signed"
    inside = target.found().domain
    files = {
        CONFIG: configuration(
            gateway, host=lambda service: f"{service.name}.{inside}", resolver=RESOLVER, tls=TLS if tls else None,
            behind_a_proxy=not tls,
        )
    }  # fmt: skip
    script = STARTED.format(files=written.script(files), resolver=RESOLVER, config=CONFIG, tls=CERTIFIED if tls else "")
    running = Service(
        gateway.name, image=gateway.image, command=["sh", "-c", script], port=INSIDE,
        environment=written.environment(files), health=Http(HEALTH, interval="10s", timeout="5s"),
        stop_seconds=30, formerly=gateway.formerly, **sizes(gateway),
    )  # fmt: skip
    services = {service.name: service for service in gateway.routes.values()}.values()
    steady = [one for service in services for one in needs.bound[service.name].ready()]
    name = own.domain or f"{gateway.name}.{inside}"
    made = standing_for(
        gateway, running, needs, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=steady)),
        Extras(
            secrets=certified(gateway.name, name, needs) if tls else Secrets(),
            reaches=[found for service in services if (found := aws_bound(needs, service))], public=True, spot=False,
        ),
    )  # fmt: skip
    for port in (INSIDE, TLS.port) if tls else (INSIDE,):
        aws.vpc.SecurityGroupIngressRule(
            f"{gateway.name}-in-{port}", security_group_id=made.group or "", cidr_ipv4=ANYWHERE, ip_protocol="tcp",
            from_port=port, to_port=port, opts=needs.child(),
            description="everyone, sent on to HTTPS" if tls and port == INSIDE else "everyone",
        )  # fmt: skip
    return dataclasses.replace(made, endpoints={"": _reached(gateway, needs, made, "https" if tls else "http")})


def _reached(gateway: Gateway, needs: Needs, made: AwsBound, scheme: str) -> pulumi.Output[str]:
    """Where a person opens it: the domain, whose record says the address, or the address itself."""
    target = aws_target(needs)
    own, (service,) = target.chosen.own, made.started
    assert isinstance(service, aws.ecs.Service)
    found = Address(
        gateway.name,
        {
            "task": service.task_definition, "cluster": target.found().cluster.arn, "name": service.name,
            **target.chosen.where(),
        },
        needs.child(depends_on=[*made.healthy]),
    )  # fmt: skip
    if not own.domain:
        return pulumi.Output.concat(scheme, "://", found.address)
    if own.zone:
        invoke = pulumi.InvokeOptions(provider=target.found().provider)
        zone = aws.route53.get_zone_output(name=own.zone, opts=invoke).zone_id
        aws.route53.Record(
            f"{gateway.name}-name", zone_id=zone, name=own.domain, type="A", ttl=60, records=[found.address],
            opts=needs.child(),
        )  # fmt: skip
    return pulumi.Output.from_input(f"{scheme}://{own.domain}")
