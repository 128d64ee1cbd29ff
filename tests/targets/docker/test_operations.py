"""Docker beside Pulumi: revive, stop, start, what a down keeps, what is swept, and whether ports are taken."""

from __future__ import annotations

import socket
from typing import Any

import pulumi
import pytest
from docker.errors import DockerException

from components.core import operations
from components.core.operations import Impossible
from components.targets.docker import daemon
from components.targets.docker import operations as on_docker
from components.targets.docker.leftovers import free_network_name
from strata import Postgres, Service
from tests.ran import Ran
from tests.targets.docker.fakes import FakeDaemon
from tests.targets.docker.stage import put

OWNER = "shop/dev"
LABELS = [{"label": "strata.stack", "value": OWNER}]
OURS, THEIRS = {"strata.stack": OWNER}, {"strata.stack": "shop/prod"}


def state(ran: Ran) -> list[dict[str, Any]]:
    """The resources of a run as an engine's state holds them."""
    made = [{"urn": one.urn, "type": one.type, "outputs": dict(one.inputs.value)} for one in ran.made]
    for one in made:
        if one["type"] == on_docker.STASH:
            one["outputs"]["output"] = one["outputs"]["input"]
    return made


@pytest.fixture
def resources() -> list[dict[str, Any]]:
    return state(put(Postgres("db", publish=[5432]), Service("web", image="a:1", publish=[80]), ports="free"))


def test_the_types_are_those_that_a_program_registers(resources: list[dict[str, Any]]) -> None:
    found = {one["type"] for one in resources}
    assert {on_docker.CONTAINER, on_docker.VOLUME, on_docker.STASH} <= found


def test_revive_starts_what_is_stopped_and_names_what_is_gone(
    fake: FakeDaemon, resources: list[dict[str, Any]]
) -> None:
    stopped = fake.containers.add("shop_dev_db", labels=OURS, status="exited", code=None)
    assert on_docker.revive(OWNER, resources) == ["shop_dev_web"]
    assert stopped.done == ["start"]
    paused = fake.containers.add("shop_dev_web", labels=OURS, status="paused", code=None)
    assert on_docker.revive(OWNER, resources) == []
    assert (paused.done, stopped.done) == (["unpause"], ["start"]), "what runs is left alone"


def test_revive_touches_nothing_that_the_state_does_not_hold(fake: FakeDaemon, resources: list[dict[str, Any]]) -> None:
    others = [
        fake.containers.add("shop_dev_old", labels=OURS, status="exited"),
        fake.containers.add("shop_dev_db", labels=THEIRS, status="exited"),
    ]
    assert on_docker.revive(OWNER, resources) == ["shop_dev_db", "shop_dev_web"]
    assert [one.done for one in others] == [[], []]
    assert on_docker.revive(OWNER, []) == []
    half_made = [{"type": on_docker.CONTAINER, "urn": "u", "outputs": {}}]
    assert on_docker.revive(OWNER, half_made) == []


def test_stop_ends_those_that_need_others_first_and_start_begins_with_the_others(fake: FakeDaemon) -> None:
    order: list[str] = []
    for name, created in (("api", "2026-01-02"), ("db", "2026-01-01"), ("web", "2026-01-03")):
        container = fake.containers.add(name, labels=OURS, status="running", created=created, code=None)
        container.done = order
    fake.containers.add("done", labels=OURS, status="exited").done = idle = []
    fake.containers.add("theirs", labels=THEIRS, status="running").done = idle
    noted: list[str] = []
    for one in fake.containers.there:
        one.stop = lambda timeout, one=one: (noted.append(one.name), setattr(one, "status", "exited"))  # type: ignore[method-assign,misc]
        one.start = lambda one=one: noted.append(one.name)  # type: ignore[method-assign,misc]
    assert on_docker.stop(OWNER) == ["api", "db", "web"] and noted == ["web", "api", "db"]
    noted.clear()
    fake.containers.there = [one for one in fake.containers.there if one.name != "done"]
    assert on_docker.start(OWNER) == ["api", "db", "web"] and noted == ["db", "api", "web"]


def test_a_down_keeps_data_secrets_and_ports(resources: list[dict[str, Any]]) -> None:
    kept = [urn.rpartition("::")[2] for urn in on_docker.kept(resources)]
    assert sorted(kept) == ["db-data-volume", "db-password-value", "db-ports", "web-ports"]


@pytest.mark.parametrize("data", [False, True])
def test_sweep_removes_all_that_is_ours_and_volumes_only_with_data(fake: FakeDaemon, data: bool) -> None:
    ours, theirs = (fake.containers.add("c", labels=labels) for labels in (OURS, THEIRS))
    for labels in (OURS, THEIRS):
        fake.networks.add("n", labels)
        fake.volumes.add("v", labels)
    expected = ["container c", "network n", *(["volume v"] if data else [])]
    assert on_docker.sweep(OWNER, data=data) == expected
    assert (ours.done, theirs.done) == (["remove with volumes"], [])
    left = [things.there for things in (fake.containers, fake.networks, fake.volumes)]
    assert [[one.labels for one in there] for there in left] == [
        [THEIRS], [THEIRS], [THEIRS] if data else [OURS, THEIRS],
    ]  # fmt: skip


