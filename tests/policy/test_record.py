"""Recording what a program asks for, with made-up values for what AWS would compute."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws
import pytest

from policy.scan import ScanError
from policy.scan.record import record
from policy.scan.render import render
from policy.scan.stack import Stack
from tests.policy.provider import KINDS

SECRET = "k3QwZ9vTt2-made-up"


def recorded(program: object) -> Stack:
    return record(program, KINDS, project="shop", stack="prod", label="shop-prod", region="eu-west-1")  # type: ignore[arg-type]


def network() -> None:
    made = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16")
    aws.ec2.SecurityGroup("web", vpc_id=made.id, description=pulumi.Output.concat("in ", made.arn))


def test_computed_values_are_known_and_lead_back_to_their_resource() -> None:
    stack = recorded(network)
    group = next(one for one in stack.resources if one.name == "web")
    assert group.inputs["vpcId"] == "net-vpc-id"
    assert group.inputs["description"] == "in arn:aws:vpc:eu-west-1:123456789012:vpc/net-arn"
    written = render(stack, KINDS).document["resource"]["aws_security_group"]["web"]
    assert written == {"vpc_id": "${aws_vpc.net.id}", "description": group.inputs["description"]}
    assert stack.region == "eu-west-1"


def test_a_list_of_objects_can_be_reached_into() -> None:
    def program() -> None:
        broker = aws.mq.Broker("jobs", engine_type="RabbitMQ", engine_version="4.2", host_instance_type="x", users=[])
        aws.ec2.SecurityGroup("web", description=broker.instances.apply(lambda every: str(every[0].endpoints[0])))

    group = next(one for one in recorded(program).resources if one.name == "web")
    assert group.inputs["description"].startswith("amqps://")


def test_secret_values_are_remembered_by_themselves_and_inside_a_document() -> None:
    def program() -> None:
        document = pulumi.Output.secret(SECRET).apply(lambda value: json.dumps({"password": value, "user": "shop"}))
        aws.ec2.SecurityGroup("web", description=document)
        aws.ec2.SecurityGroup("open", description="nothing to hide")

    assert recorded(program).secrets == {SECRET}


def test_a_stash_gives_back_what_was_put_in_and_keeps_it_secret() -> None:
    def program() -> None:
        kept = pulumi.Stash("kept", input=pulumi.Output.secret(SECRET))
        aws.ec2.SecurityGroup("web", description=kept.output.apply(str))

    stack = recorded(program)
    assert next(one for one in stack.resources if one.name == "web").inputs["description"] == SECRET
    assert stack.secrets == {SECRET}


def test_a_type_without_a_terraform_name_is_an_error() -> None:
    with pytest.raises(ScanError, match=r"aws:ec2/eip:Eip.*providers/aws\.json"):
        recorded(lambda: aws.ec2.Eip("out"))


def test_a_function_that_nobody_answers_is_an_error() -> None:
    def program() -> None:
        found = aws.ec2.get_ami_output(owners=["self"])
        aws.ec2.SecurityGroup("web", description=found.id)

    with pytest.raises(Exception, match=r"aws:ec2/getAmi:getAmi; policy/scan/made_up\.py"):
        recorded(program)


def test_what_the_program_raises_is_raised() -> None:
    def program() -> None:
        network()
        raise ValueError("the program's own")

    with pytest.raises(ValueError, match="the program's own"):
        recorded(program)
