"""What of an interrupted update is taken into a state, by what its target says and its pulumi reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from components.core.operations import Made, Operations, Orphan
from strata.cli import backend, take_up
from strata.cli.project import PlainError, Project
from tests.cli.fake_pulumi import STACK, Pulumi, resource

VPC, GROUP = f"{STACK}::strata:index:System$aws:ec2/vpc:Vpc::vpc", f"{STACK}::strata:index:System$a:b:Group::group"


class Target:
    """Says what creations made; `foreign` are ids of somebody else's."""

    def __init__(self, *found: Made, foreign: str = "") -> None:
        self.found, self.foreign = found, foreign

    def made(self, owner: str, resources: Sequence[Any], pending: Sequence[Any]) -> list[Made]:
        assert owner == "shop/dev"
        return [one for one in self.found if one.urn in {each["urn"] for each in pending}]

    def ours(self, owner: str, resource: Mapping[str, Any]) -> bool:
        return resource["id"] != self.foreign


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pulumi:
    made = Pulumi(tmp_path / "dev.json")
    monkeypatch.setattr(backend, "state_file", lambda _: made.place)
    return made


def settle(pulumi: Pulumi, *found: Made, foreign: str = "") -> list[str]:
    """What is in the state after an interrupted update was taken up."""
    target = cast(Operations, Target(*found, foreign=foreign))
    return [str(one["urn"]) for one in take_up.settle(cast(Project, pulumi), target)]


def creating(urn: str, **more: Any) -> dict[str, Any]:
    return {"type": "creating", "resource": resource(urn, parent=STACK, inputs={"asked": True}, **more)}


