"""The proxy that lets calls fail, asked by AWS's own SDK."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from rehearsal.aws_calls import Call, identify
from rehearsal.aws_errors import TABLE, Error, Kind, documented, written
from rehearsal.faults import Asked, Change, Delay, Drop, Fault, Proxy, Refuse, faulty
from tests.rehearsal.pieces import in_one_piece

CALLER = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    b"<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


class Upstream(BaseHTTPRequestHandler):
    """Answers who the caller is, to whoever asks anything; `asked` keeps the bodies."""

    protocol_version = "HTTP/1.1"
    asked: list[bytes] = []

    def do_POST(self) -> None:
        self.asked.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(CALLER)))
        self.end_headers()
        self.wfile.write(CALLER)

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "77")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def upstream() -> Iterator[str]:
    Upstream.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def proxy(upstream: str) -> Iterator[Proxy]:
    with faulty(upstream) as running:
        yield running


def client(proxy: Proxy, service: str, attempts: int = 1) -> Any:
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts}, read_timeout=1,
        s3={"addressing_style": "path"},
    )  # fmt: skip
    return boto3.client(
        service, region_name="eu-central-1", endpoint_url=proxy.endpoint, config=config, aws_access_key_id="test",
        aws_secret_access_key="test",
    )  # fmt: skip


CALLS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "sts:GetCallerIdentity": ("sts", "get_caller_identity", "query", {}),
    "iam:CreateRole": ("iam", "create_role", "query", {"RoleName": "a", "AssumeRolePolicyDocument": "{}"}),
    "elasticloadbalancing:CreateLoadBalancer": ("elbv2", "create_load_balancer", "query", {"Name": "a"}),
    "rds:CreateDBInstance": (
        "rds", "create_db_instance", "query",
        {"DBInstanceIdentifier": "a", "DBInstanceClass": "b", "Engine": "postgres"},
    ),
    "ec2:CreateVpc": ("ec2", "create_vpc", "ec2", {"CidrBlock": "10.0.0.0/16"}),
    "ec2:AllocateAddress": ("ec2", "allocate_address", "ec2", {}),
    "ecs:CreateCluster": ("ecs", "create_cluster", "json", {}),
    "s3:CreateBucket": ("s3", "create_bucket", "rest-xml", {"Bucket": "a-bucket"}),
    "s3:PutBucketVersioning": (
        "s3", "put_bucket_versioning", "rest-xml",
        {"Bucket": "a-bucket", "VersioningConfiguration": {"Status": "Enabled"}},
    ),
    "s3:GetObject": ("s3", "get_object", "rest-xml", {"Bucket": "a-bucket", "Key": "a/b/c"}),
    "route53:ListHostedZones": ("route53", "list_hosted_zones", "rest-xml", {}),
    "elasticfilesystem:CreateFileSystem": ("efs", "create_file_system", "rest-json", {"CreationToken": "a"}),
    "elasticfilesystem:DeleteAccessPoint": ("efs", "delete_access_point", "rest-json", {"AccessPointId": "a"}),
    "backup:CreateBackupVault": ("backup", "create_backup_vault", "rest-json", {"BackupVaultName": "a"}),
    "mq:DescribeBroker": ("mq", "describe_broker", "rest-json", {"BrokerId": "a"}),
    "scheduler:GetSchedule": ("scheduler", "get_schedule", "rest-json", {"Name": "a"}),
}  # fmt: skip
"""A call's name, and how the SDK makes it: client, method, protocol, arguments."""


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("kind", Kind)
def test_the_sdk_reads_every_error_as_documented(proxy: Proxy, name: str, kind: Kind) -> None:
    """It also proves that the proxy knows which call it is: for any other the upstream would have answered."""
    service, method, protocol, arguments = CALLS[name]
    call = Call(*name.split(":"), protocol)  # type: ignore[arg-type]
    try:
        error = documented(kind, call)
    except LookupError:
        assert kind is Kind.QUOTA
        return
    proxy.fail(*name.split(":"), Refuse(kind))
    with pytest.raises(ClientError) as refused:
        getattr(client(proxy, service), method)(**arguments)
    said = refused.value.response
    assert said["Error"]["Code"] == error.code
    assert said["Error"]["Message"] == error.message
    assert said["ResponseMetadata"]["HTTPStatusCode"] == error.status
    assert proxy.failed == {name: 1}


def test_every_row_of_the_table_answers_one_of_these_calls() -> None:
    calls = [Call(*name.split(":"), how[2]) for name, how in CALLS.items()]  # type: ignore[arg-type]
    used = {id(next(row for row in TABLE if row.fits(kind, call))) for kind in Kind for call in calls
            if any(row.fits(kind, call) for row in TABLE)}  # fmt: skip
    assert [row for row in TABLE if id(row) not in used] == []


