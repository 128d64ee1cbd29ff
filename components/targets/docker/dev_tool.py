"""DevTool: a container on loopback."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.dev_tool import DevTool
from components.targets.command import words
from components.targets.docker.container import Spec, docker_target, run
from components.targets.docker.workload import environment_and_files


@realizes(DevTool)
def dev_tool(tool: DevTool, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """One container; its published ports are those of the description, on loopback."""
    target = docker_target(needs)
    environment, files = environment_and_files(tool, needs)
    running = run(
        tool, needs, opts,
        Spec(
            image=target.image(tool.image).image_id, environment=environment,
            command=words(tool.command), files=files, mounts=tool.volumes, health=tool.health, port=tool.port,
            user=tool.user, read_only=tool.read_only,
        ),
    )  # fmt: skip
    endpoints = {"": running.endpoint(tool.port)} if tool.port and tool.port in running.ports else {}
    return Bound(
        tool, {"host": tool.name}, running.containers, running.healthy, endpoints=endpoints,
        image=target.tag(tool.image),
    )  # fmt: skip
