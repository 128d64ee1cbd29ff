"""What carries the tag of a stack whose state is empty."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from components.core.naming import Names
from components.core.operations import Impossible
from components.core.settings import StackSettings, parse_settings
from components.targets.aws import operations, unfinished
from tests.targets.aws.fakes import refusal

VPC = "arn:aws:ec2:eu-north-1:123456789012:vpc/vpc-1"


def settings() -> StackSettings:
    given = {"system": "systems.starter.system", "target": "aws", "aws": {"region": "eu-north-1"}}
    return parse_settings(given, Names("shop", "dev"))


class Aws:
    """One VPC with the stack's tag, and no role; `refused` is what AWS says instead."""

    refused: Exception | None = None

    def client(self, service: str, where: dict[str, Any]) -> Aws:
        assert where["region"] == "eu-north-1"
        return self

    def get_paginator(self, call: str) -> Any:
        def paginate(**options: Any) -> list[dict[str, Any]]:
            if self.refused:
                raise self.refused
            if call in ("list_roles", "list_instance_profiles"):
                return [{"Roles": [], "InstanceProfiles": []}]
            assert options == {"TagFilters": [{"Key": "strata:stack", "Values": ["shop/dev"]}]}
            tags = [{"Key": "strata:resource", "Value": "vpc"}]
            return [{"ResourceTagMappingList": [{"ResourceARN": VPC, "Tags": tags}]}]

        return SimpleNamespace(paginate=paginate)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    made = Aws()
    monkeypatch.setattr(unfinished, "api", made.client)
    return made


def test_it_is_found_where_the_settings_say(aws: Aws) -> None:
    assert operations.lost("shop/dev", settings) == ["Vpc vpc"]


def test_a_refusal_is_told(aws: Aws) -> None:
    aws.refused = cast(Exception, refusal("AccessDenied"))
    with pytest.raises(Impossible, match="strata:stack=shop/dev"):
        operations.lost("shop/dev", settings)
