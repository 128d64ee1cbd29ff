"""The Resource Groups Tagging API for the services that MiniStack does not list there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import (
    acm,
    alb,
    cloudwatch,
    cloudwatch_logs,
    ec2,
    mq,
    rds,
    secretsmanager,
    servicediscovery,
    stepfunctions,
    tagging,
    waf,
)

STORES = {
    "vpc": ("vpc", ec2._vpcs), "subnet": ("subnet", ec2._subnets), "igw": ("internet-gateway", ec2._internet_gateways),
    "nat": ("natgateway", ec2._nat_gateways), "eipalloc": ("elastic-ip", ec2._addresses),
    "rtb": ("route-table", ec2._route_tables), "sg": ("security-group", ec2._security_groups),
    "vpce": ("vpc-endpoint", ec2._vpc_endpoints), "fl": ("vpc-flow-log", ec2._flow_logs),
    "lt": ("launch-template", ec2._launch_templates),
}  # fmt: skip
"""How an id of EC2's begins: what its ARN calls it, and where MiniStack keeps it; tags outlive what they are of."""
Tagged = Iterator[tuple[str, list[dict[str, str]]]]


def _pairs(tags: Any) -> list[dict[str, str]]:
    """Tags as this API writes them, however a service keeps them."""
    if isinstance(tags, dict):
        return [{"Key": key, "Value": value} for key, value in tags.items()]
    return [{"Key": one.get("Key", one.get("key")), "Value": one.get("Value", one.get("value"))} for one in tags or []]


def _of_ec2() -> Tagged:
    place = f"arn:aws:ec2:{get_region()}:{get_account_id()}"
    rules = {
        ec2._sg_rule_id(group, egress, rule)
        for group, kept in ec2._security_groups.items()
        for egress, key in ((False, "IpPermissions"), (True, "IpPermissionsEgress"))
        for rule in kept.get(key, [])
    }
    for identity, tags in ec2._tags.items():
        kind, store = STORES.get(identity.partition("-")[0], ("security-group-rule", rules))
        if identity in store:
            yield f"{place}:{kind}/{identity}", _pairs(tags)


def _kept(*stores: Any) -> Any:
    """What services keep by ARN."""
    return lambda: ((arn, _pairs(tags)) for store in stores for arn, tags in store.items())


def _of_logs() -> Tagged:
    place = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group"
    for name, group in cloudwatch_logs._log_groups.items():
        yield f"{place}:{name}", _pairs(group.get("tags"))


def _of_certificates() -> Tagged:
    for arn, one in acm._certificates.items():
        yield arn, _pairs(one.get("Tags"))


def _of_secrets() -> Tagged:
    for one in secretsmanager._secrets.values():
        if not one.get("DeletedDate"):
            yield one["ARN"], _pairs(one.get("Tags"))


def listed() -> None:
    """Let the API list them."""
    tagging._COLLECTORS.update({
        "ec2": _of_ec2, "logs": _of_logs, "acm": _of_certificates, "secretsmanager": _of_secrets,
        "rds": _kept(rds._tags), "elasticloadbalancing": _kept(alb._tags), "mq": _kept(mq._tags),
        "cloudwatch": _kept(cloudwatch._resource_tags), "wafv2": _kept(waf._waf_tags),
        "servicediscovery": _kept(servicediscovery._resource_tags), "states": _kept(stepfunctions._tags),
    })  # fmt: skip


PATCHES = {"tags": listed}
