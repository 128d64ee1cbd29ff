"""How one service refers to another: bindings, queues and start conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Annotated, Literal

from components.model.described import Described, Part, description
from components.model.text import matching

Prefix = Annotated[
    str,
    matching(
        r"^[A-Z][A-Z0-9_]*[A-Z0-9]$",
        "at least 2 capital letters, digits and '_' that begin with a letter and end without '_', such as 'ORDERS'",
    ),
]


@description
class Binding(Part):
    """A need whose environment keys begin with `prefix`: `db.bind(prefix="ORDERS")` gives ORDERS_DATABASE_URL."""

    service: Described
    _: KW_ONLY
    prefix: Prefix

    def keys(self) -> Mapping[str, str]:
        """The environment keys and their templates, prefixed."""
        return {f"{self.prefix}_{key}": template for key, template in self.service.binding().items()}


@description
class Bindable(Described):
    """Something that hands connection facts to whoever needs it."""

    def bind(self, *, prefix: str) -> Binding:
        """A need under another name, for two services of one kind: `needs=[orders.bind(prefix="ORDERS")]`."""
        return Binding(self, prefix=prefix)


State = Literal["started", "healthy", "completed"]


@description
class Condition(Part):
    """A start condition, as Compose has them."""

    service: Described
    state: State


def started(service: Described) -> Condition:
    """Start once the service's container has been started."""
    return Condition(service, "started")


def healthy(service: Described) -> Condition:
    """Start once the service's health check succeeds."""
    return Condition(service, "healthy")


def completed(task: Described) -> Condition:
    """Start once the Task has ended with exit code 0."""
    return Condition(task, "completed")
