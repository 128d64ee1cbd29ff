"""`make repair` on AWS, by the real provider on an emulated AWS: an update is killed while AWS has done what it was
asked for and its answers are still under way."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.emulator import Emulator
from rehearsal.faults import Change, Proxy, faulty
from rehearsal.lacking import parts
from tests.integration.behaviour import kill, strata_up
from tests.integration.harness import BIN, Stack, scratch_project
from tests.rehearsal.account import client, left
from tests.rehearsal.leftovers import Leftovers
from tests.rehearsal.moto_round import Round, round_of
from tests.waiting import eventually

pytestmark = [pytest.mark.aws, pytest.mark.timeout(600)]

SHOP = """from strata import Bucket, ObjectStore, Schedule, Secret, Service, System

files = ObjectStore("files", buckets=[Bucket("uploads")])
api = Service("api", image="example.com/api:1", port=8000, needs=[files], secrets={"TOKEN": Secret("token")})
report = Schedule("report", image="example.com/api:1", cron="30 2 * * *", overlap="allow")
system = System("tiny", data=[files], app=[api, report])
"""
LEFT_OUT = ("flow_logs", "alarms", "dashboard", "backup", "firewall", "firewall_logs")
"""Parts that this test need not wait for."""
HELD = {
    "ec2:CreateVpc": "aws:ec2/vpc:Vpc", "s3:CreateBucket": "aws:s3/bucket:Bucket", "kms:CreateKey": "aws:kms/key:Key",
    "iam:CreateRole": "aws:iam/role:Role", "sqs:CreateQueue": "aws:sqs/queue:Queue",
}  # fmt: skip
"""Calls whose answers do not come, and what each makes: found by its tag, by its prefix before it is tagged, among the
account's roles, and by its URL."""


@pytest.fixture(scope="module")
def proxy(emulator: Emulator) -> Iterator[Proxy]:
    with faulty(emulator.endpoint) as running:
        yield running


@pytest.fixture
def shop(emulator: Emulator, proxy: Proxy, tmp_path: Path) -> Iterator[Round]:
    folder = scratch_project(tmp_path / "project", SHOP, "tiny")
    off = {**parts(emulator.name), **dict.fromkeys(LEFT_OUT, "off")}
    settings = {"system": "system", **emulator.settings(endpoint=proxy.endpoint, parts=off, nat="none")}
    with round_of(folder, tmp_path / "state", settings) as round:
        yield round


def killed(stack: Stack, proxy: Proxy) -> None:
    """`make up`, ended by SIGKILL with all that it started once AWS has done each of the calls that are held."""
    done, ended = Counter[str](), threading.Event()

    def hold(call: str) -> Change:
        def wait(body: bytes) -> bytes:
            done[call] += 1
            ended.wait(120)
            return body

        return Change(wait)

    for call in HELD:
        proxy.fail(*call.split(":"), hold(call))
    running = stack.start(*strata_up(stack), session=True)
    try:
        eventually(lambda: done.keys() >= HELD.keys() or running.poll() is not None, "AWS has done what is held")
        kill(running.pid)
        said, _ = running.communicate()
        assert running.returncode == -signal.SIGKILL, said
    finally:
        proxy.heal()
        ended.set()
    time.sleep(2)  # What was under way still comes to AWS.


