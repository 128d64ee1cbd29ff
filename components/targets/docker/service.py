"""Service: one container for each replica."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.described import changed
from components.model.image import Build
from components.model.service import Service
from components.model.volume import Mount, Reload
from components.targets.command import words
from components.targets.docker.container import Spec, docker_target, run
from components.targets.docker.workload import environment_and_files


@realizes(Service)
def service(service: Service, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """Containers that share one network alias, which the gateway and Docker's own DNS balance."""
    target = docker_target(needs)
    environment, files = environment_and_files(service, needs)
    image, command, mounts = service.image, words(service.command), list(service.volumes)
    if target.settings.reload and service.reload is not None:
        reload = service.reload if isinstance(service.reload, Reload) else Reload([service.reload])
        mounts += [Mount(one.source, one.target, read_only=one.read_only) for one in reload.mounts]
        command = words(reload.command) or command
        if reload.target and isinstance(image, Build):
            image = changed(image, target=reload.target)
    running = run(
        service, needs, opts,
        Spec(
            image=target.image(image).image_id, environment=environment, command=command, files=files,
            mounts=mounts, health=service.health, port=service.port, count=service.count, user=service.user,
            read_only=service.read_only, grace=service.stop_seconds,
        ),
    )  # fmt: skip
    facts: dict[str, pulumi.Input[str]] = {"host": service.name}
    if service.port:
        facts["port"] = str(service.port)
    main = {"": running.endpoint(service.port)} if service.port in running.ports and service.port else {}
    return Bound(service, facts, running.containers, running.healthy, endpoints=main, image=target.tag(image))
