"""Every pattern that a description or a stack's settings are held to is told in words."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

import components.model
from components.core import catalog
from components.core.settings import StackSettings, parse_settings
from components.core.undescribe import kinds
from components.model.text import in_words, matching
from strata import Bucket, Http, Mount, Postgres, RabbitMQ, Redis, Secret, Service
from tests.problems import lines

for module in pkgutil.iter_modules(components.model.__path__):
    importlib.import_module(f"components.model.{module.name}")
KINDS = {name: kind for name, kind in kinds().items() if dataclasses.is_dataclass(kind)}


def settings() -> dict[str, type[BaseModel]]:
    """The classes that a stack file is read by."""
    found: list[type[BaseModel]] = [StackSettings]
    for target in catalog.targets():
        own = catalog.settings_class(target)
        found += [*([own] if own else []), *catalog.option_classes(target)]
    return {one.__name__: one for one in found}


def patterns(schema: Any) -> Iterator[str]:
    """The patterns that pydantic holds texts to, wherever they are in a schema of its own."""
    if isinstance(schema, dict):
        if schema.get("type") == "str" and "pattern" in schema:
            yield schema["pattern"]
        for inner in schema.values():
            yield from patterns(inner)
    elif isinstance(schema, list | tuple):
        for inner in schema:
            yield from patterns(inner)


def of(kind: Any) -> set[str]:
    return set(patterns(TypeAdapter(kind).core_schema))


@pytest.mark.parametrize("kind", [*KINDS.values(), *settings().values()], ids=[*KINDS, *settings()])
def test_no_pattern_is_without_words(kind: Any) -> None:
    assert [one for one in of(kind) if in_words(one) is None] == []


def test_they_are_found_where_they_are() -> None:
    """In a field, in a sequence, in a part of a part, and in settings: without these the test above proves nothing."""
    for kind, words in (
        (Postgres, "an extension's name"), (RabbitMQ, "a queue's name"), (Service, "quotes, '$' or backslashes"),
        (settings()["AwsSettings"], "an EC2 instance type"), (settings()["PostgresOptions"], "an RDS instance class"),
        (StackSettings, "a Python module and a function"),
    ):  # fmt: skip
        assert any(words in str(in_words(one)) for one in of(kind)), words


def test_a_pattern_has_one_meaning() -> None:
    matching("^one$", "a one")
    matching("^one$", "a one")
    with pytest.raises(ValueError, match=r"\^one\$ is 'a one' elsewhere, and 'another' here"):
        matching("^one$", "another")


WRONG = {
    "a version": (
        lambda: Redis("cache", version="eight"),
        "cache (Redis): version: given 'eight'; allowed is an image's version such as '8', '7.4' or '8-alpine', "
        "or 'alpine' or 'latest'",
    ),
    "a bucket": (
        lambda: Bucket("My_Files"),
        "My_Files (Bucket): name: given 'My_Files'; allowed is a name of 3 to 40 lower-case letters, digits and '-' "
        "that neither begins nor ends with '-'",
    ),
    "one of several": (
        lambda: RabbitMQ("jobs", queues=["mail", "to do"]),
        "jobs (RabbitMQ): queues.1: given 'to do'; allowed is a queue's name of at most 80 letters, digits, '_', '.', "
        "':' and '-'",
    ),
    "a path of a check": (
        lambda: Http("health"),
        "health (Http): path: given 'health'; allowed is a path that begins with '/' and has no blanks, quotes, '$' or "
        "backslashes",
    ),
    "a relative mount": (
        lambda: Mount("a", "x"),
        "a (Mount): target: given 'x'; allowed is a path that begins with '/' and has no blanks and no ':'",
    ),
    "a key": (
        lambda: Secret("token", env="api-token"),
        "token (Secret): env: given 'api-token'; allowed is an environment key of capital letters, digits and '_', "
        "such as 'DB_PASSWORD'",
    ),
    "a prefix": (
        lambda: Redis("cache").bind(prefix="orders"),
        "Binding: prefix: given 'orders'; allowed is at least 2 capital letters, digits and '_' that begin with a "
        "letter and end without '_', such as 'ORDERS'",
    ),
    "a text that goes on and on": (
        lambda: Service("api", image="x", user="a " * 60),
        f"api (Service): user: given '{'a ' * 38}...; allowed is a user, or a user and a group, such as 'app' or "
        "'1000:1000'",
    ),
    "a setting": (
        lambda: parse_settings({"system": "s", "transforms": ["drift"]}),
        "settings: strata:transforms.0: given 'drift'; allowed is a Python module and a function of it, such as "
        "'package.module:name'",
    ),
    "a target's setting": (
        lambda: parse_settings({"system": "s", "target": "aws", "aws": {"region": "Frankfurt"}}),
        "settings: strata:aws.region: given 'Frankfurt'; allowed is the name of an AWS region, such as 'eu-central-1' "
        "or 'us-east-1'",
    ),
    "a part of a target's setting": (
        lambda: parse_settings(
            {"system": "s", "target": "aws", "aws": {"region": "eu-central-1", "hosts": {"type": "big"}}}
        ),
        "settings: strata:aws.hosts.type: given 'big'; allowed is an EC2 instance type, such as 't4g.medium'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_message(name: str) -> None:
    make, expected = WRONG[name]
    assert lines(make) == [expected]
