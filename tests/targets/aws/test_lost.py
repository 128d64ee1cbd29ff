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
GROUP = "arn:aws:ec2:eu-north-1:123456789012:security-group/{}"


def settings() -> StackSettings:
    given = {"system": "systems.starter.system", "target": "aws", "aws": {"region": "eu-north-1"}}
    return parse_settings(given, Names("shop", "dev"))


class Aws:
    """One VPC with the stack's tag, and no role; `refused` is what AWS says instead."""

    refused: Exception | None = None

    def __init__(self) -> None:
        self.arns = [VPC]

    def client(self, service: str, where: dict[str, Any]) -> Aws:
        assert where["region"] == "eu-north-1"
        return self

    def get_paginator(self, call: str) -> Any:
        def paginate(**options: Any) -> list[dict[str, Any]]:
            if self.refused:
                raise self.refused
            if call in ("list_roles", "list_instance_profiles"):
                return [{"Roles": [], "InstanceProfiles": []}]
            if call == "list_role_policies":
                assert options == {"RoleName": "shop-dev-api"}
                return [{"PolicyNames": ["api-policy-2", "other-0a1b2c3", "api-policy-0a1b2c3"]}]
            assert options == {"TagFilters": [{"Key": "strata:stack", "Values": ["shop/dev"]}]}
            tags = [{"Key": "strata:resource", "Value": "vpc"}]
            return [{"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags} for arn in self.arns]}]

        return SimpleNamespace(paginate=paginate)

    def describe_security_groups(self, GroupIds: list[str]) -> dict[str, Any]:
        return {"SecurityGroups": [{"GroupName": "default" if one == "sg-0" else "api"} for one in GroupIds]}


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


def test_a_network_s_own_security_group_is_nothing_that_a_stack_made(aws: Aws) -> None:
    """It carries the stack's tags, and AWS refuses to delete it."""
    aws.arns += [GROUP.format("sg-0"), GROUP.format("sg-1")]
    assert operations.lost("shop/dev", settings) == ["SecurityGroup vpc", "Vpc vpc"]


def test_a_role_s_policy_is_found_by_the_name_that_pulumi_made_up(aws: Aws) -> None:
    """By its name where that is known, by its role and how such a name begins and ends where it is not."""
    type, where = "aws:iam/rolePolicy:RolePolicy", {"region": "eu-north-1"}
    given = {"role": "shop-dev-api", "name": "api-policy-1111111"}
    assert [*unfinished.made(where, type, "api-policy", given, [])] == ["shop-dev-api:api-policy-1111111"]
    assert [*unfinished.made(where, type, "api-policy", {"role": "shop-dev-api"}, [])] == [
        "shop-dev-api:api-policy-0a1b2c3"
    ]
    assert [*unfinished.made(where, type, "api-policy", {}, [])] == []
