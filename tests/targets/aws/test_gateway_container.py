"""The gateway as a container of ours, on Fargate and on the one host that everything shares."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.core.resolve import resolve
from components.targets.aws.notes import notes
from components.targets.nginx import configuration
from strata import Gateway, Scale, Secret, Service
from tests.ran import Ran
from tests.targets.aws.stage import arn, containers, environment, inputs, problems_of, put, secrets, settings_of
from tests.targets.docker.stage import system_of

api = Service("api", image="a:1", port=8000)
web = Service("web", image="a:1", port=3000)
gateway = Gateway(routes={"/": web, "/api": api, "/api/admin": web}, variant="container", rate=60)
PARTS = {"alarms": "off", "dashboard": "off", "backup": "off"}


def door(aws: dict[str, Any] | None = None, **settings: Any) -> Ran:
    return put(api, web, gateway, aws={"parts": PARTS, **(aws or {})}, **settings)


def test_nginx_runs_instead_of_a_load_balancer() -> None:
    ran = door()
    found = containers(ran["gateway-task"])["gateway"]
    script = found["command"][2]
    assert found["image"] == "nginx:alpine" and found["command"][:2] == ["sh", "-c"]
    assert script == (
        "set -e\n"
        "mkdir -p /etc/nginx/conf.d\n"
        "printf '%s' \"$FILE_1\" > /etc/nginx/conf.d/default.conf\n"
        "sed -i \"s/@RESOLVER@/$(awk '/^nameserver/ { print $2; exit }' /etc/resolv.conf)/\" "
        "/etc/nginx/conf.d/default.conf\n"
        "printf '%s\\n' \"$TLS_CERTIFICATE\" > /etc/nginx/tls.crt\n"
        "(umask 077; printf '%s\\n' \"$TLS_KEY\" > /etc/nginx/tls.key)\n"
        "unset TLS_CERTIFICATE TLS_KEY\n"
        "exec nginx -g 'daemon off;'\n"
    )
    assert set(secrets(found)) == {"TLS_CERTIFICATE", "TLS_KEY"}
    assert "http://127.0.0.1:80/_gateway/health" in found["healthCheck"]["command"][1]
    assert not [one.type for one in ran.made if one.type.startswith(("aws:lb", "aws:wafv2", "aws:acm"))]
    assert {"api-ready", "web-ready"} <= ran.awaited("gateway-service")
    assert "gateway-ready" in ran.awaited("gateway-address")
    assert ran["gateway-service"]["networkConfiguration"] == {
        "subnets": ["vpc-public-0-id", "vpc-public-1-id"], "securityGroups": ["gateway-group-id"],
        "assignPublicIp": True,
    }  # fmt: skip
    assert ran["api-service"]["networkConfiguration"]["assignPublicIp"] is False


def test_its_configuration_is_that_of_every_gateway_with_the_names_of_cloud_map() -> None:
    text = environment(containers(door()["gateway-task"])["gateway"])["FILE_1"]
    assert text.splitlines()[:11] == [
        "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }",
        "resolver @RESOLVER@ valid=2s ipv6=off;",
        "limit_req_zone $binary_remote_addr zone=clients:10m rate=60r/m;",
        "server {",
        "  listen 80;",
        '  location = /_gateway/health { access_log off; return 200 "ok\\n"; }',
        "  location / { return 301 https://$host$request_uri; }",
        "}",
        "server {",
        "  listen 443 ssl;",
        "  ssl_certificate /etc/nginx/tls.crt;",
    ]
    upstreams = [line.split()[2] for line in text.splitlines() if "set $upstream" in line]
    assert upstreams == [
        "http://web.shop-prod.internal:3000;", "http://api.shop-prod.internal:8000;",
        "http://web.shop-prod.internal:3000;",
    ]  # fmt: skip
    plain = configuration(gateway)
    assert (
        text[text.index("  client_max_body_size") :].replace(".shop-prod.internal", "")
        == (plain[plain.index("  client_max_body_size") :])
    )


def test_without_tls_it_believes_the_proxy_before_it() -> None:
    ran = door(services={"gateway": {"tls": "off"}})
    found = containers(ran["gateway-task"])["gateway"]
    text = environment(found)["FILE_1"]
    assert "443" not in text and "ssl" not in text and "return 301" not in text
    assert text.count("proxy_set_header X-Forwarded-Proto $forwarded_proto;") == 3
    assert "$scheme" not in configuration(gateway).replace("X-Forwarded-Proto $scheme", "")
    assert "secrets" not in found and "gateway-certificate" not in ran and "TLS" not in found["command"][2]
    assert "gateway-in-443" not in ran
    assert ran.value["gateway"]["endpoints"] == {"": "http://192.0.2.7"}


def test_who_may_reach_whom() -> None:
    ran = door()
    opened = [one for one in ran.made if one.get("cidrIpv4") == "0.0.0.0/0" and "Ingress" in one.type]
    assert {one.name: (one["securityGroupId"], one["fromPort"], one["toPort"]) for one in opened} == {
        "gateway-in-80": ("gateway-group-id", 80, 80), "gateway-in-443": ("gateway-group-id", 443, 443),
    }  # fmt: skip
    pairs = {
        name: inputs(ran[name])["fromPort"] for name in ran.names() if name.startswith(("gateway-to", "gateway-into"))
    }
    assert pairs == {"gateway-to-web": 3000, "gateway-into-web": 3000, "gateway-to-api": 8000, "gateway-into-api": 8000}
    assert inputs(ran["gateway-into-api"])["referencedSecurityGroupId"] == "gateway-group-id"
    assert "api-by-edge" not in ran and ran["api-service"].get("loadBalancers") is None


def test_where_it_is_reached() -> None:
    assert door().value["gateway"]["endpoints"] == {"": "https://192.0.2.7"}
    ran = door({"domain": "shop.example.com", "zone": "example.com"})
    assert inputs(ran["gateway-name"]) == {
        "zoneId": "Z1",
        "name": "shop.example.com",
        "type": "A",
        "ttl": 60,
        "records": ["192.0.2.7"],
    }
    assert ran.value["gateway"]["endpoints"] == {"": "https://shop.example.com"}


def test_problems_and_notes() -> None:
    own = {"domain": "shop.example.com", "certificate": "arn:aws:acm:eu-central-1:1:certificate/own"}
    assert problems_of(api, web, gateway, aws=own) == [
        "settings: strata:aws.certificate: given with gateway as a container: ACM keeps the key, nginx cannot use it; "
        "leave one of them out"
    ]
    balanced = Gateway(routes={"/": web})
    assert problems_of(web, balanced, services={"gateway": {"tls": "off", "capacity": "ec2"}}) == [
        "settings: strata:services.gateway.tls: given for the load balancer, which speaks HTTPS alone; leave it out, "
        "or set variant to container",
        "settings: strata:services.gateway.capacity: given for the load balancer, which runs on nothing of yours; "
        "leave it out, or set variant to container",
    ]
    ec2 = {"capacity": "ec2", "hosts": {"type": "m7g.large"}, "architecture": "arm64"}
    assert problems_of(api, web, gateway, aws=ec2) == [
        "settings: strata:services.gateway.capacity: given 'ec2', where ECS gives tasks no public address; set it to "
        "fargate"
    ]
    assert resolve(system_of(api, web, gateway), settings_of(ec2, services={"gateway": {"capacity": "fargate"}}))
    many = Service("many-of-them-and-a-name", image="a:1", port=80, scale=Scale(max=2, requests=5))
    assert problems_of(many, Gateway(routes={"/": many}, variant="container")) == [
        "many-of-them-and-a-name (Service): scale.requests: given 5; the load balancer counts requests, and a gateway "
        "in a container counts none"
    ]
    chosen = settings_of()
    said = [*notes(resolve(system_of(api, web, gateway), chosen), chosen)]
    assert said[0].startswith("gateway: one nginx container instead of a load balancer: no firewall (WAF)")
    assert said[1].startswith("gateway: HTTPS with a certificate that signs itself, of which browsers warn")
    chosen = settings_of(services={"gateway": {"tls": "off"}})
    assert "plain HTTP" in [*notes(resolve(system_of(api, web, gateway), chosen), chosen)][1]
    assert [*notes(resolve(system_of(web, balanced), settings_of()), settings_of())] == []


SHARED: dict[str, Any] = {"nat": "none", "capacity": "ec2", "hosts": {"network": "bridge"}}
"""Everything on one host, as frugal has it."""


def shared(aws: dict[str, Any] | None = None, **settings: Any) -> Ran:
    return door({**SHARED, **(aws or {})}, **settings)


def test_on_a_shared_host_nginx_is_given_the_hosts_address_and_the_ports_on_it() -> None:
    """nginx never reads /etc/hosts, where the names of a shared host are."""
    other = Service("other", image="a:1", port=8000)
    ran = put(
        api, web, other, Gateway(routes={"/": web, "/api": api, "/other": other}, variant="container"), aws=SHARED
    )
    found = containers(ran["gateway-task"])["gateway"]
    text = environment(found)["FILE_1"]
    upstreams = [line.split()[2] for line in text.splitlines() if "set $upstream" in line]
    assert upstreams == ["http://172.17.0.1:20000;", "http://172.17.0.1:8000;", "http://172.17.0.1:3000;"]
    assert "resolver" not in text and "RESOLVER" not in found["command"][2] and "sed" not in found["command"][2]
    assert containers(ran["other-task"])["other"]["portMappings"][0]["hostPort"] == 20000
    assert found["portMappings"] == [
        {"containerPort": 80, "hostPort": 80, "protocol": "tcp"},
        {"containerPort": 443, "hostPort": 443, "protocol": "tcp"},
    ]  # fmt: skip
    assert (found["cpu"], found["memoryReservation"]) == (128, 32) and "memory" not in found
    service = ran["gateway-service"]
    assert service.get("networkConfiguration") is None and service.get("serviceRegistries") is None
    assert (service["deploymentMinimumHealthyPercent"], service["deploymentMaximumPercent"]) == (0, 100)
    assert ran["gateway-task"]["networkMode"] == "bridge" and {"api-ready", "web-ready"} <= ran.awaited(
        "gateway-service"
    )
    assert not [one.type for one in ran.made if one.type.startswith(("aws:lb", "aws:wafv2", "aws:acm"))]


def test_on_a_shared_host_its_ports_are_all_that_is_open_and_the_address_is_kept() -> None:
    ran = shared(protection=True)
    opened = {
        one.name: (one["securityGroupId"], one["cidrIpv4"], one["fromPort"], one["toPort"])
        for one in ran.of("SecurityGroupIngressRule")
    }
    assert opened == {
        "gateway-in-80": ("fleet-group-id", "0.0.0.0/0", 80, 80),
        "gateway-in-443": ("fleet-group-id", "0.0.0.0/0", 443, 443),
    }  # fmt: skip
    assert {one.name for one in ran.of("ec2/securityGroup:SecurityGroup")} == {"fleet-group"}
    assert inputs(ran["fleet-address"]) == {"domain": "vpc"} and ran["fleet-address"].protect
    assert ran.value["gateway"]["endpoints"] == {"": "https://192.0.2.1"} and "gateway-address" not in ran
    assert ran.value["gateway"]["facts"] == {"host": "gateway.shop-prod.internal", "port": "80"}


def test_on_a_shared_host_a_domain_leads_to_the_address_that_is_kept() -> None:
    ran = shared({"domain": "shop.example.com", "zone": "example.com"})
    assert inputs(ran["gateway-name"])["records"] == ["192.0.2.1"] and "gateway-ready" in ran.awaited("gateway-name")
    assert ran.value["gateway"]["endpoints"] == {"": "https://shop.example.com"}


def test_on_a_shared_host_without_tls_it_has_one_port() -> None:
    ran = shared(services={"gateway": {"tls": "off"}})
    found = containers(ran["gateway-task"])["gateway"]
    assert [one["hostPort"] for one in found["portMappings"]] == [80]
    assert "gateway-in-443" not in ran and ran.value["gateway"]["endpoints"] == {"": "http://192.0.2.1"}


def test_frugal_keeps_its_certificate_with_the_declared_secrets() -> None:
    """One secret costs as much as another, and both are read by ECS alone."""
    token = Service("token", image="a:1", port=80, secrets={"TOKEN": Secret("token", default="a-token")})
    described = (token, Gateway(routes={"/": token}))
    ran = put(*described, profile="frugal")
    found = secrets(containers(ran["gateway-task"])["gateway"])
    declared = f"{arn('secretsmanager', 'Secret/declared-secret')}"
    assert found == {key: f"{declared}:{key}::declared-secret-value-v1" for key in ("TLS_CERTIFICATE", "TLS_KEY")}
    held = json.loads(ran["declared-secret-value"]["secretString"])
    assert set(held) == {"token", "TLS_CERTIFICATE", "TLS_KEY"} and "PRIVATE KEY" in held["TLS_KEY"]
    assert ran["declared-secret-value"].inputs.is_secret("secretString")
    assert ran["gateway-certificate"].ignore_changes == ("input",)
    assert [one.name for one in ran.of("secretsmanager/secret:Secret")] == ["declared-secret"]
    off = put(*described, profile="frugal", services={"gateway": {"tls": "off"}})
    assert set(json.loads(off["declared-secret-value"]["secretString"])) == {"token"}
    balanced = put(*described, profile="frugal", services={"gateway": {"variant": None}})
    assert set(json.loads(balanced["declared-secret-value"]["secretString"])) == {"token"}
    alone = put(web, Gateway(routes={"/": web}), profile="frugal")
    assert [one.name for one in alone.of("secretsmanager/secret:Secret")] == ["gateway-tls-secret"]


def test_frugal_has_its_gateway_on_the_host_unless_somebody_says_otherwise() -> None:
    described = (web, Gateway(routes={"/": web}))
    ran = put(*described, profile="frugal")
    assert "gateway-service" in ran and "edge" not in ran and ran["fleet-hosts"]["maxSize"] == 1
    ran = put(*described, profile="frugal", services={"gateway": {"variant": None}})
    assert "gateway-service" not in ran and "edge" in ran and "fleet-address" not in ran
    ran = put(*described, profile="frugal", aws={"capacity": "fargate"})
    assert "gateway-address" in ran and "fleet-address" not in ran


@pytest.mark.parametrize(
    ("aws", "services", "problem"),
    [
        ({"nat": "one"}, {}, "strata:aws.nat: given 'one', which puts the shared host where nobody reaches it, and "
            "gateway is a container on it; leave nat out, or set strata:services.gateway.variant to null for a load "
            "balancer"),
        ({"endpoints": "on"}, {}, "strata:aws.endpoints: given on, which puts the shared host where nobody reaches it, "
            "and gateway is a container on it; leave endpoints out, or set strata:services.gateway.variant to null for "
            "a load balancer"),
        ({}, {"gateway": {"capacity": "fargate"}}, "strata:services.gateway.capacity: given 'fargate' with "
            "hosts.network 'bridge'; what runs on one host is reached from that host alone"),
    ],
)  # fmt: skip
def test_a_shared_host_that_nobody_reaches(aws: dict[str, Any], services: dict[str, Any], problem: str) -> None:
    given = {"profile": "frugal", "services": services}
    assert problems_of(api, web, gateway, aws=aws, **given) == [f"settings: {problem}"]
    balanced = {"gateway": {"variant": None}}
    assert resolve(system_of(web, Gateway(routes={"/": web})), settings_of(aws, profile="frugal", services=balanced))


def test_what_a_shared_hosts_gateway_gives_up_is_told() -> None:
    chosen = settings_of(profile="frugal")
    said = [*notes(resolve(system_of(api, web, gateway), chosen), chosen)]
    assert said[0] == (
        "gateway: one nginx container instead of a load balancer: no firewall (WAF), no alarm on failed requests, and "
        "an update or another host interrupts it for seconds to minutes; its address stays"
    )
