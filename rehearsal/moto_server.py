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
from typing import Any
from urllib.parse import unquote

from moto.autoscaling.models import AutoScalingBackend
from moto.backup.responses import BackupResponse
from moto.ec2.models import ec2_backends
from moto.ecs import models as ecs
from moto.moto_api import state_manager
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser, ASLParserException
from moto.stepfunctions.responses import StepFunctionResponse
from werkzeug.serving import make_server

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


def play() -> None:
    """Change moto's ECS."""
    init, update = ecs.Service.__init__, ecs.EC2ContainerServiceBackend.update_service
    run, protect = ecs.EC2ContainerServiceBackend.run_task, AutoScalingBackend.set_instance_protection

    def made(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        # AWS says nothing of a network where there is none; the provider falls over an empty one.
        self.network_configuration = self.network_configuration or None
        steady(self)

    def updated(self: Any, properties: dict[str, Any]) -> Any:
        service = update(self, properties)
        steady(service)
        return service

    def requirements(_definition: Any) -> dict[str, Any]:
        return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}

    def ran(self: Any, *given: Any) -> Any:
        *others, strategy = given
        if strategy:
            # No instance of moto's ever runs an agent, so none is there to place a task on.
            others[LAUNCH_TYPE], strategy = "FARGATE", None
        return run(self, *others, strategy)

    def valid(*_: Any) -> None:
        """moto wants a limit of memory for each container on EC2; AWS is content with a reservation."""

    def unprotected(self: Any, group_name: str, *given: Any) -> None:
        # On AWS a group goes on to what is desired of it as soon as it may.
        protect(self, group_name, *given)
        self.set_desired_capacity(group_name, self.autoscaling_groups[group_name].desired_capacity)

    def tags(self: Any) -> str:
        arn = unquote(self.path.partition("/tags/")[2]).rstrip("/")
        return json.dumps({"Tags": self.backup_backend.list_tags(resource_arn=arn)})

    def validated(self: Any) -> str:
        try:
            AmazonStateLanguageParser.parse(json.loads(self.body)["definition"])
        except ASLParserException as wrong:
            found = {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": str(wrong)}
            return json.dumps({"result": "FAIL", "diagnostics": [found], "truncated": False})
        return json.dumps({"result": "OK", "diagnostics": [], "truncated": False})

    def versions(self: Any) -> str:
        return json.dumps({"stateMachineVersions": []})

    # The provider asks both when it makes a state machine; moto has the parser and no such actions.
    StepFunctionResponse.validate_state_machine_definition = validated
    StepFunctionResponse.list_state_machine_versions = versions
    # moto takes the ARN from a path that ends in a slash; the provider's SDK sends none.
    BackupResponse.list_tags = tags
    # On Fargate the task has a size and its containers need none; moto adds up what they do not have.
    ecs.EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(requirements)
    ecs.EC2ContainerServiceBackend._validate_container_defs = staticmethod(valid)
    ecs.EC2ContainerServiceBackend.run_task = ran
    AutoScalingBackend.set_instance_protection = unprotected
    ecs.Service.__init__ = made
    ecs.EC2ContainerServiceBackend.update_service = updated
    state_manager.set_transition("ecs::task", {"progression": "immediate"})


def with_tasks_of_services() -> None:
    """moto starts no tasks for a service: one is played, with an address on the internet, once somebody asks for those
    that run; its network interface goes with the service."""
    backend = ecs.EC2ContainerServiceBackend
    listed, deleted = backend.list_tasks, backend.delete_service
    interfaces: dict[str, list[str]] = {}
    played: dict[tuple[str, str], Any] = {}

    def list_tasks(
        self: Any, cluster_str: Any = None, container_instance: Any = None, family: Any = None, started_by: Any = None,
        service_name: Any = None, status: Any = None,
    ) -> Any:  # fmt: skip
        if service_name is None or status != "RUNNING":
            return listed(self, cluster_str, container_instance, family, started_by, service_name, status)
        service = self._get_service(cluster_str, service_name)
        key = (service.arn, service.task_definition)
        if key not in played:
            (played[key],) = self.run_task(
                cluster_str, service.task_definition, 1, None, "played", None, "FARGATE",
                service.network_configuration, None, None, None,
            )  # fmt: skip
            found = {one["name"]: one["value"] for one in played[key].attachments[0]["details"]}
            interface = ec2_backends[self.account_id][self.region_name].get_network_interface(
                found["networkInterfaceId"]
            )
            interface.public_ip_auto_assign = True
            interface.check_auto_public_ip()
            interfaces.setdefault(service.arn, []).append(interface.id)
        return [played[key]]

    def delete_service(self: Any, cluster_name: str, service_name: str, force: bool) -> Any:
        service = deleted(self, cluster_name, service_name, force)
        for one in interfaces.pop(service.arn, []):
            ec2_backends[self.account_id][self.region_name].delete_network_interface(one)
        return service

    backend.list_tasks, backend.delete_service = list_tasks, delete_service


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
    play()
    with_tasks_of_services()
    application = OneAtATime(with_recovery_points(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", int(sys.argv[1]), application, threaded=True, request_handler=MotoRequestHandler)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
