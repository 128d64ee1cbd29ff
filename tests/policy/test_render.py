"""What a stack becomes in Terraform's JSON."""

from __future__ import annotations

from typing import Any

import pytest

from policy.scan import ScanError
from policy.scan.kinds import camel, plural
from policy.scan.render import label, render
from tests.policy.provider import KINDS, made, stack


def rendered(*resources: Any) -> dict[str, Any]:
    return render(stack(*resources), KINDS).document["resource"]


def test_fields_blocks_and_lists_get_the_providers_names() -> None:
    broker = made(
        "broker", "jobs", brokerName="jobs", subnetIds=["a", "b"], logs={"general": True},
        users=[{"username": "shop", "password": "hidden"}],
    )  # fmt: skip
    assert rendered(broker) == {
        "aws_mq_broker": {
            "jobs": {
                "broker_name": "jobs",
                "subnet_ids": ["a", "b"],
                "logs": [{"general": True}],
                "user": [{"username": "shop", "password": "hidden"}],
            }
        }
    }


def test_an_object_has_all_its_fields() -> None:
    """Terraform's JSON refuses an object of an attribute that lacks one."""
    group = made("group", "web", ingress=[{"cidrBlocks": ["10.0.0.0/8"], "fromPort": 22}])
    assert rendered(group)["aws_security_group"]["web"]["ingress"] == [
        {"cidr_blocks": ["10.0.0.0/8"], "description": None, "from_port": 22, "self": None}
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("${aws_vpc.x.id}", "$${aws_vpc.x.id}"),
        ("100%{if}", "100%%{if}"),
        ("$HOME $$ {x} 50%", "$HOME $$ {x} 50%"),
        ('{"Resource": "arn:aws:s3:::${aws:username}"}', '{"Resource": "arn:aws:s3:::$${aws:username}"}'),
    ],
)
def test_a_literal_text_is_no_template(text: str, written: str) -> None:
    assert rendered(made("group", "web", description=text))["aws_security_group"]["web"]["description"] == written
    tags = rendered(made("vpc", "net", tags={text: text}))["aws_vpc"]["net"]["tags"]
    assert tags == {written: written}


def test_what_another_resource_computed_stays_a_reference() -> None:
    network = made("vpc", "net", cidrBlock="10.0.0.0/16")
    group = made("group", "web", {"vpcId": {"net"}}, vpcId="net-id", description="net-id")
    assert rendered(network, group)["aws_security_group"]["web"] == {
        "vpc_id": "${aws_vpc.net.id}",
        # The program wrote this text itself: it has the same value by chance.
        "description": "net-id",
    }


def test_a_list_refers_item_by_item_and_a_document_keeps_its_values() -> None:
    """A document with a reference in it would be unknown in the plan, and pass every rule."""
    network = made("vpc", "net")
    broker = made("broker", "jobs", {"subnetIds": {"net"}}, brokerName="jobs", subnetIds=["net-id", "other"])
    document = '[{"name": "web", "environment": [{"name": "VPC", "value": "net-id"}]}]'
    task = made("task", "web", {"containerDefinitions": {"net"}}, containerDefinitions=document)
    found = rendered(network, broker, task)
    assert found["aws_mq_broker"]["jobs"]["subnet_ids"] == ["${aws_vpc.net.id}", "other"]
    assert found["aws_ecs_task_definition"]["web"]["container_definitions"] == document


def test_where_id_and_arn_are_the_same_the_fields_name_decides() -> None:
    network = made("vpc", "net")
    both = {**network.outputs, "id": network.outputs["arn"]}
    same = type(network)(network.type, network.name, network.urn, network.inputs, both, network.needs)
    group = made("group", "web", {"vpcId": {"net"}, "vpcArn": {"net"}}, vpcId=both["arn"], vpcArn=both["arn"])
    assert rendered(same, group)["aws_security_group"]["web"] == {
        "vpc_id": "${aws_vpc.net.id}",
        "vpc_arn": "${aws_vpc.net.arn}",
    }


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (made("vpc", "net", colour="red"), ["net", "aws:ec2/vpc:Vpc", "colour", "cidrBlock"]),
        (made("broker", "jobs", logs={"audits": True}), ["jobs", "logs.audits", "general"]),
        (made("broker", "jobs", users=[{"usrname": "x"}]), ["jobs", "users.usrname", "username"]),
        (made("group", "web", ingress=[{"port": 1}]), ["web", "ingress.port", "from_port"]),
        (made("broker", "jobs", logs=True), ["jobs", "logs", "block"]),
        (made("aws:ec2/eip:Eip", "out"), ["out", "aws:ec2/eip:Eip", "providers/aws.json"]),
        (made("aws:absent/absent:Absent", "gone"), ["gone", "aws:absent/absent:Absent"]),
        (made("gcp:compute/instance:Instance", "vm"), ["vm", "gcp:compute/instance:Instance", "LEFT_OUT"]),
    ],
)
def test_what_has_no_terraform_name_is_an_error_that_says_where(resource: Any, words: list[str]) -> None:
    with pytest.raises(ScanError) as wrong:
        rendered(resource)
    assert [word for word in words if word not in str(wrong.value)] == []


def test_what_is_no_resource_on_aws_is_left_out() -> None:
    left = [
        made("pulumi:index:Stash", "kept"), made("strata:tier:Data", "data"), made("pulumi:providers:aws", "aws"),
        made("pulumi-python:dynamic:Resource", "gate"),
    ]  # fmt: skip
    assert render(stack(made("vpc", "net"), *left), KINDS).addresses == ("aws_vpc.net",)


def test_a_required_name_that_pulumi_makes_up_is_there() -> None:
    assert rendered(made("broker", "jobs"))["aws_mq_broker"]["jobs"]["broker_name"].startswith("jobs-")


def test_marks_of_the_engine_and_the_resources_own_region_are_no_fields() -> None:
    found = rendered(made("vpc", "net", region="eu-central-1", __defaults=["x"], cidrBlock="10.0.0.0/16"))
    assert found["aws_vpc"]["net"] == {"cidr_block": "10.0.0.0/16"}
    # Some types have had it all along, as something that the provider says.
    assert rendered(made("broker", "jobs", region="eu-central-1", brokerName="jobs"))["aws_mq_broker"]["jobs"] == {
        "broker_name": "jobs"
    }


def test_two_resources_under_one_name_are_an_error() -> None:
    with pytest.raises(ScanError, match=r"aws_vpc\.a_b"):
        rendered(made("vpc", "a.b"), made("vpc", "a b"))
    assert label("0/x") == "_0_x"


@pytest.mark.parametrize(
    ("one", "many"), [("policy", "policies"), ("address", "addresses"), ("key", "keys"), ("tags", "tags")]
)
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many


def test_camel_case() -> None:
    assert camel("max_item_size") == "maxItemSize"