def test_what_was_made_is_in_the_state_with_what_was_asked_for_and_what_was_read(
    pulumi: Pulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi.write(resource(GROUP), pending=[creating(VPC)])
    pulumi.there[VPC] = {"arn": "arn:vpc"}
    assert settle(pulumi, Made(VPC, "vpc-1")) == [GROUP, VPC]
    found = pulumi.read()[1]
    assert (found["id"], found["inputs"], found["outputs"]) == ("vpc-1", {"asked": True}, {"arn": "arn:vpc"})
    assert "Taken into the state, since it was made and not noted: vpc" in capsys.readouterr().out


def test_a_name_that_nobody_asked_for_is_the_one_that_it_has(pulumi: Pulumi) -> None:
    """A preview makes up another one each time, and a group of another name would be replaced."""
    given = {"name": "group-made-up", "asked": 1, "size": 2, "__defaults": ["name", "size"]}
    resource = creating(VPC)["resource"] | {"inputs": given}
    pulumi.write(pending=[{"type": "creating", "resource": resource}])
    pulumi.there[VPC] = {"name": "group-true", "asked": 3}
    settle(pulumi, Made(VPC, "vpc-1"))
    assert pulumi.read()[0]["inputs"] == given | {"name": "group-true"}


def test_what_was_not_made_is_forgotten(pulumi: Pulumi, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether a name that was guessed leads to something, the refresh says."""
    pulumi.write(resource(GROUP), pending=[creating(VPC)])
    assert settle(pulumi, Made(VPC, "vpc-1")) == [GROUP]
    assert settle(pulumi) == [GROUP]
    assert "Taken into" not in capsys.readouterr().out


def test_what_was_to_be_replaced_is_deleted_by_the_next_update(pulumi: Pulumi) -> None:
    pulumi.write(resource(VPC, id="vpc-0", outputs={"arn": "old"}), pending=[creating(VPC)])
    pulumi.there[VPC] = {"arn": "new"}
    assert settle(pulumi, Made(VPC, "vpc-1")) == [VPC, VPC]
    assert [(one["id"], one.get("delete", False)) for one in pulumi.read()] == [("vpc-0", True), ("vpc-1", False)]


def test_what_was_being_deleted_is_read_before_it_is_trusted(pulumi: Pulumi) -> None:
    held = [resource(VPC, id="vpc-1"), resource(GROUP, id="g")]
    pulumi.write(*held, pending=[{"type": "deleting", "resource": held[0]}, {"type": "updating", "resource": held[1]}])
    settle(pulumi)
    assert [one.get("refreshBeforeUpdate", False) for one in pulumi.read()] == [True, False]


@pytest.mark.parametrize("pending", [[], [{"type": "updating", "resource": resource(VPC)}]], ids=["ended", "killed"])
def test_what_the_provider_failed_to_change_is_read_before_it_is_trusted(
    pulumi: Pulumi, pending: list[dict[str, Any]]
) -> None:
    """The state has the change already: an update would call it unchanged."""
    pulumi.write(resource(VPC, id="vpc-1"), resource(GROUP, id="g", initErrors=["AWS said no"]), pending=pending)
    settle(pulumi)
    assert [one.get("refreshBeforeUpdate", False) for one in pulumi.read()] == [False, True]
    assert [one.get("initErrors") for one in pulumi.read()] == [None, ["AWS said no"]]


def test_what_could_not_be_removed_is_read_before_it_is_trusted(
    pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi.write(resource(GROUP), resource(VPC, id="vpc-1"))
    take_up.doubt(cast(Project, pulumi), {VPC})
    assert [one.get("refreshBeforeUpdate") for one in pulumi.read()] == [None, True]
    monkeypatch.setattr(pulumi, "replace_state", lambda _: pytest.fail("written"))
    take_up.doubt(cast(Project, pulumi), frozenset())


def test_a_state_in_which_all_is_well_is_not_written(pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi.write(resource(VPC, id="vpc-1"), resource(GROUP, id="g"))
    monkeypatch.setattr(pulumi, "replace_state", lambda _: pytest.fail("written"))
    assert settle(pulumi) == [VPC, GROUP]


def test_what_is_somebody_else_s_is_left_alone(pulumi: Pulumi, capsys: pytest.CaptureFixture[str]) -> None:
    pulumi.write(pending=[creating(VPC)])
    pulumi.there[VPC] = {"arn": "arn:vpc"}
    assert settle(pulumi, Made(VPC, "vpc-1"), foreign="vpc-1") == []
    assert pulumi.said == ["refresh"]
    assert "vpc: vpc-1 is there already and not this stack's" in capsys.readouterr().out


def test_nothing_stays_in_the_state_that_could_not_be_read(pulumi: Pulumi) -> None:
    pulumi.write(resource(GROUP), pending=[creating(VPC)])
    pulumi.fails = "refresh"
    with pytest.raises(PlainError, match="AWS said no"):
        settle(pulumi, Made(VPC, "vpc-1"))
    assert [one["urn"] for one in pulumi.read()] == [GROUP]


def test_an_orphan_that_is_described_is_known_by_its_type_and_name(pulumi: Pulumi) -> None:
    """A preview shows no secret and no value that is not known yet: the next update sets them."""
    inputs = {"cidr": "10.0.0.0/16", "password": "[secret]", "zone": take_up.UNKNOWN}
    pulumi.write(resource(GROUP))
    pulumi.preview = [{"op": "create", "urn": VPC, "newState": resource(VPC, parent=STACK, inputs=inputs)}]
    there = {"id": "vpc-1", "provider": "aws", "inputs": {}, "outputs": {}}
    wanted = Orphan("Vpc", "vpc", "arn", resource=there, described=("$aws:ec2/vpc:Vpc::vpc",))
    other = Orphan("Vpc", "vpc2", "arn2", resource=there, described=("$aws:ec2/vpc:Vpc::vpc2",))
    [(orphan, found)] = take_up.expected(cast(Project, pulumi), [other, wanted])
    assert orphan is wanted
    assert (found["urn"], found["id"], found["inputs"]) == (VPC, "vpc-1", {"cidr": "10.0.0.0/16"})
    pulumi.there[VPC] = {"arn": "arn"}
    take_up.adopt(cast(Project, pulumi), [found])
    assert [one["urn"] for one in pulumi.read()] == [GROUP, VPC]


@pytest.mark.parametrize("fails", ["", "destroy"])
def test_an_orphan_that_pulumi_removes_is_in_no_state_afterwards(pulumi: Pulumi, fails: str) -> None:
    left = f"{STACK}::aws:s3/bucket:Bucket::left-b"
    pulumi.write(resource(GROUP))
    pulumi.there[left], pulumi.fails = {"bucket": "b"}, fails
    orphan = Orphan("Bucket", "b", "arn", resource=resource(left, id="b", inputs={"forceDestroy": True}, outputs={}))
    if fails:
        with pytest.raises(PlainError, match="destroy of left-b failed"):
            take_up.remove(cast(Project, pulumi), [orphan])
    else:
        take_up.remove(cast(Project, pulumi), [orphan])
    assert pulumi.said == ["refresh", "destroy"]
    assert [one["urn"] for one in pulumi.read()] == [GROUP]
