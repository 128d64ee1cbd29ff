"""The budget: what a stack may cost in a month, and who hears when it costs more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

if TYPE_CHECKING:
    from components.targets.aws.target import AwsTarget

LIMITS = (("ACTUAL", 80), ("FORECASTED", 100))
"""Notified at 80 % spent and when 100 % is expected by the end of the month."""


def budget(target: AwsTarget, limit: float, notify: str, opts: pulumi.ResourceOptions) -> aws.budgets.Budget:
    """A monthly cost budget in USD over everything with the stack's tag.

    AWS counts by `strata:stack` only once it is activated as a cost allocation tag, by hand and once for the account
    that pays.
    """
    return aws.budgets.Budget(
        "watch-budget", name=f"{target.names.project}-{target.names.stack}", budget_type="COST", time_unit="MONTHLY",
        limit_amount=f"{limit:g}", limit_unit="USD",
        cost_filters=[
            aws.budgets.BudgetCostFilterArgs(name="TagKeyValue", values=[f"user:strata:stack${target.names.owner}"])
        ],
        notifications=[
            aws.budgets.BudgetNotificationArgs(
                comparison_operator="GREATER_THAN", notification_type=kind, threshold=percent,
                threshold_type="PERCENTAGE", subscriber_email_addresses=[notify],
            )
            for kind, percent in LIMITS
        ],
        opts=opts,
    )  # fmt: skip
