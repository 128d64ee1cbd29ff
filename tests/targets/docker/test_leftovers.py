"""What is in the way of an update: ours is removed, anybody else's is refused."""

from __future__ import annotations

import socket
from typing import Any

import pulumi
import pytest

from components.targets.docker.leftovers import check_volume_owner, free_network_name, prepare_container
from strata import Service
from tests.targets.docker.fakes import FakeDaemon
from tests.targets.docker.stage import put

OURS, THEIRS = {"strata.stack": "shop/dev"}, {"strata.stack": "shop/prod"}


def hook(name: str, labels: dict[str, str] = OURS, **inputs: Any) -> pulumi.ResourceHookArgs:
    """What the engine hands to a hook before it creates a resource."""
    new = {"name": name, "labels": [{"label": key, "value": value} for key, value in labels.items()], **inputs}
    return pulumi.ResourceHookArgs("urn", "id", name, "type", new_inputs=new)


def test_with_nothing_in_the_way_nothing_happens(fake: FakeDaemon) -> None:
    stranger = fake.containers.add("other", labels=OURS)
    for look in (prepare_container, free_network_name, check_volume_owner):
        look(hook("shop_dev_db"))
    assert stranger.done == []


def test_a_leftover_container_of_this_stack_is_removed(fake: FakeDaemon) -> None:
    left = fake.containers.add("shop_dev_db", labels=OURS)
    prepare_container(hook("shop_dev_db"))
    assert fake.containers.there == []
    assert left.done == ["remove"], "a volume without a name may hold what it wrote"


@pytest.mark.parametrize("labels", [THEIRS, {}], ids=["another stack's", "nobody's"])
def test_any_other_container_is_refused(fake: FakeDaemon, labels: dict[str, str]) -> None:
    theirs = fake.containers.add("shop_dev_db", labels=labels)
    with pytest.raises(RuntimeError) as wrong:
        prepare_container(hook("shop_dev_db"))
    assert str(wrong.value) == (
        "a container named 'shop_dev_db' exists and is not this stack's; "
        "remove it (docker rm -f shop_dev_db) or give the service another name"
    )
    assert theirs.done == []
    with pytest.raises(RuntimeError):
        prepare_container(hook("shop_dev_db", {}))


def test_leftover_networks_of_this_stack_are_removed_with_what_hangs_on_them(fake: FakeDaemon) -> None:
    for _ in "ab":
        fake.networks.add("shop_dev_network", OURS, containers=["x"])
    fake.networks.add("shop_dev_network_2", THEIRS)
    free_network_name(hook("shop_dev_network"))
    assert [one.name for one in fake.networks.there] == ["shop_dev_network_2"]


@pytest.mark.parametrize("labels", [THEIRS, None])
def test_any_other_network_is_refused(fake: FakeDaemon, labels: dict[str, str] | None) -> None:
    fake.networks.add("net", labels)
    with pytest.raises(RuntimeError) as wrong:
        free_network_name(hook("net"))
    assert str(wrong.value) == (
        "a network named 'net' exists and is not this stack's; remove it (docker network rm net) "
        "or give the system's Network another physical_name"
    )
    assert len(fake.networks.there) == 1


def test_a_volume_of_this_stack_is_adopted_with_its_data(fake: FakeDaemon) -> None:
    fake.volumes.add("data", OURS)
    check_volume_owner(hook("data"))
    assert len(fake.volumes.there) == 1


@pytest.mark.parametrize(("labels", "asking"), [(THEIRS, OURS), (None, OURS), (None, {})])
def test_any_other_volume_is_refused_and_left_alone(
    fake: FakeDaemon, labels: dict[str, str] | None, asking: dict[str, str]
) -> None:
    fake.volumes.add("data", labels)
    with pytest.raises(RuntimeError) as wrong:
        check_volume_owner(hook("data", asking))
    assert str(wrong.value) == (
        "a volume named 'data' exists and is not this stack's; its data is left alone: remove it "
        "(docker volume rm data) or give the volume another physical_name"
    )
    assert len(fake.volumes.there) == 1


def test_a_taken_port_names_the_service_its_holder_and_what_to_do(
    fake: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        taken = hook("shop_dev_db", {**OURS, "strata.service": "db"}, ports=[{"external": port, "ip": "127.0.0.1"}])
        with pytest.raises(
            RuntimeError, match=rf"^db: host port {port} on 127.0.0.1 is taken by another program; stop"
        ):
            prepare_container(taken)
        fake.containers.add("other", ports={"80/tcp": [{"HostPort": str(port)}]})
        with pytest.raises(RuntimeError, match="is taken by the container other; stop"):
            prepare_container(taken)
        monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.2:2375")
        prepare_container(taken)  # This machine's ports say nothing about those of another.
    monkeypatch.delenv("DOCKER_HOST")
    prepare_container(taken)


def test_the_hooks_of_a_program_are_these(fake: FakeDaemon) -> None:
    """Bound to the resources that they look after; called with what the engine would create."""
    ran = put(Service("a", image="a:1"))
    fake.containers.add("shop_dev_a", labels=OURS)
    (name,) = ran["a-container"].hooks["before_create"]
    ran.hooks[name](pulumi.ResourceHookArgs("urn", "id", "a", "t", new_inputs=dict(ran["a-container"].inputs.value)))
    assert fake.containers.there == []
    (name,) = ran["network"].hooks["before_create"]
    fake.networks.add("shop_dev_network", OURS)
    ran.hooks[name](pulumi.ResourceHookArgs("urn", "id", "n", "t", new_inputs=dict(ran["network"].inputs.value)))
    assert fake.networks.there == []
