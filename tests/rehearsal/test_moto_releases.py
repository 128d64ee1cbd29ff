"""`make rollback` on AWS: a stack goes back to a release and leaves it again, by the real provider on an emulated AWS,
with images in a registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest

from rehearsal import registry
from rehearsal.emulator import Emulator
from rehearsal.lacking import parts
from tests.integration.harness import BIN, Outcome, Stack, scratch_project
from tests.rehearsal.account import client, left
from tests.rehearsal.moto_round import Round, round_of

pytestmark = [pytest.mark.aws, pytest.mark.timeout(600)]

DOCKERFILE = 'FROM scratch\nCOPY answer /answer\nCMD ["/answer"]\n'
SHOP = """from strata import Build, Service, System, Task, completed

code = Build("{context}")
migrate = Task("migrate", image=code, command="/answer --migrate")
api = Service("api", image=code, port=8000, after=[completed(migrate)])
system = System("tiny", app=[migrate, api])
"""
LEFT_OUT = ("flow_logs", "alarms", "dashboard", "backup", "firewall", "firewall_logs")
"""Parts that this test need not wait for."""


@dataclass
class Shop:
    """The stack, the source of its image, the account that it is in and the registry that it pushes to."""

    round: Round
    source: Path
    emulator: Emulator
    registry: str

    @property
    def stack(self) -> Stack:
        return self.round.stack

    def write(self, answer: str) -> None:
        (self.source / "answer").write_text(answer)
        (self.source / "Dockerfile").write_text(DOCKERFILE)

    def release(self, answer: str) -> dict[str, Any]:
        """Update the stack with another source; the newest release."""
        self.write(answer)
        said = self.stack.make_up().ok()
        assert "in no state" not in said.text, said.text
        return self.stack.outputs()["releases"][-1]

    def rollback(self, *words: str) -> Outcome:
        """What `make rollback` runs."""
        name = ("--system", f"{self.stack.folder}/", "--stack", self.stack.name)
        return self.stack.run(BIN / "strata", "rollback", *name, *words)

    def runs(self) -> dict[str, str]:
        """The tag of the image in the task definition of the service, as ECS has it, and of the Task, as run last."""
        ecs = client(self.emulator, "ecs")
        (cluster,) = ecs.list_clusters()["clusterArns"]
        (service,) = ecs.describe_services(
            cluster=cluster, services=ecs.list_services(cluster=cluster)["serviceArns"]
        )["services"]  # fmt: skip
        held = {one["urn"].rpartition("::")[2]: one.get("outputs", {}) for one in self.stack.resources()}
        found = {"api": service["taskDefinition"], "migrate": held["migrate-task"]["arn"]}
        return {name: self._tag(ecs.describe_task_definition(taskDefinition=arn)) for name, arn in found.items()}

    def _tag(self, described: dict[str, Any]) -> str:
        (container,) = described["taskDefinition"]["containerDefinitions"]
        place, _, tag = container["image"].rpartition(":")
        assert place.startswith(f"{self.registry}/")
        return tag

    def times_run(self) -> int:
        """How many tasks ECS has run for the Task."""
        held = {one["urn"].rpartition("::")[2]: one.get("outputs", {}) for one in self.stack.resources()}
        ecs = client(self.emulator, "ecs")
        (cluster,) = ecs.list_clusters()["clusterArns"]
        return len(ecs.list_tasks(cluster=cluster, family=held["migrate-task"]["family"])["taskArns"])

    def images(self) -> tuple[set[str], set[str]]:
        """What was ever built here of the source, and what the registry holds."""
        built = {tag for one in docker.from_env().images.list() for tag in one.tags if tag.startswith(self.registry)}
        return {tag.partition("/")[2] for tag in built}, registry.tags(self.registry)


@pytest.fixture
def shop(emulator: Emulator, images: str, tmp_path: Path) -> Iterator[Shop]:
    source = tmp_path / "code"
    source.mkdir()
    folder = scratch_project(tmp_path / "project", SHOP.format(context=source), "tiny")
    off = {**parts(emulator.name), **dict.fromkeys(LEFT_OUT, "off")}
    settings = {"system": "system", **emulator.settings(parts=off, nat="none", registry=images)}
    with round_of(folder, tmp_path / "state", settings) as round:
        made = Shop(round, source, emulator, images)
        try:
            yield made
        finally:
            for name in made.images()[0]:
                docker.from_env().images.remove(f"{images}/{name}", force=True)


def test_a_release_comes_back_without_a_build_and_is_left_again(shop: Shop) -> None:
    stack = shop.stack
    first, second = shop.release("one"), shop.release("two")
    assert (first["number"], second["number"], second["tasks"]) == (1, 2, ["migrate"])
    one, two = first["images"]["api"], second["images"]["api"]
    assert one != two and shop.runs() == {"api": two, "migrate": two}
    built, ran = shop.images(), shop.times_run()
    assert len(built[0]) == 2 and built[0] == built[1]

    # Whatever is built now fails: the source is another one, and no image.
    shop.write("three")
    (shop.source / "Dockerfile").write_text("FROM nothing.example/there:1\n")
    back = shop.rollback().ok()
    assert (
        "Going back to release 1 of " in back.text
        and "Tasks have run since that are not undone: migrate (in 2)" in back.text
    )
    assert "in no state" not in back.text
    assert shop.runs() == {"api": one, "migrate": two}, "a Task keeps the newest image: it does not run again"
    assert (shop.images(), shop.times_run()) == (built, ran)
    outputs = stack.outputs()
    assert (outputs["release"], [each["number"] for each in outputs["releases"]]) == (1, [1, 2])
    assert shop.round.steps() == {}

    shop.write("two")
    forward = shop.rollback("--release", "latest").ok()
    assert "Left the release" in forward.text
    assert shop.runs() == {"api": two, "migrate": two} and stack.outputs()["release"] == 2
    assert (shop.images(), shop.times_run()) == (built, ran), "the registry has it, so nothing is built"
    assert shop.release("three")["number"] == 3 and shop.times_run() == ran + 1
    assert shop.round.steps() == {}
    what_is_gone_is_named(shop, one)

    stack.destroy().ok()
    assert stack.resources() == [] and left(shop.emulator, stack.owner) == []


def what_is_gone_is_named(shop: Shop, tag: str) -> None:
    """Before anything changes."""
    before, runs = held(shop), shop.runs()
    (gone,) = [each for each in shop.images()[1] if each.endswith(f":{tag}")]
    _forget(shop.registry, gone)
    refused = shop.rollback("--release", "1")
    assert refused.code != 0 and "Traceback" not in refused.text
    said = f"release 1 ran {gone} (api), which is not in the registry any more; go back to another"
    assert said in " ".join(refused.text.split()), refused.text
    assert held(shop) == before and shop.runs() == runs


def held(shop: Shop) -> dict[str, Any]:
    """What the state has, name to id, and the stack's outputs."""
    return {**{one["urn"]: one.get("id") for one in shop.stack.resources()}, "outputs": shop.stack.outputs()}


def _forget(place: str, image: str) -> None:
    """Take an image out of a registry that cannot delete: its link goes, as a cleaning-up would have it."""
    repository, _, tag = image.rpartition(":")
    (container,) = [
        one for one in docker.from_env().containers.list()
        if {"HostIp": "127.0.0.1", "HostPort": place.rpartition(":")[2]} in (one.ports.get("5000/tcp") or [])
    ]  # fmt: skip
    path = f"/var/lib/registry/docker/registry/v2/repositories/{repository}/_manifests/tags/{tag}"
    done = container.exec_run(["rm", "-r", path])
    assert done.exit_code == 0, json.dumps(done.output.decode())
