"""What an interrupted update left at AWS, where no emulator answers as AWS does: answers as its API describes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from components.core.operations import Impossible
from components.targets.aws import operations, unfinished
from components.targets.aws.advice import SIGN_IN
from components.targets.aws.kinds import BUCKET

REGION = "eu-central-1"
STACK = "urn:pulumi:dev::shop"
PROVIDER = {
    "type": "pulumi:providers:aws", "urn": f"{STACK}::pulumi:providers:aws::aws", "id": "p1",
    "inputs": {"region": REGION, "endpoints": "[]"},
}  # fmt: skip
TAGS = [{"Key": "strata:stack", "Value": "shop/dev"}, {"Key": "strata:resource", "Value": "it"}]
FILTER = {"TagFilters": [{"Key": "strata:stack", "Values": ["shop/dev"]}]}


class Aws:
    """Clients whose answers are given beforehand, each checked against the API's own description."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack, self.stubs = stack, dict[str, Stubber]()
        self.clients = dict[str, Any]()

    def __call__(self, service: str, where: dict[str, Any]) -> Any:
        assert where == {"region": REGION, "endpoint": ""}
        if service not in self.clients:
            keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
            self.clients[service] = boto3.client(service, region_name=REGION, **keys)
            self.stubs[service] = self.stack.enter_context(Stubber(self.clients[service]))
        return self.clients[service]

    def answers(self, service: str, call: str, answer: dict[str, Any], asked: dict[str, Any] | None = None) -> None:
        self(service, {"region": REGION, "endpoint": ""})
        self.stubs[service].add_response(call, answer, asked)

    def refuses(self, service: str, call: str, code: str, message: str = "no") -> None:
        self(service, {"region": REGION, "endpoint": ""})
        self.stubs[service].add_client_error(call, code, message)

    def lists(self, *arns: str) -> None:
        """What carries the stack's tag, each ARN under the name `it`, on a page of its own."""
        for number, arn in enumerate(arns or [""]):
            answer = {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": TAGS}] if arn else []}
            more = {"PaginationToken": f"{number + 1}"} if number + 1 < len(arns) else {}
            asked = {**FILTER, **({"PaginationToken": f"{number}"} if number else {})}
            self.answers("resourcegroupstaggingapi", "get_resources", {**answer, **more}, asked)

    def without_roles(self) -> None:
        self.answers("iam", "list_roles", {"Roles": []})
        self.answers("iam", "list_instance_profiles", {"InstanceProfiles": []})


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with ExitStack() as stack:
        made = Aws(stack)
        monkeypatch.setattr(unfinished, "api", made)
        yield made
        for stub in made.stubs.values():
            stub.assert_no_pending_responses()


def orphans() -> list[tuple[str, str]]:
    """The orphans of the stack, each as the type and the id that its provider has for it."""
    found = [one.resource or {} for one in operations.orphans("shop/dev", [PROVIDER])]
    return [(one["type"].rpartition(":")[2], one["id"]) for one in found]


def arn(service: str, what: str) -> str:
    return f"arn:aws:{service}:{REGION}:123456789012:{what}"


def profile(name: str) -> dict[str, Any]:
    return {
        "InstanceProfileName": name, "Arn": f"arn:aws:iam::123456789012:instance-profile/{name}", "Path": "/",
        "InstanceProfileId": "AIPA0123456789ABCD", "CreateDate": "2026-01-01T00:00:00Z", "Roles": [],
    }  # fmt: skip


def test_iam_is_asked_itself_for_it_is_in_no_region(aws: Aws) -> None:
    """The Tagging API of a region lists nothing of IAM; an emulator's that does is not believed."""
    aws.lists("arn:aws:iam::123456789012:role/shop-dev-api", "arn:aws:iam::123456789012:instance-profile/shop-dev-x")
    aws.answers("iam", "list_roles", {"Roles": []})
    named = ["shop-dev-hosts-1", "shop-dev2-hosts-1", "shop-dev-2-hosts-1", "other"]
    aws.answers("iam", "list_instance_profiles", {"InstanceProfiles": [profile(name) for name in named]})
    theirs = [{"Key": "strata:stack", "Value": "shop/dev-2"}]
    for name, tags in (("shop-dev-hosts-1", TAGS), ("shop-dev-2-hosts-1", theirs)):
        aws.answers("iam", "list_instance_profile_tags", {"Tags": tags}, {"InstanceProfileName": name})
    assert orphans() == [("InstanceProfile", "shop-dev-hosts-1")]


@pytest.mark.parametrize("kind", ["MetricAlarm", "CompositeAlarm", ""])
def test_an_alarm_is_of_the_kind_that_aws_has_one_of(aws: Aws, kind: str) -> None:
    """Both have the same ARN; read as the other one it would seem to be gone, and stay."""
    aws.lists(arn("cloudwatch", "alarm:any"))
    aws.without_roles()
    asked = {"AlarmNames": ["any"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    answer = {f"{kind}s": [{"AlarmName": "any"}]} if kind else {}
    aws.answers("cloudwatch", "describe_alarms", answer, asked)
    assert orphans() == ([(kind, "any")] if kind else [])


def test_a_queue_is_known_by_its_url(aws: Aws) -> None:
    url = f"https://sqs.{REGION}.amazonaws.com/123456789012/late"
    for _ in range(2):
        aws.lists(arn("sqs", "late"))
        aws.without_roles()
        aws.answers("sqs", "get_queue_url", {"QueueUrl": url}, {"QueueName": "late"})
    assert orphans() == [("Queue", url)]
    type = "aws:sqs/queue:Queue"
    pending = [{"urn": f"{STACK}::a${type}::it", "type": type, "inputs": {"name": "late"}}]
    assert [one.id for one in operations.made("shop/dev", [PROVIDER], pending)] == [url]


@pytest.mark.parametrize(
    ("listed", "service", "call", "code"),
    [
        ("ec2 security-group-rule/sgr-1", "ec2", "describe_security_group_rules", "InvalidRuleId.NotFound"),
        ("ec2 security-group/sg-1", "ec2", "describe_security_groups", "InvalidGroup.NotFound"),
        ("ec2 natgateway/nat-1", "ec2", "describe_nat_gateways", "NatGatewayNotFound"),
        ("kms key/k-1", "kms", "describe_key", "NotFoundException"),
        ("secretsmanager secret:s-1", "secretsmanager", "describe_secret", "ResourceNotFoundException"),
        ("ecs service/c/s", "ecs", "describe_services", "ClusterNotFoundException"),
        ("sqs q", "sqs", "get_queue_url", "AWS.SimpleQueueService.NonExistentQueue"),
        ("sqs q", "sqs", "get_queue_url", "QueueDoesNotExist"),
    ],
)  # fmt: skip
def test_what_is_listed_and_not_there_is_no_orphan(aws: Aws, listed: str, service: str, call: str, code: str) -> None:
    """AWS goes on listing for a while; an update that has deleted something would end in an error otherwise."""
    where, _, what = listed.partition(" ")
    aws.lists(arn(where, what))
    aws.without_roles()
    aws.refuses(service, call, code)
    assert orphans() == []


def test_one_that_cannot_be_asked_for_is_told(aws: Aws) -> None:
    for _ in range(2):
        aws.lists(arn("ec2", "security-group-rule/sgr-1"))
        aws.without_roles()
        aws.refuses("ec2", "describe_security_group_rules", "UnauthorizedOperation", "You are not authorized")
    with pytest.raises(Impossible) as wrong:
        operations.orphans("shop/dev", [PROVIDER])
    assert str(wrong.value).startswith(
        f"asking AWS whether {arn('ec2', 'security-group-rule/sgr-1')} is still there: You are not authorized "
        "(UnauthorizedOperation)"
    )
    assert operations.unnoted("shop/dev", [PROVIDER]) == [], "the update has succeeded all the same"


def test_credentials_that_expire_are_told_with_what_to_do(aws: Aws) -> None:
    aws.refuses("resourcegroupstaggingapi", "get_resources", "ExpiredTokenException", "too old")
    with pytest.raises(Impossible) as wrong:
        operations.orphans("shop/dev", [PROVIDER])
    text = "asking AWS for what carries the tag strata:stack=shop/dev: too old (ExpiredTokenException); "
    assert str(wrong.value) == text + SIGN_IN


SELECTION = "aws:backup/selection:Selection"


def made(type: str, **inputs: Any) -> list[str]:
    """The ids of what an interrupted creation made."""
    pending = [{"urn": f"{STACK}::a${type}::it", "type": type, "inputs": inputs}]
    return [one.id for one in operations.made("shop/dev", [PROVIDER], pending)]


def test_a_backup_selection_is_found_by_its_plan_and_name(aws: Aws) -> None:
    kept = [{"SelectionId": "s-1", "SelectionName": "other"}, {"SelectionId": "s-2", "SelectionName": "daily"}]
    for found in (kept, kept[:1]):
        aws.lists()
        aws.without_roles()
        answer = {"BackupSelectionsList": found}
        aws.answers("backup", "list_backup_selections", answer, {"BackupPlanId": "p-1"})
    assert made(SELECTION, planId="p-1", name="daily") == ["p-1|s-2"]
    assert made(SELECTION, planId="p-1", name="daily") == []


@pytest.mark.parametrize("tags", [[], [{"Key": "a", "Value": "b"}]], ids=["never tagged", "another's"])
def test_a_bucket_is_found_by_its_name_when_it_has_no_tags(aws: Aws, tags: list[dict[str, str]]) -> None:
    name = "shop-dev-uploads-20261128034259450400000001"
    aws.lists()
    aws.without_roles()
    aws.answers("s3", "list_buckets", {"Buckets": [{"Name": "shop-dev-uploads-other"}, {"Name": name}]})
    if tags:
        aws.answers("s3", "get_bucket_tagging", {"TagSet": tags}, {"Bucket": name})
    else:
        aws.refuses("s3", "get_bucket_tagging", "NoSuchTagSet")
    assert made(BUCKET, bucketPrefix="shop-dev-uploads-") == ([] if tags else [name])


def test_a_bucket_whose_tags_cannot_be_read_is_not_taken_for_one_without(aws: Aws) -> None:
    aws.lists()
    aws.without_roles()
    aws.answers("s3", "list_buckets", {"Buckets": [{"Name": "shop-dev-uploads-20261128034259450400000001"}]})
    aws.refuses("s3", "get_bucket_tagging", "AccessDenied")
    with pytest.raises(Impossible, match="interrupted creation of it made: no \\(AccessDenied\\)"):
        made(BUCKET, bucketPrefix="shop-dev-uploads-")


def test_a_refusal_says_what_was_looked_for(aws: Aws) -> None:
    aws.lists()
    aws.without_roles()
    aws.refuses("backup", "list_backup_selections", "AccessDeniedException", "not you")
    with pytest.raises(Impossible) as wrong:
        made(SELECTION, planId="p-1", name="daily")
    assert str(wrong.value).startswith(
        "looking for what the interrupted creation of it made: not you (AccessDeniedException)"
    )


def test_what_aws_cannot_do_is_refused_with_what_there_is_instead() -> None:
    for action in (operations.stop, operations.start):
        with pytest.raises(Impossible) as wrong:
            action("shop/dev")
        assert str(wrong.value) == (
            "on AWS services always run; `make down` takes the system down, `replicas` in the settings says how many "
            "run"
        )


def test_the_provider_of_the_state_says_which_aws_is_asked() -> None:
    endpoints = json.dumps([{"ec2": "http://127.0.0.1:5000"}])
    emulated = {**PROVIDER, "inputs": {"region": "us-east-1", "endpoints": endpoints}}
    assert operations._where([{"type": "aws:ec2/vpc:Vpc"}, emulated]) == {
        "region": "us-east-1", "endpoint": "http://127.0.0.1:5000",
    }  # fmt: skip
    assert operations._where([PROVIDER]) == {"region": REGION, "endpoint": ""}
    assert operations._where([]) is None
