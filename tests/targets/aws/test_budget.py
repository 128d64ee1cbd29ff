"""The budget, and what a stack's settings have to say to whoever checks it."""

from __future__ import annotations

import pytest

from components.core.resolve import resolve
from components.model.problems import DescriptionError
from components.targets.aws.settings import Parts
from strata import Postgres
from tests.targets.aws.stage import put, settings_of
from tests.targets.docker.stage import system_of

db = Postgres("db")
MAIL = "ops@example.com"


def test_it_counts_this_stack_and_tells_twice() -> None:
    made = put(db, aws={"budget": 35, "notify": MAIL})["watch-budget"]
    assert (made["name"], made["budgetType"], made["timeUnit"]) == ("shop-prod", "COST", "MONTHLY")
    assert (made["limitAmount"], made["limitUnit"]) == ("35", "USD")
    assert made["costFilters"] == [{"name": "TagKeyValue", "values": ["user:strata:stack$shop/prod"]}]
    assert [
        (one["notificationType"], one["threshold"], one["thresholdType"], one["comparisonOperator"])
        for one in made["notifications"]
    ] == [("ACTUAL", 80, "PERCENTAGE", "GREATER_THAN"), ("FORECASTED", 100, "PERCENTAGE", "GREATER_THAN")]
    assert {tuple(one["subscriberEmailAddresses"]) for one in made["notifications"]} == {(MAIL,)}


def test_the_tag_that_it_counts_by_is_on_everything() -> None:
    ran = put(db, aws={"budget": 35, "notify": MAIL})
    (provider,) = ran.of("pulumi:providers:aws")
    assert '"strata:stack": "shop/prod"' in str(provider["defaultTags"]).replace("'", '"')


def test_none_without_a_sum_and_none_where_it_is_off() -> None:
    assert "watch-budget" not in put(db, aws={"notify": MAIL})
    assert "watch-budget" not in put(db, aws={"budget": 35, "notify": MAIL, "parts": {"budget": False}})


def test_a_budget_that_nobody_hears_of_is_a_problem() -> None:
    with pytest.raises(DescriptionError) as caught:
        resolve(system_of(db), settings_of({"budget": 35}))
    assert [str(one) for one in caught.value.problems] == [
        "settings: strata:aws.budget: given 35 without notify; say which e-mail address hears of it"
    ]


def test_what_is_off_is_told() -> None:
    assert settings_of({"notify": MAIL}).notes() == ()
    assert settings_of({"notify": MAIL, "parts": {"backup": "off", "firewall_logs": False}}).notes() == (
        "optional parts that are off: backup, firewall_logs",
    )
    assert settings_of().notes() == ("alarms notify nobody yet; set strata:aws.notify to an e-mail address",)
    assert settings_of({"parts": {"alarms": False}}).notes() == ("optional parts that are off: alarms",)


def test_every_part_is_on_unless_a_stack_says_otherwise() -> None:
    assert Parts().off() == []
    assert list(Parts.model_fields) == [
        "autoscaling", "flow_logs", "alarms", "composite_alarm", "dashboard", "backup", "backup_selection", "firewall",
        "firewall_logs", "host_refresh", "budget",
    ]  # fmt: skip
