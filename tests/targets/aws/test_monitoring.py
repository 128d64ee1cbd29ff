"""Prometheus and Grafana on AWS: containers that nobody reaches from outside."""

from __future__ import annotations

import shlex
from typing import Any

import yaml

from components.core.resolve import resolve
from components.targets.aws.notes import notes
from components.targets.grafana_files import provisioned
from strata import FileVolume, Gateway, Grafana, Monitoring, Prometheus, Secret, Service
from tests.ran import Ran
from tests.targets.aws.stage import containers, environment, inputs, put, secrets, settings_of
from tests.targets.docker.stage import system_of

api = Service("api", image="a:1", port=8000, metrics="/metrics")
worker = Service("worker", image="a:1", metrics="/m", metrics_port=9100)
quiet = Service("quiet", image="a:1", port=80)
prometheus = Prometheus(retention="3d", interval="1m")
grafana = Grafana(prometheus=prometheus, user="me", password=Secret("pw", default="hunter22!"))
both = Monitoring(prometheus=prometheus, grafana=grafana)


def watched(**settings: Any) -> Ran:
    return put(api, worker, quiet, Gateway(routes={"/": quiet}), monitoring=both, **settings)


def test_prometheus_finds_tasks_by_cloud_map() -> None:
    found = containers(watched()["prometheus-task"])["prometheus"]
    assert found["entryPoint"] == ["sh", "-c"] and found["image"] == "prom/prometheus:v3.5.0"
    assert found["command"] == [
        "mkdir -p /tmp/strata\n"
        "printf '%s' \"$FILE_1\" > /tmp/strata/prometheus.yml\n"
        "printf '%s' \"$FILE_2\" > /tmp/strata/rules.yml\n"
        "exec prometheus --config.file=/tmp/strata/prometheus.yml --storage.tsdb.path=/prometheus "
        "--storage.tsdb.retention.time=3d"
    ]
    given = environment(found)
    assert set(given) == {"FILE_1", "FILE_2"}
    scraping = yaml.safe_load(given["FILE_1"])
    assert scraping["rule_files"] == ["/tmp/strata/rules.yml"]
    assert {job["job_name"]: job.get("dns_sd_configs", [{}])[0].get("names") for job in scraping["scrape_configs"]} == {
        "prometheus": None, "api": ["api.shop-prod.internal"], "worker": ["worker.shop-prod.internal"],
    }  # fmt: skip
    (group,) = yaml.safe_load(given["FILE_2"])["groups"]
    assert [one["alert"] for one in group["rules"]] == ["api-running", "worker-running"]
    assert found["mountPoints"] == [
        {"sourceVolume": "efs-prometheus", "containerPath": "/prometheus", "readOnly": False}
    ]
    assert "http://127.0.0.1:9090/-/ready" in found["healthCheck"]["command"][1]


def test_two_servers_never_share_a_volume() -> None:
    ran = watched()
    for name in ("prometheus", "grafana"):
        made = ran[f"{name}-service"]
        assert (made["deploymentMinimumHealthyPercent"], made["deploymentMaximumPercent"]) == (0, 100)
        assert made["networkConfiguration"]["assignPublicIp"] is False


def test_prometheus_may_reach_what_it_scrapes_and_grafana_may_reach_prometheus() -> None:
    ran = watched()
    rules = {one.name: inputs(one) for one in ran.of("SecurityGroupIngressRule")}
    into = {name: (one["fromPort"], one.get("referencedSecurityGroupId")) for name, one in rules.items()}
    assert {name: found for name, found in into.items() if name.startswith(("prometheus", "grafana"))} == {
        "prometheus-into-api": (8000, "prometheus-group-id"), "prometheus-into-worker": (9100, "prometheus-group-id"),
        "grafana-into-prometheus": (9090, "grafana-group-id"),
        "prometheus-into-files": (2049, "prometheus-group-id"), "grafana-into-files": (2049, "grafana-group-id"),
    }  # fmt: skip
    groups = ("prometheus-group-id", "grafana-group-id")
    assert not [name for name, one in rules.items() if one["securityGroupId"] in groups and one.get("cidrIpv4")]
    assert ran.value["grafana"]["endpoints"] == {} == ran.value["prometheus"]["endpoints"]


def test_grafana_is_provisioned_and_its_password_a_secret() -> None:
    ran = watched()
    found = containers(ran["grafana-task"])["grafana"]
    given, (script,) = environment(found), found["command"]
    files = provisioned("/tmp/strata/provisioning", "/tmp/strata/dashboards", "prometheus.shop-prod.internal")
    assert script.splitlines()[-1] == "exec /run.sh" and found["entryPoint"] == ["sh", "-c"]
    assert {given.pop(f"FILE_{number}") for number in range(1, 4)} == set(files.values())
    assert [shlex.split(line)[-1] for line in script.splitlines()[1:-1]] == [*files]
    assert given == {
        "GF_SECURITY_ADMIN_USER": "me", "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false", "GF_PATHS_PROVISIONING": "/tmp/strata/provisioning",
    }  # fmt: skip
    (source,) = yaml.safe_load(files["/tmp/strata/provisioning/datasources/strata.yaml"])["datasources"]
    assert source["url"] == "http://prometheus.shop-prod.internal:9090"
    assert set(secrets(found)) == {"GF_SECURITY_ADMIN_PASSWORD"}
    assert ran["pw-secret-value"]["secretString"] == "hunter22!" and ran["grafana-ready"]["masked"] == ["hunter22!"]
    assert "prometheus-service" in ran.awaited("grafana-service")
    assert "prometheus-ready" not in ran.awaited("grafana-service")


def test_grafana_can_be_reached_by_a_forwarded_port() -> None:
    assert watched()["grafana-service"]["enableExecuteCommand"] is False
    ran = watched(services={"grafana": {"exec": "on"}})
    assert ran["grafana-service"]["enableExecuteCommand"] is True
    assert ran["prometheus-service"]["enableExecuteCommand"] is False


def test_metrics_are_not_backed_up() -> None:
    assert watched()["files-system"]["tags"]["strata:backup"] == "recreatable"
    kept = Grafana(prometheus=prometheus, volume=FileVolume("g", backup="important"))
    ran = put(api, monitoring=Monitoring(prometheus=prometheus, grafana=kept))
    assert ran["files-system"]["tags"]["strata:backup"] == "important" and "backup-important" in ran


def test_what_monitoring_in_containers_means_is_told() -> None:
    chosen = settings_of()
    system = resolve(system_of(api, monitoring=both), chosen)
    first, second = notes(system, chosen)
    assert first.startswith("prometheus: its metrics are on EFS, which its makers do not support")
    assert second.startswith("grafana: not reached from outside; with exec: on,")
