"""Prometheus's rules, made of the alerts of the model. tests/integration has Prometheus itself read them."""

from __future__ import annotations

from typing import Any

import yaml

from components.core.resolve import resolve
from components.core.settings import StackSettings
from components.model.alerts import alerts_of
from components.targets.prometheus_files import rules
from strata import Gateway, Monitoring, Prometheus, Scale, Service
from tests.targets.docker.stage import system_of

api = Service("api", image="a:1", port=8000, metrics="/metrics", scale=Scale(min=2, max=4, cpu=50))
quiet = Service("quiet", image="a:1", port=80)


def rules_of(*services: Any) -> str | None:
    system = system_of(*services, monitoring=Monitoring(prometheus=Prometheus()))
    resolved = resolve(system, StackSettings(system="none"))
    assert resolved.monitoring is not None
    return rules(resolved.monitoring.prometheus, alerts_of(resolved))


def test_the_rules_of_a_service_behind_the_gateway() -> None:
    text = rules_of(api, quiet, Gateway(routes={"/": api, "/quiet": quiet}))
    assert text is not None
    (group,) = yaml.safe_load(text)["groups"]
    assert group["name"] == "strata"
    assert {one["alert"]: (one["expr"], one["for"], one["labels"]) for one in group["rules"]} == {
        "api-running": (
            '2 - (sum(up{job="api"}) or vector(0)) > 0', "10m", {"severity": "page", "service": "api"},
        ),
        "api-errors": (
            '100 * sum(rate(http_requests_total{job="api",status=~"5.."}[5m])) / '
            'sum(rate(http_requests_total{job="api"}[5m])) > 5 and '
            'sum(increase(http_requests_total{job="api"}[5m])) >= 20',
            "5m", {"severity": "page", "service": "api"},
        ),
        "api-latency": (
            'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m]))) > 2',
            "15m", {"severity": "warn", "service": "api"},
        ),
    }  # fmt: skip
    said = {one["alert"]: one["annotations"]["summary"] for one in group["rules"]}
    assert said["api-running"].startswith("Fewer tasks of api run than were asked for")


def test_what_is_not_scraped_has_no_rules() -> None:
    assert rules_of(quiet) is None