def test_what_is_not_to_fail_is_passed_on_and_counted(proxy: Proxy) -> None:
    proxy.fail("sts", "Assume*", Refuse(Kind.DENIED))
    assert client(proxy, "sts").get_caller_identity()["Account"] == "123456789012"
    assert Upstream.asked == [b"Action=GetCallerIdentity&Version=2011-06-15"]
    assert (proxy.asked, proxy.failed) == ({"sts:GetCallerIdentity": 1}, {})


def test_an_answer_without_a_body_keeps_its_length(proxy: Proxy) -> None:
    assert client(proxy, "s3").head_object(Bucket="a-bucket", Key="a")["ContentLength"] == 77


def test_an_answer_comes_in_one_piece(proxy: Proxy) -> None:
    assert all(in_one_piece(proxy.endpoint, "POST /") for _ in range(20))


@pytest.mark.parametrize("fault", [Refuse(Kind.THROTTLED), Refuse(Kind.INTERNAL), Drop()], ids=str)
def test_a_call_that_fails_a_number_of_times_is_made_again_by_the_sdk(proxy: Proxy, fault: Fault) -> None:
    proxy.fail("sts", "*", fault, times=2)
    assert client(proxy, "sts", attempts=3).get_caller_identity()["Account"] == "123456789012"
    assert (proxy.asked["sts:GetCallerIdentity"], proxy.failed["sts:GetCallerIdentity"]) == (3, 2)
    assert len(Upstream.asked) == 1


def test_a_dropped_answer_may_have_been_done(proxy: Proxy) -> None:
    for done, reached in ((False, 0), (True, 1)):
        proxy.heal()
        proxy.fail("sts", "*", Drop(done=done))
        with pytest.raises(ConnectionClosedError):
            client(proxy, "sts").get_caller_identity()
        assert len(Upstream.asked) == reached


def test_a_late_answer_is_a_timeout_or_only_late(proxy: Proxy) -> None:
    proxy.fail("sts", "*", Delay(0.3))
    began = time.monotonic()
    client(proxy, "sts").get_caller_identity()
    assert time.monotonic() - began >= 0.3
    proxy.fail("sts", "*", Delay(1.5))
    with pytest.raises(ReadTimeoutError):
        client(proxy, "sts").get_caller_identity()


def test_an_answer_that_is_changed(proxy: Proxy) -> None:
    proxy.fail("sts", "GetCallerIdentity", Change(lambda body: body.replace(b"123456789012", b"999999999999")))
    assert client(proxy, "sts").get_caller_identity()["Account"] == "999999999999"


def test_the_last_rule_comes_first_and_healing_ends_all(proxy: Proxy) -> None:
    proxy.fail("*", "*", Refuse(Kind.DENIED))
    proxy.fail("sts", "*", Refuse(Error("Odd", "an error of my own", 418)), times=1)
    codes: list[str] = []
    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            client(proxy, "sts").get_caller_identity()
        codes.append(refused.value.response["Error"]["Code"])
    assert codes == ["Odd", "AccessDenied"]
    proxy.heal()
    assert client(proxy, "sts").get_caller_identity()


def test_an_error_that_nobody_documents_is_a_mistake_of_the_test(upstream: str) -> None:
    with pytest.raises(LookupError, match=r"'quota' is known for sts:GetCallerIdentity"), faulty(upstream) as proxy:
        proxy.fail("sts", "*", Refuse(Kind.QUOTA))
        with pytest.raises(ClientError):
            client(proxy, "sts").get_caller_identity()


def test_a_request_that_nobody_signed_is_no_known_call() -> None:
    assert identify("GET", "/health", {}, b"") == Call("?", "?", "rest-json")


def test_texts_are_escaped_in_xml() -> None:
    _, body = written(Error("A", "a < b & c"), Call("iam", "GetRole", "query"))
    assert b"<Message>a &lt; b &amp; c</Message>" in body


def test_an_answer_may_be_late_although_the_work_was_done_at_once(proxy: Proxy) -> None:
    proxy.fail("sts", "*", Delay(1.5, done=True), times=1)
    with pytest.raises(ReadTimeoutError):
        client(proxy, "sts").get_caller_identity()
    assert len(Upstream.asked) == 1


def test_a_choice_comes_before_the_rules_and_sees_which_requests_are_one_call(proxy: Proxy) -> None:
    seen: list[Asked] = []

    def choice(asked: Asked) -> Fault | None:
        seen.append(asked)
        return Drop() if len(seen) == 1 else None

    proxy.choice = choice
    proxy.fail("sts", "*", Refuse(Kind.THROTTLED), times=1)
    sts = client(proxy, "sts", attempts=3)
    assert sts.get_caller_identity() and sts.get_caller_identity()
    assert seen == proxy.log and [str(one.call) for one in seen] == ["sts:GetCallerIdentity"] * 4
    first, second, third, other = (one.invocation for one in seen)
    assert first == second == third != other and first
    assert proxy.failed == {"sts:GetCallerIdentity": 2} and not any(one.provider for one in seen)
    proxy.heal()
    assert proxy.choice is None
