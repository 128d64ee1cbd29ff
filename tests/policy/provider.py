"""A few resource types of the AWS provider, in the words of `terraform providers schema -json`."""

from __future__ import annotations

from typing import Any

from policy.scan.kinds import kinds_of
from policy.scan.stack import Resource, Stack

TEXT = {"type": "string", "optional": True}
COMPUTED = {"type": "string", "computed": True}
RULE = {"cidr_blocks": ["list", "string"], "description": "string", "from_port": "number", "self": "bool"}
SCHEMAS: dict[str, Any] = {
    "aws_vpc": {
        "block": {
            "attributes": {
                "arn": COMPUTED, "id": COMPUTED, "cidr_block": TEXT, "tags": {"type": ["map", "string"]},
                "enable_dns_support": {"type": "bool", "optional": True},
            }
        }
    },
    "aws_security_group": {
        "block": {
            "attributes": {
                "arn": COMPUTED, "id": COMPUTED, "name": TEXT, "vpc_id": {**TEXT, "computed": True}, "vpc_arn": TEXT,
                "description": TEXT,
                "ingress": {"type": ["set", ["object", RULE]], "optional": True, "computed": True},
            }
        }
    },
    "aws_ecs_task_definition": {
        "block": {"attributes": {"arn": COMPUTED, "id": COMPUTED, "container_definitions": TEXT, "family": TEXT}}
    },
    "aws_mq_broker": {
        "block": {
            "attributes": {
                "arn": COMPUTED, "id": COMPUTED, "region": COMPUTED,
                "broker_name": {"type": "string", "required": True},
                "subnet_ids": {"type": ["set", "string"], "optional": True},
                "instances": {"type": ["list", ["object", {"endpoints": ["list", "string"]}]], "computed": True},
            },
            "block_types": {
                "user": {"nesting_mode": "set", "block": {"attributes": {"username": TEXT, "password": TEXT}}},
                "logs": {
                    "nesting_mode": "list", "max_items": 1,
                    "block": {"attributes": {"general": {"type": "bool", "optional": True}}},
                },
            },
        }
    },
}  # fmt: skip
MAP: dict[str, Any] = {
    "aws_vpc": {"token": "ec2/Vpc"},
    "aws_security_group": {"token": "ec2/SecurityGroup", "fields": {"ingress": {"name": "ingress"}}},
    "aws_ecs_task_definition": {"token": "ecs/TaskDefinition"},
    "aws_mq_broker": {"token": "mq/Broker", "fields": {"broker_name": {"autoName": 50}}},
    "aws_absent": {"token": "absent/Absent"},
}
KINDS = kinds_of(MAP, SCHEMAS)
TYPES = {
    "vpc": "aws:ec2/vpc:Vpc", "group": "aws:ec2/securityGroup:SecurityGroup", "broker": "aws:mq/broker:Broker",
    "task": "aws:ecs/taskDefinition:TaskDefinition",
}  # fmt: skip


def made(kind: str, name: str, needs: dict[str, set[str]] | None = None, **inputs: Any) -> Resource:
    """A resource of one of TYPES, with an id and an ARN; `needs` maps inputs to names of resources."""
    outputs = {**inputs, "id": f"{name}-id", "arn": f"arn:aws:x:eu-central-1:123456789012:{name}"}
    found = {key: frozenset(f"urn:{one}" for one in names) for key, names in (needs or {}).items()}
    return Resource(TYPES.get(kind, kind), name, f"urn:{name}", inputs, outputs, found)


def stack(*resources: Resource, secrets: frozenset[str] = frozenset()) -> Stack:
    return Stack("shop-standard", "eu-central-1", resources, secrets)
