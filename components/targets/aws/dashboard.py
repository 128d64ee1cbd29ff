"""The dashboard of a system: a row for each tier, a graph for each measure, a line for each service."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from components.model.alerts import Alert, Measure
from components.targets.aws import iam
from components.targets.aws.metrics import Reading

if TYPE_CHECKING:
    from components.targets.aws.target import AwsTarget

TIERS = ("app", "data", "monitoring")
"""From what users see to what it stands on."""
COLUMNS, WIDTH, HEIGHT, TITLE = 24, 6, 6, 1
"""CloudWatch's grid, and the size of a graph and of a row's title in it."""
MOST_ALARMS = 100
"""Alarms that one widget shows (quota)."""

Shown = tuple[Alert, Reading]


def dashboard(
    target: AwsTarget, shown: Sequence[Shown], alarms: Sequence[pulumi.Output[str]], opts: pulumi.ResourceOptions
) -> aws.cloudwatch.Dashboard:
    """The dashboard `<project>-<stack>`; `alarms` are the ARNs of those whose state it shows."""
    return aws.cloudwatch.Dashboard(
        "watch-dashboard", dashboard_name=f"{target.names.project}-{target.names.stack}",
        dashboard_body=iam.text(body(shown, alarms, target.found().region)), opts=opts,
    )  # fmt: skip


def body(shown: Sequence[Shown], alarms: Sequence[Any], region: str) -> dict[str, Any]:
    """The dashboard as CloudWatch takes it: the state of all alarms, then the tiers."""
    widgets: list[dict[str, Any]] = []
    top = 0
    if alarms:
        state = {"title": "alarms", "alarms": list(alarms[:MOST_ALARMS])}
        widgets.append(_widget("alarm", 0, top, COLUMNS, 2 + len(alarms[:MOST_ALARMS]) // 8, state))
        top += widgets[-1]["height"]
    for tier in TIERS:
        inside = [one for one in shown if tier == one[0].service.TIER]
        if not inside:
            continue
        widgets.append(_widget("text", 0, top, COLUMNS, TITLE, {"markdown": f"## {tier}"}))
        top += TITLE
        graphs = _graphs(inside, region)
        for number, graph in enumerate(graphs):
            row, column = divmod(number, COLUMNS // WIDTH)
            widgets.append(_widget("metric", column * WIDTH, top + row * HEIGHT, WIDTH, HEIGHT, graph))
        top += HEIGHT * -(-len(graphs) // (COLUMNS // WIDTH))
    return {"widgets": widgets}


def _widget(kind: str, x: int, y: int, width: int, height: int, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, "x": x, "y": y, "width": width, "height": height, "properties": dict(properties)}


def _graphs(inside: Sequence[Shown], region: str) -> list[dict[str, Any]]:
    """A graph for each measure, with a line for each service and one where its alert begins."""
    by_measure: dict[Measure, list[Shown]] = {}
    for one in inside:
        by_measure.setdefault(one[0].measure, []).append(one)
    return [_graph(measure, found, region) for measure, found in by_measure.items()]


def _graph(measure: Measure, found: Sequence[Shown], region: str) -> dict[str, Any]:
    numbers = count(1)
    lines = [line for alert, reading in found for line in _lines(alert, reading, f"s{next(numbers)}")]
    limits = sorted({alert.threshold * reading.scale for alert, reading in found})
    unit = found[0][0].unit
    # What an alert counts as a share, CloudWatch may count in pieces.
    shown_unit = unit if found[0][1].scale == 1 else "count"
    return {
        "title": f"{measure} ({shown_unit})", "view": "timeSeries", "region": region, "period": found[0][1].period,
        "metrics": lines, "yAxis": {"left": {"min": 0}},
        "annotations": {"horizontal": [{"value": limit, "label": "alert"} for limit in limits]},
    }  # fmt: skip


def _lines(alert: Alert, reading: Reading, prefix: str) -> list[list[Any]]:
    """The lines of one service; an expression's own metrics are there, unseen. Ids are unique in a graph."""
    label = f"{alert.service.name} {alert.part}".strip()
    hidden = reading.expression is not None
    made = [
        [
            metric.namespace, metric.name, *(text for pair in metric.dimensions.items() for text in pair),
            {"stat": metric.stat, "id": f"{prefix}{key}", "label": label, "visible": not hidden},
        ]
        for key, metric in reading.metrics.items()
    ]  # fmt: skip
    if reading.expression is None:
        return made
    expression = re.sub(rf"\b({'|'.join(reading.metrics)})\b", rf"{prefix}\1", reading.expression)
    return [*made, [{"expression": expression, "id": f"{prefix}result", "label": label}]]
