"""Prometheus and Grafana in containers."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.monitoring import Grafana, Prometheus
from components.model.volume import Mount
from components.targets.docker.container import Spec, docker_target, run
from components.targets.docker.files import File
from components.targets.grafana_files import provisioned, user
from components.targets.prometheus_files import rules, scrape_configuration

PASSWORD = "/run/secrets/grafana-password"
RULES = "/etc/prometheus/rules.yml"
WITHOUT = "leave Grafana out with strata:monitoring: {grafana: false}"
"""What a person does on a machine where Grafana's image cannot be had."""


@realizes(Prometheus)
def prometheus(prometheus: Prometheus, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """It finds every replica behind a service's name by DNS."""
    target = docker_target(needs)
    ruled = rules(prometheus, target.alerts)
    scraping = scrape_configuration(prometheus, rules=RULES if ruled else None)
    running = run(
        prometheus, needs, opts,
        Spec(
            image=target.image(prometheus.image).image_id,
            command=[
                "--config.file=/etc/prometheus/prometheus.yml",
                "--storage.tsdb.path=/prometheus",
                f"--storage.tsdb.retention.time={prometheus.retention}",
            ],
            files=[File("/etc/prometheus/prometheus.yml", scraping), *([File(RULES, ruled)] if ruled else [])],
            mounts=[Mount(prometheus.volume, "/prometheus")],
            health=prometheus.health,
            port=Prometheus.PORT,
        ),
    )  # fmt: skip
    endpoints = {"": running.endpoint(Prometheus.PORT)} if Prometheus.PORT in running.ports else {}
    facts: dict[str, pulumi.Input[str]] = {"host": prometheus.name, "port": str(Prometheus.PORT)}
    return Bound(prometheus, facts, running.containers, running.healthy, endpoints=endpoints)


@realizes(Grafana)
def grafana(grafana: Grafana, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """Data source and dashboard are provisioned; started once Prometheus has started."""
    target = docker_target(needs)
    password = target.secret(grafana.password)
    upstream = needs.bound[grafana.prometheus.name]
    files = provisioned("/etc/grafana/provisioning", "/etc/strata/dashboards", grafana.prometheus.name)
    running = run(
        grafana, needs, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(upstream.started))),
        Spec(
            image=target.image(grafana.image, WITHOUT).image_id,
            environment={**user(grafana), "GF_SECURITY_ADMIN_PASSWORD__FILE": PASSWORD},
            files=[File(PASSWORD, password), *(File(path, content) for path, content in files.items())],
            mounts=[Mount(grafana.volume, "/var/lib/grafana")],
            health=grafana.health,
            port=Grafana.PORT,
        ),
    )  # fmt: skip
    endpoints = {"": running.endpoint(Grafana.PORT)} if Grafana.PORT in running.ports else {}
    facts: dict[str, pulumi.Input[str]] = {"host": grafana.name, "port": str(Grafana.PORT)}
    return Bound(grafana, facts, running.containers, running.healthy, endpoints=endpoints)
