"""Gateway: nginx, which is also the balancer of replicas."""

from __future__ import annotations

import re

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.container import Publish
from components.model.gateway import Gateway
from components.model.health import Http
from components.model.units import memory_bytes
from components.targets.docker.container import Spec, docker_target, run
from components.targets.docker.files import File

INSIDE = 80
CONFIG = "/etc/nginx/conf.d/default.conf"
HEALTH = "/_gateway/health"

LOCATION = """  location {path} {{
    set $upstream {url};
    proxy_pass $upstream;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_connect_timeout 2s;
    proxy_read_timeout 1h;
    proxy_buffering off;
    proxy_next_upstream error timeout;
  }}
"""

SERVER = """map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
resolver 127.0.0.11 valid=2s ipv6=off;
{zone}server {{
  listen {port};
  client_max_body_size {body};
{limit}  location = {health} {{ access_log off; return 200 "ok\\n"; }}
{locations}}}
"""
ZONE = "limit_req_zone $binary_remote_addr zone=clients:10m rate={rate}r/m;\n"
LIMIT = """  limit_req zone=clients burst={rate} nodelay;
  limit_req_status 429;
"""
"""nginx spreads a rate evenly over the minute; the burst lets a client have a whole minute's worth at once, as a page
with many parts asks for."""


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


def configuration(gateway: Gateway) -> str:
    """nginx's server block: the longest path first, each balanced over the addresses behind its service's name."""
    routes = sorted(gateway.routes.items(), key=lambda route: (-len(route[0]), route[0]))
    locations = "".join(
        LOCATION.format(path=_location(path), url=f"http://{service.name}:{service.port}") for path, service in routes
    )
    zone, limit = (text.format(rate=gateway.rate) if gateway.rate else "" for text in (ZONE, LIMIT))
    return SERVER.format(
        port=INSIDE, body=memory_bytes(gateway.body), health=HEALTH, locations=locations, zone=zone, limit=limit
    )


def _location(path: str) -> str:
    """`/api` means /api and what is below it, not /apiary; the order in the file decides between two that match."""
    return "/" if path == "/" else f"~ ^{re.escape(path.rstrip('/'))}(/|$)"
