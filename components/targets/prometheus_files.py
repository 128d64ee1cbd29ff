"""Prometheus's configuration and rules, the same for every target. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml

from components.model.alerts import LEAST_REQUESTS, Alert, Measure
from components.model.monitoring import Prometheus
from components.model.service import Service
from components.model.units import seconds

ERRORS = (
    '100 * sum(rate(http_requests_total{{job="{job}",status=~"5.."}}[5m])) '
    '/ sum(rate(http_requests_total{{job="{job}"}}[5m])) > {threshold:g} '
    'and sum(increase(http_requests_total{{job="{job}"}}[5m])) >= {least}'
)
EXPRESSIONS: Mapping[Measure, str] = {
    Measure.RUNNING_BELOW_DESIRED: '{count} - (sum(up{{job="{job}"}}) or vector(0)) > {threshold:g}',
    Measure.HTTP_5XX_SHARE: ERRORS,
    Measure.LATENCY_P95: (
        "histogram_quantile(0.95, sum by (le) "
        '(rate(http_request_duration_seconds_bucket{{job="{job}"}}[5m]))) > {threshold:g}'
    ),
}
"""How the metrics that every scraped service has, or those that ours name, say what an alert asks. Of what is left
out Prometheus hears nothing here: processors, data services and Tasks have no exporter."""


def scrape_configuration(
    prometheus: Prometheus, *, host: Callable[[Service], str] = lambda service: service.name, rules: str | None = None
) -> str:
    """prometheus.yml: a job for each service that has metrics, found by DNS under its `host`, and Prometheus itself.

    `rules` is the path of the file of rules (default: none).
    """
    interval = duration(prometheus.interval)
    jobs: list[dict[str, object]] = [
        {"job_name": "prometheus", "static_configs": [{"targets": [f"localhost:{Prometheus.PORT}"]}]}
    ]
    for service in prometheus.scrapes:
        port = service.metrics_port or service.port
        jobs.append({
            "job_name": service.name,
            "metrics_path": service.metrics,
            "dns_sd_configs": [{"names": [host(service)], "type": "A", "port": port, "refresh_interval": "5s"}],
        })  # fmt: skip
    timing = {"scrape_interval": interval, "evaluation_interval": interval}
    files = {"rule_files": [rules]} if rules else {}
    return yaml.safe_dump({"global": timing, **files, "scrape_configs": jobs}, sort_keys=False)


def duration(text: str) -> str:
    """A duration as Prometheus knows it, without fractions: 1.5s is 1500ms to it."""
    milliseconds = round(seconds(text) * 1000)
    return f"{milliseconds}ms" if milliseconds % 1000 else f"{milliseconds // 1000}s"


def rules(prometheus: Prometheus, alerts: Iterable[Alert]) -> str | None:
    """The file of alerting rules for the services that it scrapes; None where it measures nothing that they ask."""
    scraped = {service.name: service for service in prometheus.scrapes}
    made = [_rule(alert, scraped[alert.service.name]) for alert in alerts if _measured(alert, scraped)]
    if not made:
        return None
    return yaml.safe_dump({"groups": [{"name": "strata", "rules": made}]}, sort_keys=False, width=1000)


def _measured(alert: Alert, scraped: Mapping[str, Service]) -> bool:
    return alert.service.name in scraped and alert.measure in EXPRESSIONS


def _rule(alert: Alert, service: Service) -> dict[str, Any]:
    expression = EXPRESSIONS[alert.measure].format(
        job=service.name, threshold=alert.threshold, count=service.count, least=LEAST_REQUESTS
    )
    return {
        "alert": alert.name, "expr": expression, "for": f"{alert.minutes}m",
        "labels": {"severity": alert.severity, "service": service.name}, "annotations": {"summary": alert.text},
    }  # fmt: skip
