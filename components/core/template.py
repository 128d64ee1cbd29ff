"""Templates of environment values: which facts they use, and filling them in."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from components.model.described import SECRET_FACTS

FORMATTER = string.Formatter()


def fields(template: str) -> set[str]:
    """The facts that a template uses."""
    return {name for _, name, _, _ in FORMATTER.parse(template) if name}


def is_secret(template: str) -> bool:
    """Whether a template uses a fact that is secret."""
    return not SECRET_FACTS.isdisjoint(fields(template))


def fill(template: str, facts: Mapping[str, Any]) -> str:
    """A template with its facts; in a URL they are percent-encoded, so that a password may hold any character."""
    url = "://" in template
    plain = {name: quote(str(facts[name]), safe="") if url else str(facts[name]) for name in fields(template)}
    return FORMATTER.vformat(template, (), plain)
