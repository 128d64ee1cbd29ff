"""A stack's outputs: the contract with whoever refers to it."""

from __future__ import annotations

from typing import Any, Literal

import pulumi
from pydantic import BaseModel, ConfigDict, Field

from components.core.bound import Bound
from components.core.releases import MOST
from components.model.described import SECRET_FACTS
from components.model.system import System
from infra.releases import Releases

CONTRACT: Literal["1.1"] = "1.1"
"""1.1 added `release` and `releases`."""


class Connection(BaseModel):
    """How one service is reached inside the system (`facts`) and from outside (`endpoints`; "" is its main port)."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    facts: dict[str, str] = Field(default_factory=dict)
    endpoints: dict[str, str] = Field(default_factory=dict)


class ReleaseRecord(BaseModel):
    """An update that reached its end with other images than the one before."""

    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=1, description="never used twice in a stack")
    time: str = Field(description="UTC, ISO 8601")
    images: dict[str, str] = Field(description="by workload: a build's content tag, or an image in a registry")
    tasks: list[str] = Field(description="the Tasks that ran in it")


class Outputs(BaseModel):
    """The outputs of every stack; `contract` is this schema's version, `version` that of the description."""

    model_config = ConfigDict(extra="forbid")

    contract: Literal["1.1"] = CONTRACT
    system: str
    version: str
    target: str
    url: str | None = Field(default=None, description="where a person opens the system: its gateway")
    release: int | None = Field(default=None, description="the release that runs; None where nothing has an image")
    releases: list[ReleaseRecord] = Field(
        default_factory=list[ReleaseRecord], max_length=MOST, description="the last ones, oldest first"
    )
    services: dict[str, Connection]
    secrets: dict[str, dict[str, str]] = Field(description="secret facts by service; a secret output")


def exported(
    system: System, target: str, version: str, bound: dict[str, Bound], releases: Releases | None = None
) -> dict[str, Any]:
    """The outputs as Pulumi exports them; secret values stay secret."""
    services = {
        name: {
            "kind": type(one.service).__name__,
            "facts": {key: value for key, value in one.facts.items() if key not in SECRET_FACTS},
            "endpoints": dict(one.endpoints),
        }
        for name, one in bound.items()
    }
    hidden = {
        name: {key: value for key, value in one.facts.items() if key in SECRET_FACTS} for name, one in bound.items()
    }
    gateway = bound.get(system.gateway.name) if system.gateway else None
    return {
        "contract": CONTRACT,
        "system": system.name,
        "version": version,
        "target": target,
        "url": gateway.endpoints.get("") if gateway else None,
        "release": releases.release if releases else None,
        "releases": releases.releases if releases else [],
        "services": services,
        "secrets": pulumi.Output.secret({name: facts for name, facts in hidden.items() if facts}),
    }
