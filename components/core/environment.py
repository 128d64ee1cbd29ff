"""The environment keys that a container gets: the same on every target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.core.template import is_secret
from components.model.described import Described
from components.model.service import Workload


@dataclass(frozen=True)
class Key:
    """An environment key; `source` is the need that writes it, `environment` or `secrets`.

    `secret` says that its value is secret, `file` that the key holds the path of a file with the secret.
    """

    name: str
    source: str
    secret: bool = False
    file: bool = False


def keys(service: Described) -> tuple[Key, ...]:
    """Every key that the description gives a service's containers; none for what is not a workload."""
    return tuple(_keys(service)) if isinstance(service, Workload) else ()


def _keys(service: Workload) -> Iterator[Key]:
    for need, templates in service.bindings():
        for name, template in templates.items():
            yield _secret(service, name, need.name) if is_secret(template) else Key(name, need.name)
    for name in service.environment:
        yield Key(name, "environment")
    for name in service.secrets:
        yield _secret(service, name, "secrets")


def _secret(service: Workload, name: str, source: str) -> Key:
    if service.secrets_as == "files":
        return Key(f"{name}_FILE", source, secret=True, file=True)
    return Key(name, source, secret=True)
