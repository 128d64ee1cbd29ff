"""What a stack's settings and a service's options may say, and what they come to."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from components.core.resolve import resolve
from components.core.settings import StackSettings, parse_settings
from components.targets.aws.options import (
    ObjectStoreOptions,
    PostgresOptions,
    RabbitMQOptions,
    RedisOptions,
    ServiceOptions,
    options_of,
)
from components.targets.aws.settings import PROFILES, AwsSettings, Chosen
from strata import Postgres, RabbitMQ, Redis
from tests.problems import lines
from tests.targets.aws.stage import problems_of, settings_of
from tests.targets.docker.stage import system_of


def settings(**aws: Any) -> list[str]:
    return lines(lambda: parse_settings({"system": "none", "target": "aws", "aws": aws}))


def test_a_stack_on_aws_needs_a_region() -> None:
    text = "settings: strata:aws.region: nothing was given; it is required"
    assert settings() == [text]
    assert lines(lambda: parse_settings({"system": "none", "target": "aws"})) == [text]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("region", "Frankfurt"), ("region", "eu-centrl-1"), ("domain", "no_domain"), ("zone", "-x.com"),
        ("certificate", "arn:aws:iam::1:x"),
        ("zones", 1), ("zones", 4), ("nat", "two"), ("architecture", "i386"), ("log_days", 2), ("endpoint", "moto"),
    ],
)  # fmt: skip
def test_values_that_are_not_allowed(key: str, value: Any) -> None:
    (problem,) = settings(**{"region": "eu-central-1", key: value})
    assert problem.startswith(f"settings: strata:aws.{key}: given {value!r}; ")


def test_misspelt_settings_name_the_nearest() -> None:
    given = {"region": "eu-central-1", "domian": "example.com", "parts": {"autoscalling": "off"}}
    assert settings(**given) == [
        "settings: strata:aws.parts.autoscalling: there is no such setting; did you mean 'autoscaling'?",
        "settings: strata:aws.domian: there is no such setting; did you mean 'domain'?",
    ]


def test_parts_are_on_until_a_stack_says_otherwise() -> None:
    assert AwsSettings(region="eu-central-1").parts.off() == []
    own = AwsSettings.model_validate({"region": "eu-central-1", "parts": {"autoscaling": "off", "flow_logs": False}})
    assert own.parts.off() == ["autoscaling", "flow_logs"]


@pytest.mark.parametrize("name", PROFILES)
def test_what_a_stack_leaves_out_comes_from_its_profile(name: str) -> None:
    chosen, profile = Chosen.of(settings_of(profile=name)), PROFILES[name]
    assert (chosen.zones, chosen.nat, chosen.endpoints, chosen.log_days) == (
        profile.zones, profile.nat, profile.endpoints, profile.log_days,
    )  # fmt: skip
    aws = {"zones": 3, "nat": "none", "endpoints": True, "log_days": 1}
    own = Chosen.of(settings_of(aws, profile=name))
    assert (own.zones, own.nat, own.endpoints, own.log_days) == (3, "none", True, 1)


@pytest.mark.parametrize(
    ("aws", "public"),
    [({"nat": "none"}, True), ({"nat": "none", "endpoints": True}, False), ({"nat": "one"}, False)],
)
def test_services_are_in_public_subnets_only_where_nothing_else_leads_out(aws: dict[str, Any], public: bool) -> None:
    assert Chosen.of(settings_of(aws)).public is public


def test_settings_of_another_target_are_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError, match=r"^the stack's settings have no strata:aws$"):
        Chosen.of(StackSettings(system="none"))


def test_options_are_read_by_kind() -> None:
    services = {"db": {"memory": "1GB", "storage": 50, "multi_az": "on"}, "cache": {"nodes": 2}}
    chosen = settings_of(services=services)
    assert options_of(Postgres("db"), chosen, PostgresOptions) == PostgresOptions(storage=50, multi_az=True)
    assert options_of(Redis("cache"), chosen, RedisOptions) == RedisOptions(nodes=2)
    assert options_of(RabbitMQ("jobs"), chosen, RabbitMQOptions) == RabbitMQOptions()


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (PostgresOptions, "instance_class", "t4g.small"), (PostgresOptions, "storage", 19),
        (PostgresOptions, "backup_days", 36), (PostgresOptions, "read_replicas", 6), (RedisOptions, "nodes", 0),
        (RedisOptions, "node_type", "db.t4g.small"), (RabbitMQOptions, "mode", "CLUSTER"),
        (RabbitMQOptions, "instance_type", "m7g.large"), (ObjectStoreOptions, "noncurrent_days", 0),
        (ServiceOptions, "spot", "maybe"), (ServiceOptions, "unknown", 1),
    ],
)  # fmt: skip
def test_options_that_are_not_allowed(kind: Any, field: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=field):
        kind(**{field: value})


def test_a_wrong_option_is_told_where_it_stands() -> None:
    (problem,) = problems_of(Postgres("db"), services={"db": {"storage": 1}})
    assert problem.startswith("settings: strata:services.db.storage: given 1; ")


def test_a_profile_says_how_a_kind_is_realized_unless_somebody_else_does() -> None:
    cache, jobs = Redis("cache"), RabbitMQ("jobs")

    def variants(**settings: Any) -> dict[str, Any]:
        services = resolve(system_of(cache, jobs), settings_of(**settings)).services()
        return {one.name: getattr(one, "variant", None) for one in services}

    assert variants() == {"cache": None, "jobs": None}
    assert variants(profile="frugal") == {"cache": "container", "jobs": "container"}
    managed = {"cache": {"variant": None}}
    assert variants(profile="frugal", services=managed) == {"cache": None, "jobs": "container"}
