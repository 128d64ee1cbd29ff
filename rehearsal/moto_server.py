"""moto's server, run by the interpreter of its own environment: `python -m rehearsal.moto_server PORT`.

Played beside what moto does: ECS deployments that become steady, single tasks that end, and a host for those on EC2.
moto's services keep their first deployment whatever they are updated to, and its tasks end only after many looks. And
the tags and the vaults of AWS Backup, and what is asked of state machines beside what they do.

One request at a time: moto walks through what other threads change meanwhile. And a request that comes again, since the
connection broke before its answer came, is answered as it was; moto alone would say "exists already".
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from moto.autoscaling.models import AutoScalingBackend
from moto.backup.responses import BackupResponse
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ecs import models as ecs
from moto.iam.responses import IamResponse
from moto.moto_api import state_manager
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser, ASLParserException
from moto.stepfunctions.responses import StepFunctionResponse
from werkzeug.serving import make_server

from rehearsal import moto_tags
from rehearsal.one_at_a_time import OneAtATime

LAUNCH_TYPE = 6
"""Which argument of moto's run_task says where; the last one is the strategy of capacity providers."""


def steady(service: Any) -> None:
    """Let a service's one deployment be what was asked for last, with all its tasks running."""
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments:
        deployment.update(
            taskDefinition=service.task_definition, desiredCount=service.desired_count, pendingCount=0,
            runningCount=service.desired_count, rolloutState="COMPLETED", rolloutStateReason="played",
        )  # fmt: skip


def deployments() -> None:
    """ECS: a service is steady as soon as it is made or updated."""
    init, update = ecs.Service.__init__, ecs.EC2ContainerServiceBackend.update_service

    def made(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        # AWS says nothing of a network where there is none; the provider falls over an empty one.
        self.network_configuration = self.network_configuration or None
        steady(self)

    def updated(self: Any, properties: dict[str, Any]) -> Any:
        service = update(self, properties)
        steady(service)
        return service

    ecs.Service.__init__ = made
    ecs.EC2ContainerServiceBackend.update_service = updated


def definitions() -> None:
    """ECS: task definitions that AWS takes."""

    def valid(*_: Any) -> None:
        """moto wants a limit of memory for each container on EC2; AWS is content with a reservation."""

    ecs.EC2ContainerServiceBackend._validate_container_defs = staticmethod(valid)


def single_tasks() -> None:
    """ECS: a single task that is run finds room, and has ended when it is looked at."""
    run = ecs.EC2ContainerServiceBackend.run_task

    def requirements(_definition: Any) -> dict[str, Any]:
        """On Fargate the task has a size and its containers need none; moto adds up what they do not have."""
        return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}

    def ran(self: Any, *given: Any) -> Any:
        *others, strategy = given
        if strategy:
            # No instance of moto's ever runs an agent, so none is there to place a task on.
            others[LAUNCH_TYPE], strategy = "FARGATE", None
        return run(self, *others, strategy)

    ecs.EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(requirements)
    ecs.EC2ContainerServiceBackend.run_task = ran
    state_manager.set_transition("ecs::task", {"progression": "immediate"})


@dataclass
class Played:
    """The tasks that are played for services, and the network interfaces that go with a service."""

    tasks: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])
    interfaces: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def task(self, backend: Any, cluster: Any, service: Any) -> Any:
        """The task of a service's present version, with an address on the internet."""
        key = (service.arn, service.task_definition)
        if key not in self.tasks:
            (self.tasks[key],) = backend.run_task(
                cluster, service.task_definition, 1, None, "played", None, "FARGATE", service.network_configuration,
                None, None, None,
            )  # fmt: skip
            self.interfaces.setdefault(service.arn, []).append(self._reached(backend, self.tasks[key]))
        return self.tasks[key]

    def _reached(self, backend: Any, task: Any) -> str:
        found = {one["name"]: one["value"] for one in task.attachments[0]["details"]}
        interface = _network(backend).get_network_interface(found["networkInterfaceId"])
        interface.public_ip_auto_assign = True
        interface.check_auto_public_ip()
        return str(interface.id)

    def forget(self, backend: Any, service: Any) -> None:
        """Let a service's network interfaces go with it; its security group could not be deleted otherwise."""
        for one in self.interfaces.pop(service.arn, []):
            _network(backend).delete_network_interface(one)


