"""What Grafana is provisioned with, the same for every target: its data source and a dashboard. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import yaml

from components.model.monitoring import Grafana, Prometheus

DASHBOARD = Path(__file__).parent / "dashboard.json"
QUIET: Mapping[str, str] = {"GF_ANALYTICS_REPORTING_ENABLED": "false", "GF_ANALYTICS_CHECK_FOR_UPDATES": "false"}
"""Its environment, beside who may log in: nothing is sent to Grafana's makers."""


def provisioned(folder: str, dashboards: str, prometheus: str) -> dict[str, str]:
    """The files by their paths: provisioning below `folder`, dashboards in `dashboards`; the data source is the
    Prometheus at the host `prometheus`."""
    return {
        f"{folder}/datasources/strata.yaml": data_source(prometheus),
        f"{folder}/dashboards/strata.yaml": provider(dashboards),
        f"{dashboards}/requests.json": json.dumps(json.loads(DASHBOARD.read_text())),
    }


def data_source(prometheus: str) -> str:
    """Grafana's provisioning file for the system's Prometheus."""
    source = {
        "name": "Prometheus", "uid": "prometheus", "type": "prometheus", "access": "proxy", "isDefault": True,
        "url": f"http://{prometheus}:{Prometheus.PORT}",
    }  # fmt: skip
    return yaml.safe_dump({"apiVersion": 1, "datasources": [source]}, sort_keys=False)


def provider(dashboards: str) -> str:
    """Grafana's provisioning file for a folder of dashboards."""
    return f"apiVersion: 1\nproviders:\n  - name: strata\n    type: file\n    options: {{path: {dashboards}}}\n"


def user(grafana: Grafana) -> dict[str, str]:
    """The environment that names the administrator."""
    return {"GF_SECURITY_ADMIN_USER": grafana.user, **QUIET}
