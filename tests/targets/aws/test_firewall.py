"""The firewall before the gateway: its rules in order, the rate limit, and what its log leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from components.core.resolve import resolve
from components.model.problems import DescriptionError
from strata import Gateway, Service
from tests.ran import Ran
from tests.targets.aws.stage import ACCOUNT, REGION, put, settings_of
from tests.targets.docker.stage import system_of

api = Service("api", image="a:1", port=80)
ACL = f"arn:aws:wafv2:{REGION}:{ACCOUNT}:WebAcl/gateway-firewall"


def gate(rate: int | None = None, **options: Any) -> Ran:
    return put(api, Gateway(routes={"/": api}, rate=rate), **options)


def rules(ran: Ran) -> list[dict[str, Any]]:
    found = sorted(ran["gateway-firewall"]["rules"], key=lambda one: one["priority"])
    assert len({one["priority"] for one in found}) == len(found)
    return found


def test_awss_own_rules_block_what_they_find() -> None:
    ran = gate()
    acl = ran["gateway-firewall"]
    assert (acl["scope"], acl["defaultAction"], acl["name"]) == ("REGIONAL", {"allow": {}}, "shop-prod-gateway")
    found = rules(ran)
    groups = [one["statement"]["managedRuleGroupStatement"] for one in found]
    assert [(one["vendorName"], one["name"]) for one in groups] == [
        ("AWS", "AWSManagedRulesAmazonIpReputationList"), ("AWS", "AWSManagedRulesKnownBadInputsRuleSet"),
        ("AWS", "AWSManagedRulesCommonRuleSet"),
    ]  # fmt: skip
    assert all(one["overrideAction"] == {"none": {}} and one.get("action") is None for one in found)


def test_uploads_are_not_refused_for_their_size() -> None:
    overrides = [one["statement"]["managedRuleGroupStatement"].get("ruleActionOverrides") for one in rules(gate())]
    assert overrides == [None, None, [{"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}]]


def test_the_rate_limit_comes_first_and_answers_429() -> None:
    first, *others = rules(gate(60))
    assert first["statement"] == {
        "rateBasedStatement": {"aggregateKeyType": "IP", "limit": 300, "evaluationWindowSec": 300}
    }
    assert first["action"] == {"block": {"customResponse": {"responseCode": 429}}}
    assert first.get("overrideAction") is None and len(others) == 3


def test_without_a_rate_nobody_is_limited() -> None:
    assert [one["name"] for one in rules(gate())] == ["reputation", "inputs", "common"]


def test_it_stands_before_the_load_balancer() -> None:
    ran = gate()
    place = ran["gateway-firewall-place"]
    assert (place["webAclArn"], place["resourceArn"]) == (
        ACL, f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/edge/1"
    )  # fmt: skip
    assert ran.name_of(place.parent) == "gateway" and ran["gateway-firewall"]["tags"]["service"] == "gateway"


def test_its_log_has_the_name_that_waf_wants_and_no_credentials() -> None:
    ran = gate(aws={"log_days": 7})
    logs, logging = ran["gateway-firewall-logs"], ran["gateway-firewall-logging"]
    assert (logs["name"], logs["retentionInDays"]) == ("aws-waf-logs-shop-prod-gateway", 7)
    assert logs["kmsKeyId"].endswith("key/key")
    assert logging["resourceArn"] == ACL
    assert logging["logDestinationConfigs"] == [f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:LogGroup/gateway-firewall-logs"]
    assert [one["singleHeader"]["name"] for one in logging["redactedFields"]] == ["authorization", "cookie"]


def firewall(ran: Ran) -> list[str]:
    return sorted(one.name for one in ran.made if "firewall" in one.name)


def test_parts_that_are_off() -> None:
    assert firewall(gate(60, aws={"parts": {"firewall": False}})) == []
    assert firewall(gate(60, aws={"parts": {"firewall_logs": False}})) == ["gateway-firewall", "gateway-firewall-place"]
    assert firewall(put(api)) == [], "nothing to stand before"


@pytest.mark.parametrize(("rate", "wrong"), [(1, True), (19, True), (20, False), (None, False)])
def test_a_rate_that_is_too_low_for_waf(rate: int | None, wrong: bool) -> None:
    system = system_of(api, Gateway(routes={"/": api}, rate=rate))
    if not wrong:
        assert resolve(system, settings_of()).gateway is not None
        return
    with pytest.raises(DescriptionError) as caught:
        resolve(system, settings_of())
    assert [str(one) for one in caught.value.problems] == [
        f"gateway (Gateway): rate: given {rate}; allowed on AWS is 20 or more, its firewall knows no lower limit"
    ]


def test_settings_can_change_the_rate() -> None:
    ran = gate(60, services={"gateway": {"rate": 100}})
    assert rules(ran)[0]["statement"]["rateBasedStatement"]["limit"] == 500


def test_frugal_has_none() -> None:
    assert not [one for one in gate(profile="frugal").made if "wafv2" in one.type]
