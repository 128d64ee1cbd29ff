"""The firewall before the load balancer: AWS's managed rules, and the description's rate limit."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.model.gateway import Gateway
from components.targets.aws.checks import RATE_MINUTES
from components.targets.aws.edge import Edge
from components.targets.aws.target import AwsTarget

MANAGED: tuple[tuple[str, str], ...] = (
    ("reputation", "AWSManagedRulesAmazonIpReputationList"),
    ("inputs", "AWSManagedRulesKnownBadInputsRuleSet"),
    ("common", "AWSManagedRulesCommonRuleSet"),
)
"""AWS's rule groups in the order in which they are asked, the cheapest first."""
COUNTED = {"AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY",)}
"""Rules that only count: this one refuses bodies over 8 KB, and uploads are larger."""
REDACTED = ("authorization", "cookie")
"""Headers that hold secrets and stay out of the log."""
Visibility = aws.wafv2.WebAclRuleVisibilityConfigArgs


def protect(target: AwsTarget, gateway: Gateway, edge: Edge, opts: pulumi.ResourceOptions) -> aws.wafv2.WebAcl:
    """A web ACL at the load balancer; `rate` is answered with 429 as on every target. Its log holds no credentials."""
    name = f"{target.names.project}-{target.names.stack}"
    acl = aws.wafv2.WebAcl(
        f"{gateway.name}-firewall", name=f"{name}-{gateway.name}", scope="REGIONAL",
        description=f"{target.names.owner} {gateway.name}",
        default_action=aws.wafv2.WebAclDefaultActionArgs(allow=aws.wafv2.WebAclDefaultActionAllowArgs()),
        visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
            cloudwatch_metrics_enabled=True, sampled_requests_enabled=True, metric_name=f"{name}-{gateway.name}"
        ),
        rules=[
            *([_rate(gateway.rate, name)] if gateway.rate else []),
            *(_managed(number, *group, name) for number, group in enumerate(MANAGED, start=1)),
        ],
        opts=opts,
    )  # fmt: skip
    aws.wafv2.WebAclAssociation(
        f"{gateway.name}-firewall-place", resource_arn=edge.balancer.arn, web_acl_arn=acl.arn, opts=opts
    )
    if target.chosen.own.parts.firewall_logs:
        _log(target, gateway, acl, opts)
    return acl


def _visible(name: str) -> Visibility:
    return Visibility(cloudwatch_metrics_enabled=True, sampled_requests_enabled=True, metric_name=name)


def _rate(rate: int, name: str) -> aws.wafv2.WebAclRuleArgs:
    """First of all, so that nobody pays for looking into a flood."""
    return aws.wafv2.WebAclRuleArgs(
        name="rate", priority=0, visibility_config=_visible(f"{name}-rate"),
        statement=aws.wafv2.WebAclRuleStatementArgs(
            rate_based_statement=aws.wafv2.WebAclRuleStatementRateBasedStatementArgs(
                aggregate_key_type="IP", limit=rate * RATE_MINUTES, evaluation_window_sec=RATE_MINUTES * 60
            )
        ),
        action=aws.wafv2.WebAclRuleActionArgs(
            block=aws.wafv2.WebAclRuleActionBlockArgs(
                custom_response=aws.wafv2.WebAclRuleActionBlockCustomResponseArgs(response_code=429)
            )
        ),
    )  # fmt: skip


def _managed(number: int, short: str, group: str, name: str) -> aws.wafv2.WebAclRuleArgs:
    counting = aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseArgs(
        count=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseCountArgs()
    )
    return aws.wafv2.WebAclRuleArgs(
        name=short, priority=number, visibility_config=_visible(f"{name}-{short}"),
        override_action=aws.wafv2.WebAclRuleOverrideActionArgs(none=aws.wafv2.WebAclRuleOverrideActionNoneArgs()),
        statement=aws.wafv2.WebAclRuleStatementArgs(
            managed_rule_group_statement=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                vendor_name="AWS", name=group,
                rule_action_overrides=[
                    aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs(
                        name=rule, action_to_use=counting
                    )
                    for rule in COUNTED.get(group, ())
                ] or None,
            )
        ),
    )  # fmt: skip


def _log(target: AwsTarget, gateway: Gateway, acl: aws.wafv2.WebAcl, opts: pulumi.ResourceOptions) -> None:
    """WAF writes only to groups whose names begin with `aws-waf-logs-`."""
    logs = aws.cloudwatch.LogGroup(
        f"{gateway.name}-firewall-logs",
        name=f"aws-waf-logs-{target.names.full(gateway.name)}",
        retention_in_days=target.chosen.log_days, kms_key_id=target.found().key.arn, opts=opts,
    )  # fmt: skip
    aws.wafv2.WebAclLoggingConfiguration(
        f"{gateway.name}-firewall-logging", resource_arn=acl.arn, log_destination_configs=[logs.arn],
        redacted_fields=[
            aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs(
                single_header=aws.wafv2.WebAclLoggingConfigurationRedactedFieldSingleHeaderArgs(name=header)
            )
            for header in REDACTED
        ],
        opts=opts,
    )  # fmt: skip
