"""Prometheus and Grafana."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
import yaml

from components.targets.prometheus_files import scrape_configuration
from strata import Grafana, Http, Monitoring, Prometheus, Secret, Service
from tests.targets.docker.stage import deploy, environment, files, is_secret_file, mounts, put, system_of

api = Service("api", image="a:1", port=8000, metrics="/metrics")
worker = Service("worker", image="a:1", metrics="/m", metrics_port=9100, replicas=2)
quiet = Service("quiet", image="a:1", port=1)
prometheus = Prometheus(retention="3d", interval="1m")
grafana = Grafana(prometheus=prometheus, user="me", password=Secret("pw", default="hunter22!"))
WHOLE = """global:
  scrape_interval: 60s
  evaluation_interval: 60s
rule_files:
- /etc/prometheus/rules.yml
scrape_configs:
- job_name: prometheus
  static_configs:
  - targets:
    - localhost:9090
- job_name: api
  metrics_path: /metrics
  dns_sd_configs:
  - names:
    - api
    type: A
    port: 8000
    refresh_interval: 5s
- job_name: worker
  metrics_path: /m
  dns_sd_configs:
  - names:
    - worker
    type: A
    port: 9100
    refresh_interval: 5s
"""


def test_prometheus_scrapes_every_service_with_metrics() -> None:
    ran = put(api, worker, quiet, monitoring=Monitoring(prometheus=prometheus))
    container = ran["prometheus-container"]
    given = files(container)
    assert given.pop("/etc/prometheus/prometheus.yml") == WHOLE
    assert [one["alert"] for one in rules_in(given.pop("/etc/prometheus/rules.yml"))] == [
        "api-running", "worker-running",
    ]  # fmt: skip
    assert given == {}
    assert container["command"] == [
        "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus",
        "--storage.tsdb.retention.time=3d",
    ]  # fmt: skip
    assert mounts(container) == {"/prometheus": ("volume", "shop_dev_prometheus-data")}
    assert "http://127.0.0.1:9090/-/ready" in container["healthcheck"]["tests"][1]
    assert (
        ran["prometheus"].type == "strata:monitoring:Prometheus" and ran["monitoring"].type == "strata:tier:Monitoring"
    )
    assert ran.value["prometheus"]["endpoints"] == {"": "http://127.0.0.1:9090"}
    assert "grafana" not in ran


def rules_in(text: str) -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(text)["groups"]
    return group["rules"]


@pytest.mark.parametrize(
    ("interval", "told"), [("15s", "15s"), ("1500ms", "1500ms"), ("1.5s", "1500ms"), ("1h", "3600s")]
)
def test_prometheus_knows_no_fractions(interval: str, told: str) -> None:
    settings = yaml.safe_load(scrape_configuration(Prometheus(interval=interval)))["global"]
    assert settings == {"scrape_interval": told, "evaluation_interval": told}


def test_grafana_is_provisioned() -> None:
    ran = put(api, monitoring=Monitoring(prometheus=prometheus, grafana=grafana))
    container = ran["grafana-container"]
    given = files(container)
    assert environment(container) == {
        "GF_SECURITY_ADMIN_USER": "me", "GF_SECURITY_ADMIN_PASSWORD__FILE": "/run/secrets/grafana-password",
        "GF_ANALYTICS_REPORTING_ENABLED": "false", "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    }  # fmt: skip
    assert given["/run/secrets/grafana-password"] == "hunter22!"
    assert is_secret_file(container, "/run/secrets/grafana-password")
    (source,) = yaml.safe_load(given["/etc/grafana/provisioning/datasources/strata.yaml"])["datasources"]
    assert (source["url"], source["uid"], source["isDefault"]) == ("http://prometheus:9090", "prometheus", True)
    provider = yaml.safe_load(given["/etc/grafana/provisioning/dashboards/strata.yaml"])["providers"][0]
    folder = provider["options"]["path"]
    dashboard = json.loads(given[f"{folder}/requests.json"])
    used = {panel["datasource"]["uid"] for panel in dashboard["panels"]}
    assert used == {source["uid"]}, "the dashboard asks the data source that is provisioned"
    assert container["ports"] == [{"internal": 3000, "external": 3001, "ip": "127.0.0.1", "protocol": "tcp"}]
    assert ran.value["grafana"]["endpoints"] == {"": "http://127.0.0.1:3001"}


def test_grafana_starts_once_prometheus_has_started() -> None:
    ran = put(api, monitoring=Monitoring(prometheus=prometheus, grafana=grafana))
    assert "prometheus-container" in ran.awaited("grafana-container")
    assert "prometheus-ready" not in ran.awaited("grafana-container")


def test_monitoring_is_there_only_where_it_is_on() -> None:
    both = Monitoring(enabled=False, prometheus=prometheus, grafana=grafana)
    service = Service("a", image="a:1", port=80, metrics="/m", health=Http("/"))
    assert "monitoring" not in put(service, monitoring=both)
    system = system_of(service, monitoring=both)
    on = deploy(system, monitoring=True)
    assert {"prometheus-container", "grafana-container"} <= set(on.names())
    without = deploy(system, monitoring={"enabled": True, "grafana": False})
    assert "prometheus-container" in without and "grafana-container" not in without


def test_where_grafanas_image_cannot_be_had_a_person_is_told_how_to_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = put(api, monitoring=Monitoring(prometheus=prometheus, grafana=grafana))
    (image,) = [one for one in ran.of("RemoteImage") if "grafana" in one.name]
    (name,) = image.hooks["on_error"]
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", said.append)
    assert ran.hooks[name](None) is False, "trying again would not help"
    assert said == [f"{image['name']} cannot be had; leave Grafana out with strata:monitoring: {{grafana: false}}"]
