"""The one door into a system: its load balancer, certificate, name and routes."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from components.targets.aws.edge import patterns
from strata import Gateway, Http, Service
from tests.ran import Ran
from tests.targets.aws.stage import arn, inputs, put

api = Service("api", image="a:1", port=8000, health=Http("/health", start_period="30s"), stop_seconds=20)
web = Service("web", image="a:1", port=3000)
gateway = Gateway(routes={"/": web, "/api": api, "/api/admin": web})
BALANCER = arn("elasticloadbalancing", "loadbalancer/app/edge/1")
OWN = "arn:aws:acm:eu-central-1:1:certificate/own"


def door(aws: dict[str, Any] | None = None, **settings: Any) -> Ran:
    without = {"parts": {"firewall": "off", "alarms": "off", "dashboard": "off", "backup": "off"}}
    return put(api, web, gateway, aws={**without, **(aws or {})}, **settings)


def test_the_load_balancer() -> None:
    ran = door()
    (balancer,) = ran.of("LoadBalancer")
    assert inputs(balancer) == {
        "loadBalancerType": "application", "securityGroups": ["edge-group-id"],
        "subnets": ["vpc-public-0-id", "vpc-public-1-id"], "idleTimeout": 3600, "dropInvalidHeaderFields": True,
        "enableDeletionProtection": False,
        "accessLogs": {"bucket": "logs-bucket-id", "prefix": "edge", "enabled": True},
    }  # fmt: skip
    assert ran["logs-bucket-policy"].urn in balancer.depends_on, "AWS tries at once whether it may write there"
    assert inputs(ran["edge-https"]) == {
        "loadBalancerArn": BALANCER, "port": 443, "protocol": "HTTPS",
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "certificateArn": arn("acm", "certificate/certificate-acm"),
        "defaultActions": [{
            "type": "fixed-response",
            "fixedResponse": {"contentType": "text/plain", "messageBody": "not found", "statusCode": "404"},
        }],
    }  # fmt: skip
    assert inputs(ran["edge-http"]) == {
        "loadBalancerArn": BALANCER, "port": 80, "protocol": "HTTP",
        "defaultActions": [
            {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}}
        ],
    }  # fmt: skip
    assert door(protection=True).of("LoadBalancer")[0]["enableDeletionProtection"] is True


def test_routes_lead_to_their_services_the_longest_first() -> None:
    ran = door()
    found = {one.name: (one["priority"], one["conditions"], one["actions"]) for one in ran.of("ListenerRule")}

    def rule(priority: int, service: str, paths: list[str]) -> Any:
        target = arn("elasticloadbalancing", f"targetgroup/{service}-targets/1")
        return priority, [{"pathPattern": {"values": paths}}], [{"type": "forward", "targetGroupArn": target}]

    assert found == {
        "web-route-0": rule(10, "web", ["/api/admin", "/api/admin/*"]),
        "api-route-1": rule(20, "api", ["/api", "/api/*"]),
        "web-route-2": rule(30, "web", ["/*"]),
    }
    assert {one["listenerArn"] for one in ran.of("ListenerRule")} == {arn("lb", "Listener/edge-https")}


@pytest.mark.parametrize(
    ("path", "expected"), [("/", ["/*"]), ("/a", ["/a", "/a/*"]), ("/a/b/", ["/a/b", "/a/b/*"])]
)  # fmt: skip
def test_a_prefix_is_a_whole_part_of_a_path(path: str, expected: list[str]) -> None:
    assert patterns(path) == expected


def test_a_service_behind_the_gateway() -> None:
    ran = door()
    assert inputs(ran["api-targets"]) == {
        "port": 8000, "protocol": "HTTP", "targetType": "ip", "vpcId": "vpc-network-id", "deregistrationDelay": 20,
        "healthCheck": {
            "path": "/health", "matcher": "200-399", "interval": 10, "timeout": 5, "healthyThreshold": 2,
            "unhealthyThreshold": 3,
        },
    }  # fmt: skip
    assert ran["web-targets"]["healthCheck"]["path"] == "/" and ran["web-targets"]["deregistrationDelay"] == 10
    assert ran["api-service"]["loadBalancers"] == [{
        "targetGroupArn": arn("elasticloadbalancing", "targetgroup/api-targets/1"), "containerName": "api",
        "containerPort": 8000,
    }]  # fmt: skip
    assert ran["api-service"]["healthCheckGracePeriodSeconds"] == 30
    assert ran["web-service"].get("healthCheckGracePeriodSeconds") is None
    # ECS refuses a target group that no listener leads to.
    assert "api-route-1" in ran.awaited("api-service")


def test_a_service_that_no_route_leads_to_is_not_reached_from_outside() -> None:
    ran = put(api, web, Gateway(routes={"/": web}))
    assert "api-targets" not in ran and ran["api-service"].get("loadBalancers") is None
    assert "api-by-edge" not in ran


def test_without_a_domain_the_certificate_is_made_once_and_kept() -> None:
    ran = door()
    stash, certificate = ran["certificate-made"], ran["certificate-acm"]
    assert stash.ignore_changes == ("input",) and stash.inputs.is_secret("input")
    assert certificate.inputs.is_secret("privateKey")
    made = x509.load_pem_x509_certificate(certificate["certificateBody"].encode())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["shop-prod.internal"]
    assert 3640 < (made.not_valid_after_utc - made.not_valid_before_utc).days < 3660
    assert ran.value["gateway"]["endpoints"] == {"": "https://edge.eu-central-1.elb.amazonaws.com"}
    assert not [one for one in ran.made if "route53" in one.type]


def test_a_zone_proves_the_certificate_and_holds_the_name() -> None:
    ran = door({"domain": "shop.example.com", "zone": "example.com"})
    assert inputs(ran["certificate-acm"]) == {"domainName": "shop.example.com", "validationMethod": "DNS"}
    assert inputs(ran["certificate-proof"]) == {
        "zoneId": "Z1", "name": "_a.shop.example.com", "type": "CNAME", "ttl": 300, "records": ["_b"],
        "allowOverwrite": True,
    }  # fmt: skip
    assert inputs(ran["certificate-valid"]) == {
        "certificateArn": arn("acm", "certificate/certificate-acm"),
        "validationRecordFqdns": ["certificate-proof.example.com"],
    }
    assert "certificate-valid" in ran.awaited("edge-https"), "a listener needs a certificate that is issued"
    assert inputs(ran["gateway-name"]) == {
        "zoneId": "Z1", "name": "shop.example.com", "type": "A",
        "aliases": [
            {"name": "edge.eu-central-1.elb.amazonaws.com", "zoneId": "ZELB", "evaluateTargetHealth": True}
        ],
    }  # fmt: skip
    assert ran.value["gateway"]["endpoints"] == {"": "https://shop.example.com"}
    assert [one.name for one in ran.below("gateway")] == ["gateway-name"]
    assert {"api-ready", "web-ready"} <= ran.awaited("gateway-name")


@pytest.mark.parametrize("zone", [None, "example.com"])
def test_a_certificate_of_ones_own(zone: str | None) -> None:
    ran = door({"domain": "shop.example.com", "certificate": OWN, **({"zone": zone} if zone else {})})
    assert ran["edge-https"]["certificateArn"] == OWN
    assert "certificate-acm" not in ran and "certificate-made" not in ran
    assert ("gateway-name" in ran) is (zone is not None)
    assert ran.value["gateway"]["endpoints"] == {"": "https://shop.example.com"}