def repair(stack: Stack, *words: str, say: str = "") -> str:
    """What `make repair` says."""
    command = [BIN / "strata", "repair", "--system", f"{stack.folder}/", "--stack", stack.name, *words]
    done = subprocess.run(
        [str(word) for word in command], cwd=stack.folder, env=stack.environment, capture_output=True, text=True,
        input=say, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def held(stack: Stack) -> dict[str, set[str]]:
    """What the state has of the kinds that were held: type to ids."""
    found = {type: set[str]() for type in HELD.values()}
    for one in stack.resources():
        if one["type"] in found:
            found[one["type"]].add(str(one["id"]))
    return found


def there(emulator: Emulator, stack: Stack) -> dict[str, set[str]]:
    """The same of the account: this stack's by tag or by name."""
    chosen: Any = [{"Name": "tag:strata:stack", "Values": [stack.owner]}]
    names, keys = stack.owner.replace("/", "-"), client(emulator, "kms")
    every = [keys.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in keys.list_keys()["Keys"]]
    found = (
        [one["VpcId"] for one in client(emulator, "ec2").describe_vpcs(Filters=chosen)["Vpcs"]],
        [one["Name"] for one in client(emulator, "s3").list_buckets()["Buckets"]],
        [one["KeyId"] for one in every if one["KeyState"] == "Enabled" and one["KeyManager"] == "CUSTOMER"],
        [one["RoleName"] for one in client(emulator, "iam").list_roles()["Roles"] if names in one["RoleName"]],
        [one.rpartition("/")[2] for one in client(emulator, "sqs").list_queues().get("QueueUrls", [])],
    )
    return {type: {*ids} for type, ids in zip(HELD.values(), found, strict=True)}


def same(state: dict[str, set[str]]) -> dict[str, set[str]]:
    """What the state has, as the account has it: a queue's URL begins with where it is asked."""
    return {type: {one.rpartition("/")[2] if "sqs" in type else one for one in ids} for type, ids in state.items()}


def test_a_killed_update_is_shown_mended_and_goes_on(shop: Round, proxy: Proxy, emulator: Emulator) -> None:
    stack = shop.stack
    killed(stack, proxy)
    before = there(emulator, stack)
    assert all(before.values()) and not any(held(stack).values())

    refused = repair(stack, say="y\nn\n")
    assert "operations that were not finished: " in refused
    assert not any(held(stack).values()), "what was not agreed to does not happen"

    said = repair(stack, "--yes")
    assert "Taken into the state, since it was made and not noted: " in said
    assert "files-uploads-bucket" in said and "report-not-started" in said
    assert same(held(stack)) == before, f"all that was made, and nothing else:\n{said}"
    assert repair(stack) == f"{stack.owner}: nothing to repair.\n"

    assert "in no state" not in stack.make_up().ok().text
    after = there(emulator, stack)
    assert same(held(stack)) == after and all(before[type] <= after[type] for type in before)
    assert [len(after[type]) for type in HELD.values() if "Role" not in type] == [1, 2, 1, 1], "nothing was made twice"
    assert shop.steps() == {} == shop.steps("--refresh")
    stack.destroy().ok()
    assert stack.resources() == [] and left(emulator, stack.owner) == []
    assert not any(there(emulator, stack).values())


@pytest.mark.full
def test_what_no_state_says_is_shown_and_mended(shop: Round, emulator: Emulator) -> None:
    """An answer that was lost and asked for again: what is described is taken in, what holds data has a question of its
    own, and the rest is removed."""
    stack = shop.stack
    assert "in no state" not in stack.make_up().ok().text
    again = Leftovers(emulator, stack.owner, f"{stack.owner.replace('/', '-')}-again")
    assert again.vpc and again.subnet and again.group, "made"
    client(emulator, "s3").put_object(Bucket=again.bucket, Key="theirs", Body=b"a row of data")
    queue = again.queue.rpartition("/")[2]

    told = stack.make_up()
    assert "Made and in no state, as when an answer is lost: " in told.text and f"Vpc vpc ({again.vpc})" in told.text
    known = same(held(stack))
    lost = forgotten(stack, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    said = repair(stack, "--yes")
    (line,) = [
        one for one in said.splitlines() if one.endswith("is described and not in the state: it is taken into it")
    ]
    assert f" {lost['urn'].rpartition('::')[2]} (" in line
    for one in (again.vpc, again.subnet, again.group):
        assert f"{one}) is not in the state\n" in said, said
    assert f"{again.bucket}) is not in the state; it may hold data" in said and "left alone" in said
    assert again.vpc not in there(emulator, stack)["aws:ec2/vpc:Vpc"]
    assert lost["id"] in {one.get("id") for one in stack.resources() if one["urn"] == lost["urn"]}

    said = repair(stack, say="n\ny\n")
    assert said.count("and all its data? This cannot be undone") == 2
    now = there(emulator, stack)
    assert [again.bucket in now["aws:s3/bucket:Bucket"], queue in now["aws:sqs/queue:Queue"]].count(True) == 1
    repair(stack, say="y\n")
    assert there(emulator, stack) == known
    assert repair(stack) == f"{stack.owner}: nothing to repair.\n"
    assert "in no state" not in stack.make_up().ok().text and shop.steps() == {}
    stack.destroy().ok()
    assert stack.resources() == [] and left(emulator, stack.owner) == []


def forgotten(stack: Stack, type: str) -> dict[str, Any]:
    """The first resource of a type, which the state is let forget."""
    path = stack.state / "export.json"
    stack.pulumi("stack", "export", "--stack", stack.name, "--file", str(path)).ok()
    whole: dict[str, Any] = json.loads(path.read_text())
    every: list[dict[str, Any]] = whole["deployment"]["resources"]
    found = next(one for one in every if one["type"] == type)
    kept = [_without(one, found["urn"]) for one in every if one is not found]
    whole["deployment"]["resources"] = kept
    path.write_text(json.dumps(whole))
    stack.pulumi("stack", "import", "--stack", stack.name, "--file", str(path)).ok()
    return found


def _without(one: dict[str, Any], urn: str) -> dict[str, Any]:
    """A resource that depends on another no more."""
    by_property: dict[str, list[str]] = one.get("propertyDependencies") or {}
    left_over = {key: [each for each in urns or () if each != urn] for key, urns in by_property.items()}
    kept = [each for each in one.get("dependencies") or () if each != urn]
    return {**one, "dependencies": kept, "propertyDependencies": left_over}
