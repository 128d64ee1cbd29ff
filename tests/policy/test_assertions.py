"""Our own rules for what is inside a task definition."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy.scan import ScanError
from policy.scan.assertions import PLAIN, PRIVILEGED, own
from tests.policy.provider import made, stack

VALUE = "k3QwZ9vTt2"


def broken(secrets: frozenset[str] = frozenset({VALUE}), **container: Any) -> list[tuple[str, str]]:
    task = made("task", "web", containerDefinitions=json.dumps([{"name": "web", **container}]))
    return [(one.rule, one.title.rpartition("(")[2].rstrip(")")) for one in own(stack(task, secrets=secrets))]


def environment(**values: str) -> dict[str, Any]:
    return {"environment": [{"name": key, "value": value} for key, value in values.items()]}


@pytest.mark.parametrize(
    ("container", "found"),
    [
        ({"privileged": True}, [(PRIVILEGED, "web")]),
        ({"privileged": False}, []),
        ({"linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"]}}}, [(PRIVILEGED, "web")]),
        ({"linuxParameters": {"capabilities": {"drop": ["ALL"]}}}, []),
        (environment(DATABASE_PASSWORD="shop"), [(PLAIN, "web: DATABASE_PASSWORD")]),
        (environment(DATABASE_PASSWORD=""), []),
        (environment(DATABASE_PASSWORD_FILE="/run/secrets/DATABASE_PASSWORD"), []),
        (environment(DATABASE_URL="postgresql://shop:shop@db:5432/shop"), [(PLAIN, "web: DATABASE_URL")]),
        (environment(API_URL="http://api:8000/a@b"), []),
        (environment(GREETING=f"hello {VALUE}"), [(PLAIN, "web: GREETING")]),
        ({"command": ["psql", f"postgresql://db?password={VALUE}"]}, [(PLAIN, "web: command")]),
        ({"secrets": [{"name": "DATABASE_PASSWORD", "valueFrom": "arn:x"}]}, []),
    ],
)
def test_a_container(container: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert broken(**container) == found


@pytest.mark.parametrize("definitions", [None, "", "[]", "{}", "no json"])
def test_containers_that_cannot_be_read_are_not_passed(definitions: str | None) -> None:
    with pytest.raises(ScanError, match="web"):
        list(own(stack(made("task", "web", containerDefinitions=definitions))))
