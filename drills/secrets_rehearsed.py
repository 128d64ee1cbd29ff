"""Secret values searched for by value in the rehearsed prod stack: the starter on an emulated AWS."""

from __future__ import annotations

import json
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from components.model.graph import reachable
from components.model.secret import Secret
from components.targets.aws.api import api
from components.targets.local_daemon import client
from drills.report import Searched
from drills.search import Place, search
from drills.secret_values import APPLICATIONS, Planted, files_in
from drills.stage import Wrong
from rehearsal import place as places
from rehearsal.door import Door
from rehearsal.emulator import REGION, free_port
from rehearsal.place import CONTAINER, LABEL
from rehearsal.place import Place as Emulated
from rehearsal.source import Source
from rehearsal.stack import Rehearsed
from strata.cli.project import ROOT, Project
from systems.starter.system import system
from tests.integration.behaviour import inside
from tests.waiting import eventually

PREPARE = "prepare"
KEY = re.compile(r"BEGIN[A-Z ]* PRIVATE KEY-----\\+n([A-Za-z0-9+/]{64})")
"""The first line of a private key in PEM, within JSON."""
BROKER = "jobs"
PATIENCE = 60.0


class Prod:
    """The starter's prod stack, rehearsed from a copy of the source, with values and a canary. The canary is the
    stack's name, which is no secret and is everywhere; it is put by hand where that is not."""

    def __init__(self, folder: Path) -> None:
        self.values = {
            one.name: secrets.token_hex(16) for one in reachable(system.services()) if isinstance(one, Secret)
        }
        self.canary = f"canary{secrets.token_hex(4)}"
        addresses = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        source = Source.of(Project(ROOT, "rehearsal"), folder / "source")
        given = yaml.safe_load((source.project.folder / "Pulumi.rehearsal.yaml").read_text())
        given["config"]["strata:aws"] |= {"endpoint": f"http://{addresses[0]}", "registry": addresses[1]}
        self.file = source.project.folder / f"Pulumi.{self.canary}.yaml"
        self.file.write_text(yaml.safe_dump(given))
        (folder / "state" / ".pulumi").mkdir(parents=True)
        own = Project(source.project.folder, self.canary)
        self.stack = Rehearsed(Source(source.root, own), folder)
        self.where: dict[str, Any] = {"region": REGION, "endpoint": f"http://{addresses[0]}"}
        self.planted = Planted(self.canary)
        self.began = int(time.time())
        self.place = Emulated(own.owner, f"http://{addresses[0]}", addresses[1])

    def begin(self) -> None:
        """Start the emulated AWS, and give every secret its value."""
        places.begin(self.place.owner, REGION, self.place.endpoint, self.place.registry)
        self.stack.run("init", "stack", "init")
        for name, value in self.values.items():
            self.stack.run("secret", "config", "set", "--secret", "--path", f"strata:secrets.{name}", value)
        # By the same hand that writes the secrets there: the file does not say its own name.
        self.stack.run("canary", "config", "set", "canary", self.canary)

    def configure(self, secrets_as: str) -> None:
        """How applications take their secrets: the prod stack says it, whose settings this one takes."""
        prod = self.file.with_name("Pulumi.prod.yaml")
        given = yaml.safe_load(prod.read_text())
        given["config"]["strata:services"] = {name: {"secrets_as": secrets_as} for name in APPLICATIONS}
        prod.write_text(yaml.safe_dump(given))

    def update(self) -> dict[str, bytes]:
        """What an update, its event log, a preview and the outputs say."""
        events = self.stack.folder / "events.json"
        said = self.stack.up("up", "--event-log", str(events), "--show-full-output")
        found = {
            "output of the update": said.encode(),
            "its event log": events.read_bytes(),
            "preview": self.stack.run("preview", "preview", "--diff", "--show-sames").encode(),
            "preview as JSON": self.stack.run("plan", "preview", "--json", "--show-sames").encode(),
            "outputs": json.dumps(self.stack.outputs()).encode(),
        }
        events.unlink()
        return found

    def learn(self) -> None:
        """The private key that the stack made itself is a secret value too."""
        found = KEY.search(self.stack.run("secrets", "stack", "export", "--show-secrets"))
        if found is None:
            raise Wrong("the stack has no private key of its own, which was to be searched for")
        self.values["the certificate's key"] = found[1]

    def containers(self) -> list[Any]:
        """Every container of the emulated AWS, ended ones too."""
        return client().containers.list(all=True, filters={"label": f"{LABEL}={self.place.owner}"})

    def inspected(self, mine: Callable[[str, Any], bool], since: str = "") -> bytes:
        """What `docker inspect` says of the containers that are meant, by their name in the task definition."""
        found = [
            one.attrs
            for one in self.containers()
            if mine(str(one.labels.get(CONTAINER, "")), one) and one.attrs["Created"] > since
        ]
        return json.dumps(found).encode()

    def definitions(self) -> dict[str, Place]:
        """Task definitions as the state holds them, and as ECS describes them. Raises Wrong where a secret is given by
        anything but an ARN."""
        held = [one["outputs"] for one in self.stack.state() if one["type"] == "aws:ecs/taskDefinition:TaskDefinition"]
        ecs = api("ecs", self.where)
        arns = _listed(ecs, "list_task_definitions", "taskDefinitionArns")
        described = [ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in arns]
        every: list[dict[str, Any]] = [one for each in described for one in each["containerDefinitions"]]
        every += [one for each in held for one in json.loads(each["containerDefinitions"])]
        given = [place for one in every for place in _references(one)]
        if not given or not all(one.startswith("arn:aws:secretsmanager:") for one in given):
            raise Wrong(f"task definitions give secrets otherwise than by ARNs: {', '.join(given) or 'not at all'}")
        return {
            "task definitions in the state": [json.dumps(held).encode()],
            f"task definitions that ECS describes ({len(described)})": [_text(described)],
        }

    def described(self) -> bytes:
        """What AWS itself tells of services, tasks, databases, caches, secrets and roles."""
        ecs, vault, iam = (api(name, self.where) for name in ("ecs", "secretsmanager", "iam"))
        found: list[Any] = [api("rds", self.where).describe_db_instances()["DBInstances"]]
        found.append(api("elasticache", self.where).describe_replication_groups()["ReplicationGroups"])
        for cluster in ecs.list_clusters()["clusterArns"]:
            services = _listed(ecs, "list_services", "serviceArns", cluster=cluster)
            found += [ecs.describe_services(cluster=cluster, services=[one])["services"] for one in services]
            for status in ("RUNNING", "STOPPED"):
                tasks = _listed(ecs, "list_tasks", "taskArns", cluster=cluster, desiredStatus=status)
                found += [ecs.describe_tasks(cluster=cluster, tasks=[one])["tasks"] for one in tasks]
        found += [vault.describe_secret(SecretId=one["ARN"]) for one in _listed(vault, "list_secrets", "SecretList")]
        for one in _listed(iam, "list_roles", "Roles"):
            names = iam.list_role_policies(RoleName=one["RoleName"])["PolicyNames"]
            found += [iam.get_role_policy(RoleName=one["RoleName"], PolicyName=name) for name in names]
        return _text(found)

    def logged(self) -> bytes:
        """Every event of every log group."""
        logs = api("logs", self.where)
        groups = [str(one["logGroupName"]) for one in _listed(logs, "describe_log_groups", "logGroups")]
        events = [one for name in groups for one in _listed(logs, "filter_log_events", "events", logGroupName=name)]
        return "\n".join(str(one["message"]) for one in events).encode()

    def plant(self) -> None:
        """The canary into logs of tasks and of the database, and into the images that were built, as a layer more."""
        door = Door(self.place.endpoint, str(self.stack.outputs()["url"]))
        door.get(f"/api/{self.canary}")
        [database] = [one for one in self.containers() if "rds" in one.name and one.status == "running"]
        inside(database, "psql", "-U", "shop", "-d", "shop", "-c", f"select {self.canary}")
        built = self._built()
        if not built:
            raise Wrong(f"no image was built for the registry {self.place.registry}")
        self.planted.layers(built)
        eventually(lambda: self.canary.encode() in self.logged(), "the canary is in a log of CloudWatch's", PATIENCE)

    def _built(self) -> list[str]:
        return [tag for one in client().images.list() for tag in one.tags if tag.startswith(f"{self.place.registry}/")]

    def lasting(self) -> dict[str, Place]:
        """What stays: the state with its copies, the settings, logs, Docker's events, images."""
        label = {"label": f"{LABEL}={self.place.owner}"}
        events: Iterable[bytes] = client().events(since=self.began, until=int(time.time()) + 1, filters=label)
        return {
            "state file, its copies and history": [one.read_bytes() for one in files_in(self.stack.folder / "state")],
            "the stack's settings file": [self.file.read_bytes()],
            **self.definitions(),
            "what AWS describes: services, tasks, databases, secrets, roles": [self.described()],
            "CloudWatch: every event of every log group": [self.logged()],
            "logs of all containers, the emulator's too": [one.logs() for one in self.containers()],
            "Docker's events (what was executed in containers)": [b"".join(events)],
            f"images that were built ({len(self.planted.images)}), all layers": self.planted.saved(),
        }

    def remove(self) -> None:
        """Everything, and the tags under the registry that is no more."""
        places.end(self.place.owner)
        self.planted.remove()
        for tag in self._built():
            client().images.remove(tag)


