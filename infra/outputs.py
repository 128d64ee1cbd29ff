"""A stack's outputs: the contract with whoever refers to it."""

from __future__ import annotations

from typing import Any, Literal

import pulumi
from pydantic import BaseModel, ConfigDict, Field

from components.core.bound import Bound
from components.model.described import SECRET_FACTS
from components.model.system import System

CONTRACT: Literal["1.0"] = "1.0"


class Connection(BaseModel):
    """How one service is reached inside the system (`facts`) and from outside (`endpoints`; "" is its main port)."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    facts: dict[str, str] = Field(default_factory=dict)
    endpoints: dict[str, str] = Field(default_factory=dict)


class Outputs(BaseModel):
    """The outputs of every stack; `contract` is this schema's version, `version` that of the description."""

    model_config = ConfigDict(extra="forbid")

    contract: Literal["1.0"] = CONTRACT
    system: str
    version: str
    target: str
    url: str | None = Field(default=None, description="where a person opens the system: its gateway")
    services: dict[str, Connection]
    secrets: dict[str, dict[str, str]] = Field(description="secret facts by service; a secret output")


def exported(system: System, target: str, version: str, bound: dict[str, Bound]) -> dict[str, Any]:
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
        "services": services,
        "secrets": pulumi.Output.secret({name: facts for name, facts in hidden.items() if facts}),
    }
