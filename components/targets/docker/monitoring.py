"""Prometheus and Grafana in containers."""

from __future__ import annotations

import json
from pathlib import Path

import pulumi
import yaml

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.monitoring import Grafana, Prometheus
from components.model.units import seconds
from components.model.volume import Mount
from components.targets.docker.container import Spec, docker_target, run
from components.targets.docker.files import File

DASHBOARD = Path(__file__).parent / "dashboard.json"
PASSWORD = "/run/secrets/grafana-password"
PROVISIONING = "/etc/grafana/provisioning"
WITHOUT = "leave Grafana out with strata:monitoring: {grafana: false}"
"""What a person does on a machine where Grafana's image cannot be had."""


@realizes(Prometheus)
def prometheus(prometheus: Prometheus, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """It finds every replica behind a service's name by DNS."""
    target = docker_target(needs)
    running = run(
        prometheus, needs, opts,
        Spec(
            image=target.image(prometheus.image).image_id,
            command=[
                "--config.file=/etc/prometheus/prometheus.yml",
                "--storage.tsdb.path=/prometheus",
                f"--storage.tsdb.retention.time={prometheus.retention}",
            ],
            files=[File("/etc/prometheus/prometheus.yml", scrape_configuration(prometheus))],
            mounts=[Mount(prometheus.volume, "/prometheus")],
            health=prometheus.health,
            port=Prometheus.PORT,
        ),
    )  # fmt: skip
    endpoints = {"": running.endpoint(Prometheus.PORT)} if Prometheus.PORT in running.ports else {}
    facts: dict[str, pulumi.Input[str]] = {"host": prometheus.name, "port": str(Prometheus.PORT)}
    return Bound(prometheus, facts, running.containers, running.healthy, endpoints=endpoints)


def scrape_configuration(prometheus: Prometheus) -> str:
    """prometheus.yml: a job for each service that has metrics, and Prometheus itself."""
    milliseconds = round(seconds(prometheus.interval) * 1000)
    # Prometheus knows no fractions: 1.5s is 1500ms to it.
    interval = f"{milliseconds}ms" if milliseconds % 1000 else f"{milliseconds // 1000}s"
    jobs: list[dict[str, object]] = [
        {"job_name": "prometheus", "static_configs": [{"targets": [f"localhost:{Prometheus.PORT}"]}]}
    ]
    for service in prometheus.scrapes:
        port = service.metrics_port or service.port
        jobs.append({
            "job_name": service.name,
            "metrics_path": service.metrics,
            "dns_sd_configs": [{"names": [service.name], "type": "A", "port": port, "refresh_interval": "5s"}],
        })  # fmt: skip
    timing = {"scrape_interval": interval, "evaluation_interval": interval}
    return yaml.safe_dump({"global": timing, "scrape_configs": jobs}, sort_keys=False)


@realizes(Grafana)
def grafana(grafana: Grafana, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """Data source and dashboard are provisioned; started once Prometheus has started."""
    target = docker_target(needs)
    password = target.secret(grafana.password)
    upstream = needs.bound[grafana.prometheus.name]
    running = run(
        grafana, needs, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(upstream.started))),
        Spec(
            image=target.image(grafana.image, WITHOUT).image_id,
            environment={
                "GF_SECURITY_ADMIN_USER": grafana.user,
                "GF_SECURITY_ADMIN_PASSWORD__FILE": PASSWORD,
                "GF_ANALYTICS_REPORTING_ENABLED": "false",
                "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            },
            files=[
                File(PASSWORD, password),
                File(f"{PROVISIONING}/datasources/strata.yaml", data_source(grafana)),
                File(f"{PROVISIONING}/dashboards/strata.yaml", DASHBOARD_PROVIDER),
                File("/etc/strata/dashboards/requests.json", json.dumps(json.loads(DASHBOARD.read_text()))),
            ],
            mounts=[Mount(grafana.volume, "/var/lib/grafana")],
            health=grafana.health,
            port=Grafana.PORT,
        ),
    )  # fmt: skip
    endpoints = {"": running.endpoint(Grafana.PORT)} if Grafana.PORT in running.ports else {}
    facts: dict[str, pulumi.Input[str]] = {"host": grafana.name, "port": str(Grafana.PORT)}
    return Bound(grafana, facts, running.containers, running.healthy, endpoints=endpoints)


DASHBOARD_PROVIDER = """apiVersion: 1
providers:
  - name: strata
    type: file
    options: {path: /etc/strata/dashboards}
"""


def data_source(grafana: Grafana) -> str:
    """Grafana's provisioning file for the system's Prometheus."""
    source = {
        "name": "Prometheus", "uid": "prometheus", "type": "prometheus", "access": "proxy", "isDefault": True,
        "url": f"http://{grafana.prometheus.name}:{Prometheus.PORT}",
    }  # fmt: skip
    return yaml.safe_dump({"apiVersion": 1, "datasources": [source]}, sort_keys=False)
