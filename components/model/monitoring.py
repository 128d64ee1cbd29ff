"""Monitoring: metrics and their dashboards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY
from typing import Annotated, Any, ClassVar

from pydantic import Field

from components.model.container import Contained, Publish
from components.model.described import Name, Part, Seq, description
from components.model.health import Http
from components.model.image import ImageName
from components.model.secret import Secret, password_of
from components.model.service import Service
from components.model.text import matching
from components.model.units import Duration, Port, seconds
from components.model.volume import FileVolume, volume_of

Retention = Annotated[
    str, matching(r"^[1-9]\d*(h|d|w|y)$", "a number of hours, days, weeks or years, such as '12h', '15d', '2w' or '1y'")
]
User = Annotated[
    str,
    matching(
        r"^[a-z][a-z0-9_-]{0,31}$",
        "a name of at most 32 lower-case letters, digits, '-' and '_' that begins with a letter",
    ),
]


def _volume(data: dict[str, Any]) -> FileVolume:
    return volume_of(data, "monitoring")


def _password(data: dict[str, Any]) -> Secret:
    return password_of(data, "grafana")


@description
class Prometheus(Contained):
    """Prometheus, scraping every Service of the system that has `metrics`, each `interval`, kept for `retention`.

    `scrapes` is filled in by the system; a list given here is kept as it is.
    """

    name: Name = "prometheus"
    _: KW_ONLY
    image: ImageName = "prom/prometheus:v3.5.0"
    retention: Retention = "15d"
    interval: Duration = "15s"
    publish: Seq[Port | Publish] = (9090,)
    scrapes: Seq[Service] = ()
    volume: FileVolume = Field(default_factory=_volume)
    health: Http = Http("/-/ready", port=9090, interval="2s", timeout="5s", retries=30)

    TIER: ClassVar[str] = "monitoring"
    PORT: ClassVar[int] = 9090

    def contradictions(self) -> Iterable[tuple[str, str]]:
        yield from Contained.contradictions(self)
        if seconds(self.interval) < 1:
            yield "interval", f"given {self.interval!r}; allowed is at least 1s"


@description
class Grafana(Contained):
    """Grafana with the system's Prometheus as its data source, and a dashboard of the four request metrics."""

    name: Name = "grafana"
    _: KW_ONLY
    image: ImageName = "grafana/grafana:12.2.0"
    user: User = "admin"
    password: Secret = Field(default_factory=_password)
    publish: Seq[Port | Publish] = (Publish(3001, 3000),)
    prometheus: Prometheus
    volume: FileVolume = Field(default_factory=_volume)
    health: Http = Http("/api/health", port=3000, interval="3s", timeout="5s", retries=40)

    TIER: ClassVar[str] = "monitoring"
    PORT: ClassVar[int] = 3000


@description
class Monitoring(Part):
    """What watches a system. `enabled` is the default that the stack's `strata:monitoring` overrides; a part that is
    None is left out."""

    _: KW_ONLY
    enabled: bool = True
    prometheus: Prometheus = Field(default_factory=Prometheus)
    grafana: Grafana | None = None

    def contradictions(self) -> Iterable[tuple[str, str]]:
        if self.grafana is not None and self.grafana.prometheus is not self.prometheus:
            yield "grafana", "its prometheus is another one than this monitoring's; give both the same"
