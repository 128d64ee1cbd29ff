"""A state that is lost while what it knew still runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from components.core.operations import Impossible, Made, Operations
from strata.cli import backend, lost, take_up
from strata.cli.project import PlainError, Project
from tests.cli.fake_pulumi import STACK, Pulumi, resource

ROOT = f"{STACK}::pulumi:pulumi:Stack::shop-dev"
PART = f"{STACK}::strata:index:System::shop"
PROVIDER = f"{STACK}::strata:index:System$pulumi:providers:aws::aws"
DEFAULT = f"{STACK}::pulumi:providers:random::default"
TABLE = f"{STACK}::strata:index:System$aws:ec2/routeTable:RouteTable::table"
ROUTE = f"{STACK}::strata:index:System$aws:ec2/route:Route::route"
SERVICE = f"{STACK}::strata:index:System$aws:ecs/service:Service::service"
POLICY = f"{STACK}::strata:index:System$aws:iam/rolePolicyAttachment:RolePolicyAttachment::policy"


class Target:
    """AWS with a table, the route in it, and a service: table and service are known by their tags, the route by its
    table. `order` is what was found, one round after the other."""

    def __init__(self, *there: str) -> None:
        self.there = [*there]
        self.order = list[list[str]]()

    def lost(self, owner: str, settings: Any) -> list[str]:
        assert owner == "shop/dev"
        return self.there

    def made(self, owner: str, resources: Sequence[Any], pending: Sequence[Any]) -> list[Made]:
        held = {one["urn"] for one in resources}
        ids = {TABLE: "rtb-1", SERVICE: "shop/service", ROUTE: "r-rtb-1"}
        found = list[Made]()
        for one in pending:
            assert "name" not in one["inputs"]
            by_table = one["urn"] != ROUTE or "routeTableId" in one["inputs"]
            if one["urn"] in ids and one["urn"] not in held and by_table:
                found.append(Made(one["urn"], ids[one["urn"]]))
        self.order.append([one.urn for one in found])
        return found

    def ours(self, owner: str, resource: Mapping[str, Any]) -> bool:
        return True


class Lost(Pulumi):
    """A preview knows the table's id once the table is in the state."""

    def previewed(self) -> list[dict[str, Any]]:
        known = any(one["urn"] == TABLE for one in self.read())
        id = "rtb-1" if known else take_up.UNKNOWN
        made = [
            resource(ROOT, custom=False, outputs={"releases": take_up.UNKNOWN}),
            resource(PART, custom=False, parent=ROOT), resource(PROVIDER, parent=PART), resource(DEFAULT),
            resource(SERVICE, parent=PART, provider=f"{PROVIDER}::made",
                inputs={"taskDefinition": take_up.UNKNOWN, "size": 2}),
            resource(TABLE, parent=PART, provider=f"{PROVIDER}::made",
                inputs={"name": f"table-{len(self.said):07x}"}),
            resource(ROUTE, parent=PART, provider=f"{PROVIDER}::made", inputs={"routeTableId": id},
                dependencies=[TABLE, POLICY], propertyDependencies={"routeTableId": [TABLE, POLICY]}),
            resource(POLICY, parent=PART, provider=f"{PROVIDER}::made"),
        ]  # fmt: skip
        self.preview = [{"op": "create", "urn": one["urn"], "newState": one} for one in made]
        return super().previewed()


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lost:
    made = Lost(tmp_path / "dev.json")
    monkeypatch.setattr(backend, "state_file", lambda _: made.place)
    made.write()
    return made


def test_what_is_there_is_taken_into_a_new_state(pulumi: Lost, capsys: pytest.CaptureFixture[str]) -> None:
    """Providers and components are made, what the description has is read, what AWS takes again is left to the next
    update; each after what it needs, and what is known in part after all that is known whole."""
    pulumi.there = {TABLE: {"name": "table-true"}, ROUTE: {"state": "active"}, SERVICE: {"size": 2}}
    target = Target()
    lost.take_back(cast(Project, pulumi), cast(Operations, target))
    state = {one["urn"]: one for one in pulumi.read()}
    assert [*state] == [ROOT, PART, PROVIDER, TABLE, ROUTE, SERVICE]
    assert target.order == [[TABLE], [ROUTE], [], [SERVICE], [], []]
    assert (state[TABLE]["id"], state[ROUTE]["id"]) == ("rtb-1", "r-rtb-1")
    assert state[TABLE]["inputs"] == {"name": "table-true", "__defaults": ["name"]}
    assert state[SERVICE]["inputs"] == {"size": 2}
    assert state[ROUTE]["dependencies"] == [TABLE] and state[ROUTE]["propertyDependencies"] == {"routeTableId": [TABLE]}
    assert state[ROOT]["outputs"] == {}
    assert state[ROUTE]["provider"] == f"{PROVIDER}::made"
    assert "not noted: table" in capsys.readouterr().out


def test_what_is_not_there_is_left_to_the_update(pulumi: Lost) -> None:
    """It is asked for with what is known whole and with the rest, and no more."""
    lost.take_back(cast(Project, pulumi), cast(Operations, Target()))
    assert [one["urn"] for one in pulumi.read()] == [ROOT, PART, PROVIDER]
    assert pulumi.said.count("refresh") == 2


def test_an_update_from_nothing_does_not_make_a_second_system(pulumi: Lost) -> None:
    there = [f"Subnet s{number}" for number in range(11)]
    with pytest.raises(PlainError, match="make repair SYSTEM=shop STACK=dev") as wrong:
        lost.refuse(cast(Project, pulumi), cast(Operations, Target(*there)))
    assert "there are 11 resources (Subnet s0, Subnet s1" in str(wrong.value) and "and 3 more" in str(wrong.value)
    lost.refuse(cast(Project, pulumi), cast(Operations, Target()))


def test_a_target_that_does_not_answer_stops_no_update(pulumi: Lost, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    def silent(_: Target, owner: str, settings: Any) -> list[str]:
        asked.append(owner)
        raise Impossible("no credentials")

    monkeypatch.setattr(Target, "lost", silent)
    lost.refuse(cast(Project, pulumi), cast(Operations, Target()))
    assert asked == ["shop/dev"]