TOLD = r"^n: the daemon will not remove the network.*docker network disconnect.*restart Docker"


def test_a_network_that_somebody_else_uses_is_left_and_told(fake: FakeDaemon) -> None:
    fake.networks.add("n", OURS, containers=["theirs"])
    with pytest.raises(Impossible, match=TOLD):
        on_docker.sweep(OWNER, data=False)
    assert fake.networks.there[0].containers == ["theirs"]


def test_a_network_that_the_daemon_does_not_let_go_of_is_told_wherever_it_is_removed(fake: FakeDaemon) -> None:
    fake.networks.add("n", OURS, forgotten=True)
    before = pulumi.ResourceHookArgs("urn", "id", "n", "t", new_inputs={"name": "n", "labels": LABELS})
    for remove in (
        lambda: on_docker.sweep(OWNER, data=False),
        lambda: on_docker.remove(on_docker.orphans(OWNER, [])),
        lambda: free_network_name(before),
    ):
        with pytest.raises(Impossible, match=TOLD):
            remove()


def test_a_chosen_port_is_taken_when_somebody_else_listens_there(
    fake: FakeDaemon, resources: list[dict[str, Any]]
) -> None:
    assert on_docker.ports_taken(OWNER, resources) is False
    choice = next(one for one in resources if one["urn"].endswith("::web-ports"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        choice["outputs"]["output"] = {"80": float(port)}
        assert on_docker.ports_taken(OWNER, resources) is True
        published: dict[str, Any] = {"80/tcp": [{"HostPort": str(port)}], "81/tcp": None}
        theirs = fake.containers.add("other", labels=THEIRS, status="running", ports=published)
        assert on_docker.ports_taken(OWNER, resources) is True
        theirs.labels = OURS
        assert on_docker.ports_taken(OWNER, resources) is False, "it is our own container that listens"


def test_the_choices_of_ports_are_told_from_secrets(resources: list[dict[str, Any]]) -> None:
    chosen = [urn.rpartition("::")[2] for urn in on_docker.port_choices(resources)]
    assert sorted(chosen) == ["db-ports", "web-ports"]


def test_the_target_has_every_operation() -> None:
    names = [name for name in vars(operations.Operations) if not name.startswith("_")]
    assert len(names) >= 7 and all(callable(getattr(operations.of("docker"), name)) for name in names)


def test_orphans_carry_the_label_and_are_not_in_the_state(fake: FakeDaemon, resources: list[dict[str, Any]]) -> None:
    """A container of a name that the state knows and with another id is one: a killed replacement left it."""
    for one in resources:
        one["id"] = f"id of {one['outputs'].get('name')}"
    known = fake.containers.add("shop_dev_db", labels=OURS)
    volume = next(one for one in resources if one["type"] == on_docker.VOLUME)["outputs"]["name"]
    fake.volumes.add(volume, OURS)
    assert on_docker.orphans(OWNER, resources) == []
    fake.containers.add("shop_dev_api", labels=OURS)
    fake.containers.add("shop_prod_api", labels=THEIRS)
    fake.networks.add("shop_dev_old", OURS, containers=["x"])
    fake.volumes.add("shop_dev_old-data", OURS)
    fake.volumes.add("shop_prod_old-data", THEIRS)
    found = on_docker.orphans(OWNER, resources)
    assert [str(one) for one in found] == [
        "container shop_dev_api", "network shop_dev_old", "volume shop_dev_old-data",
    ]  # fmt: skip
    assert [one.data for one in found] == [False, False, True]
    next(one for one in resources if one["type"] == on_docker.CONTAINER and one["id"] == known.id)["id"] = "before"
    assert "container shop_dev_db" in [str(one) for one in on_docker.orphans(OWNER, resources)]


def test_removed_orphans_are_gone_and_one_that_is_gone_is_no_error(fake: FakeDaemon) -> None:
    left = fake.containers.add("shop_dev_api", labels=OURS)
    fake.volumes.add("shop_dev_old-data", OURS)
    found = on_docker.orphans(OWNER, [])
    on_docker.remove(found)
    on_docker.remove(found)
    assert on_docker.orphans(OWNER, []) == [] and left.done == ["remove with volumes"]


def test_a_daemon_that_does_not_answer_is_told_so(
    monkeypatch: pytest.MonkeyPatch, resources: list[dict[str, Any]]
) -> None:
    def silent() -> None:
        raise DockerException("Error while fetching server API version")

    monkeypatch.setattr(daemon, "client", silent)
    for call in (lambda: on_docker.revive(OWNER, resources), lambda: on_docker.orphans(OWNER, [])):
        with pytest.raises(operations.Impossible, match="does not answer at its usual socket; start it"):
            call()
