"""The gateway: the one door into a system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY
from typing import Annotated, ClassVar

from pydantic import Field

from components.model.container import Contained
from components.model.described import Map, Name, description
from components.model.image import ImageName
from components.model.service import Service
from components.model.units import Memory, Port


@description
class Gateway(Contained):
    """Routes requests to services by path and balances their replicas; on Docker nginx.

    `routes` maps a path prefix to a service that has a port; the longest prefix wins and the path is passed on as it
    is. `port` is where it is reached from the host (default 8080). `body` is the largest request body (default 16MB).
    `rate` is how many requests each client's address may make in a minute; more are answered with 429 (default: any
    number).
    """

    name: Name = "gateway"
    _: KW_ONLY
    routes: Map[Service] = Field(default_factory=dict[str, Service])
    port: Port = 8080
    body: Memory = "16MB"
    rate: Annotated[int, Field(ge=1, le=1000000)] | None = None
    image: ImageName = "nginx:alpine"

    TIER: ClassVar[str] = "app"

    def contradictions(self) -> Iterable[tuple[str, str]]:
        yield from Contained.contradictions(self)
        if not self.routes:
            yield "routes", 'nothing was given; allowed is at least one route, such as routes={"/": web}'
        for path, service in self.routes.items():
            if not path.startswith("/") or any(mark in path for mark in " ;{}\"'\\"):
                yield "routes", f"given {path!r}; allowed is a path that begins with '/' and has no blanks or quotes"
            if service.port is None:
                yield "routes", f"{path!r} leads to {service.name!r}, which has no port; give the service one"

    def binding(self) -> Mapping[str, str]:
        return {"GATEWAY_URL": "http://{host}:{port}"}