def _network(backend: Any) -> Any:
    return ec2_backends[backend.account_id][backend.region_name]


def tasks_of_services() -> None:
    """ECS: moto starts no tasks for a service; one is played once somebody asks for those that run."""
    backend, played = ecs.EC2ContainerServiceBackend, Played()
    listed, deleted = backend.list_tasks, backend.delete_service

    def list_tasks(
        self: Any, cluster_str: Any = None, container_instance: Any = None, family: Any = None, started_by: Any = None,
        service_name: Any = None, status: Any = None,
    ) -> Any:  # fmt: skip
        if service_name is None or status != "RUNNING":
            return listed(self, cluster_str, container_instance, family, started_by, service_name, status)
        return [played.task(self, cluster_str, self._get_service(cluster_str, service_name))]

    def delete_service(self: Any, cluster_name: str, service_name: str, force: bool) -> Any:
        service = deleted(self, cluster_name, service_name, force)
        played.forget(self, service)
        return service

    backend.list_tasks, backend.delete_service = list_tasks, delete_service


def groups_of_hosts() -> None:
    """Auto Scaling: on AWS a group goes on to what is desired of it as soon as its hosts' protection lets it."""
    protect = AutoScalingBackend.set_instance_protection

    def unprotected(self: Any, group_name: str, *given: Any) -> None:
        protect(self, group_name, *given)
        self.set_desired_capacity(group_name, self.autoscaling_groups[group_name].desired_capacity)

    AutoScalingBackend.set_instance_protection = unprotected


def state_machines() -> None:
    """Step Functions: the provider asks both when it makes a state machine; moto has the parser and no such actions."""

    def validated(self: Any) -> str:
        try:
            AmazonStateLanguageParser.parse(json.loads(self.body)["definition"])
        except ASLParserException as wrong:
            found = {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": str(wrong)}
            return json.dumps({"result": "FAIL", "diagnostics": [found], "truncated": False})
        return json.dumps({"result": "OK", "diagnostics": [], "truncated": False})

    def versions(self: Any) -> str:
        return json.dumps({"stateMachineVersions": []})

    StepFunctionResponse.validate_state_machine_definition = validated
    StepFunctionResponse.list_state_machine_versions = versions


def tags_of_backups() -> None:
    """AWS Backup: moto takes the ARN from a path that ends in a slash; the provider's SDK sends none."""

    def tags(self: Any) -> str:
        arn = unquote(self.path.partition("/tags/")[2]).rstrip("/")
        return json.dumps({"Tags": self.backup_backend.list_tags(resource_arn=arn)})

    BackupResponse.list_tags = tags


def tags_of_profiles() -> None:
    """IAM: instance profiles have tags in moto, and no action to ask for them."""

    def tags(self: Any) -> ActionResult:
        profile = self.backend.get_instance_profile(self._get_param("InstanceProfileName"))
        return ActionResult({"Tags": profile.tags, "IsTruncated": False})

    IamResponse.list_instance_profile_tags = tags


def tags_of_templates() -> None:
    """EC2: moto shows a launch template's tags as they were when it was made."""
    LaunchTemplate.tags = property(lambda self: self.get_tags(), lambda _self, _tags: None)


PATCHES = (
    deployments, definitions, single_tasks, tasks_of_services, groups_of_hosts, state_machines, tags_of_backups,
    tags_of_profiles, tags_of_templates, moto_tags.listed,
)  # fmt: skip
"""What changes moto, service by service."""


def with_recovery_points(application: Any) -> Any:
    """moto cannot list what a backup vault holds, which the provider asks before it deletes one: nothing, for nothing
    is ever backed up there."""

    def answer(environ: dict[str, Any], start: Any) -> Any:
        if re.fullmatch(r"/backup-vaults/[^/]+/recovery-points/?", str(environ.get("PATH_INFO"))):
            start("200 OK", [("Content-Type", "application/json")])
            return [b'{"RecoveryPoints": []}']
        return application(environ, start)

    return answer


def main() -> None:
    """Serve on loopback until a signal ends the process."""
    for patch in PATCHES:
        patch()
    application = OneAtATime(with_recovery_points(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", int(sys.argv[1]), application, threaded=True, request_handler=MotoRequestHandler)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
