"""nginx's configuration for a Gateway, the same for every target whose gateway is a container. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from components.model.gateway import Gateway
from components.model.service import Service
from components.model.units import memory_bytes

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
    proxy_set_header X-Forwarded-Proto {scheme};
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_connect_timeout 2s;
    proxy_read_timeout 1h;
    proxy_buffering off;
    proxy_next_upstream error timeout;
  }}
"""

SERVER = """map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
{forwarded}{resolver}{zone}{redirect}server {{
  listen {port};
{tls}  client_max_body_size {body};
{limit}  location = {health} {{ access_log off; return 200 "ok\\n"; }}
{locations}}}
"""
RESOLVER = "resolver {resolver} valid=2s ipv6=off;\n"
ZONE = "limit_req_zone $binary_remote_addr zone=clients:10m rate={rate}r/m;\n"
LIMIT = """  limit_req zone=clients burst={rate} nodelay;
  limit_req_status 429;
"""
"""nginx spreads a rate evenly over the minute; the burst lets a client have a whole minute's worth at once, as a page
with many parts asks for."""
REDIRECT = """server {{
  listen {port};
  location = {health} {{ access_log off; return 200 "ok\\n"; }}
  location / {{ return 301 https://$host$request_uri; }}
}}
"""
TLS = """  ssl_certificate {certificate};
  ssl_certificate_key {key};
  ssl_protocols TLSv1.2 TLSv1.3;
"""
FORWARDED = "map $http_x_forwarded_proto $forwarded_proto { default $http_x_forwarded_proto; '' $scheme; }\n"
"""What the proxy before this one was asked by; whoever else could reach nginx might claim anything."""


@dataclass(frozen=True)
class Tls:
    """Where in the container the certificate and its key are; HTTP is then sent on to HTTPS at `port`."""

    certificate: str
    key: str
    port: int = 443


def configuration(
    gateway: Gateway, *, host: Callable[[Service], str] = lambda service: service.name,
    port: Callable[[Service], int | None] = lambda service: service.port, resolver: str | None = "127.0.0.11",
    tls: Tls | None = None, behind_a_proxy: bool = False,
) -> str:  # fmt: skip
    """nginx's server blocks: the longest path first, each balanced over the addresses behind its service's `host`,
    at its `port` (default: the service's own).

    `resolver` is the DNS server that is asked for them (default: Docker's) every 2 seconds, so that replacing a
    container needs no restart; None where every `host` is an address, of which nobody has to be asked.
    """
    routes = sorted(gateway.routes.items(), key=lambda route: (-len(route[0]), route[0]))
    scheme = "$forwarded_proto" if behind_a_proxy else "$scheme"
    locations = "".join(
        LOCATION.format(path=_location(path), url=f"http://{host(service)}:{port(service)}", scheme=scheme)
        for path, service in routes
    )
    zone, limit = (text.format(rate=gateway.rate) if gateway.rate else "" for text in (ZONE, LIMIT))
    return SERVER.format(
        port=f"{tls.port} ssl" if tls else INSIDE, body=memory_bytes(gateway.body), health=HEALTH,
        resolver=RESOLVER.format(resolver=resolver) if resolver else "",
        redirect=REDIRECT.format(port=INSIDE, health=HEALTH) if tls else "", locations=locations, zone=zone,
        limit=limit, tls=TLS.format(certificate=tls.certificate, key=tls.key) if tls else "",
        forwarded=FORWARDED if behind_a_proxy else "",
    )  # fmt: skip


def _location(path: str) -> str:
    """`/api` means /api and what is below it, not /apiary; the order in the file decides between two that match."""
    return "/" if path == "/" else f"~ ^{re.escape(path.rstrip('/'))}(/|$)"
