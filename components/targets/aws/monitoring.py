"""Prometheus and Grafana as containers of ours. Nobody reaches them from outside."""

from __future__ import annotations

import dataclasses
import shlex

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.monitoring import Grafana, Prometheus
from components.model.service import Service
from components.model.volume import Mount
from components.targets.aws import written
from components.targets.aws.bound import aws_bound
from components.targets.aws.contained import sizes, standing_for
from components.targets.aws.service import Extras
from components.targets.aws.tasks import aws_target
from components.targets.grafana_files import provisioned, user
from components.targets.prometheus_files import rules, scrape_configuration

SHELL = ("sh", "-c")
"""In the place of the images' own entrypoints, which are the programs themselves and write no files."""
FILES = "/tmp/strata"
"""A folder that any user of any image may make."""


@realizes(Prometheus)
def prometheus(prometheus: Prometheus, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """It finds every task behind a service's name by Cloud Map, and may reach each on the port of its metrics."""
    target = aws_target(needs)
    inside = target.found().domain
    ruled, place = rules(prometheus, target.alerts), f"{FILES}/rules.yml"
    scraping = scrape_configuration(
        prometheus, host=lambda service: f"{service.name}.{inside}", rules=place if ruled else None
    )
    files = {f"{FILES}/prometheus.yml": scraping, **({place: ruled} if ruled else {})}
    command = [
        "prometheus", f"--config.file={FILES}/prometheus.yml", "--storage.tsdb.path=/prometheus",
        f"--storage.tsdb.retention.time={prometheus.retention}",
    ]  # fmt: skip
    running = Service(
        prometheus.name, image=prometheus.image, command=[f"{written.script(files)}exec {shlex.join(command)}"],
        port=Prometheus.PORT, environment=written.environment(files), volumes=[Mount(prometheus.volume, "/prometheus")],
        health=prometheus.health, singleton=True, stop_seconds=60, formerly=prometheus.formerly, **sizes(prometheus),
    )  # fmt: skip
    scraped = [
        dataclasses.replace(found, port=service.metrics_port or service.port)
        for service in prometheus.scrapes
        if (found := aws_bound(needs, service))
    ]
    return standing_for(prometheus, running, needs, opts, Extras(entry=SHELL, reaches=scraped))


@realizes(Grafana)
def grafana(grafana: Grafana, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """Data source and dashboard are provisioned; started once Prometheus has started."""
    target = aws_target(needs)
    upstream = needs.bound[grafana.prometheus.name]
    host = f"{grafana.prometheus.name}.{target.found().domain}"
    files = provisioned(f"{FILES}/provisioning", f"{FILES}/dashboards", host)
    running = Service(
        grafana.name, image=grafana.image, command=[f"{written.script(files)}exec /run.sh"], port=Grafana.PORT,
        environment={
            **user(grafana), "GF_PATHS_PROVISIONING": f"{FILES}/provisioning", **written.environment(files),
        },
        secrets={"GF_SECURITY_ADMIN_PASSWORD": grafana.password}, volumes=[Mount(grafana.volume, "/var/lib/grafana")],
        health=grafana.health, singleton=True, stop_seconds=30, formerly=grafana.formerly, **sizes(grafana),
    )  # fmt: skip
    found = aws_bound(needs, grafana.prometheus)
    return standing_for(
        grafana, running, needs,
        pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(upstream.started))),
        Extras(entry=SHELL, reaches=[found] if found else []),
    )  # fmt: skip