def _listed(client: Any, call: str, key: str, **given: str) -> list[Any]:
    """All pages of a list."""
    return [one for page in client.get_paginator(call).paginate(**given) for one in page[key]]


def _references(container: dict[str, Any]) -> list[str]:
    """Where a container's secrets come from."""
    secrets: list[dict[str, str]] = container.get("secrets") or []
    return [one["valueFrom"] for one in secrets]


def _text(found: Any) -> bytes:
    return json.dumps(found, default=str).encode()


@contextmanager
def prod() -> Generator[Prod]:
    """The rehearsed stack, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        made = Prod(Path(folder))
        try:
            made.begin()
            yield made
        finally:
            made.remove()


def searched() -> list[Searched]:
    """Every place, with the applications' secrets as environment and then as files."""
    with prod() as one:
        one.configure("environment")
        found: dict[str, Place] = {name: [said] for name, said in one.update().items()}
        one.learn()
        tasks = "docker inspect: tasks that take secrets as environment"
        found[tasks] = [one.inspected(lambda name, _: name in {*APPLICATIONS, BROKER})]
        behind = "docker inspect: what the emulator runs in place of RDS and ElastiCache"
        found[behind] = [one.inspected(lambda name, each: not name and each.name.startswith("ministack-"))]
        others = "docker inspect: every other container"
        found[others] = [
            one.inspected(lambda name, each: name == "web" or not (name or each.name.startswith("ministack-")))
        ]
        since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        one.configure("files")
        found |= {f"{name}, secrets as files": [said] for name, said in one.update().items()}
        found["docker inspect: applications, secrets as files"] = [
            one.inspected(lambda name, _: name in APPLICATIONS, since)
        ]
        writing = "docker inspect: the ended containers that wrote the files"
        found[writing] = [one.inspected(lambda name, _: name == PREPARE, since)]
        one.plant()
        found |= one.lasting()
        chosen = {tasks, behind, writing}
        return [search(name, each, one.values, one.canary, by_choice=name in chosen) for name, each in found.items()]
