"""Task: a container that runs once, before others start."""

from __future__ import annotations

import pulumi
from pulumi.dynamic import Resource

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.graph import reachable
from components.model.task import Task
from components.model.units import memory_bytes, seconds
from components.model.volume import FileVolume
from components.targets.command import words
from components.targets.docker.container import docker_target
from components.targets.docker.task_provider import TaskProvider
from components.targets.docker.workload import environment_and_files


class TaskRun(Resource):
    """One run of a Task; it is made anew when its digest changes."""

    digest: pulumi.Output[str]

    def __init__(self, name: str, props: dict[str, object], opts: pulumi.ResourceOptions) -> None:
        super().__init__(TaskProvider(), name, {**props, "digest": None}, opts)


@realizes(Task)
def task(task: Task, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """It is awaited inside the update, so whoever starts after it depends on the run itself."""
    target = docker_target(needs)
    environment, files = environment_and_files(task, needs)
    data = [found for need, _ in task.bindings() for found in reachable(need) if isinstance(found, FileVolume)]
    mounts: list[dict[str, object]] = []
    for mount in task.volumes:
        folder = mount.source if isinstance(mount.source, str) else mount.source.bind
        if folder is None and isinstance(mount.source, FileVolume):
            place = {"source": target.volume(mount.source).name, "type": "volume"}
        else:
            place = {"source": str((target.root / (folder or "")).resolve()), "type": "bind"}
        mounts.append({"target": mount.target, "read_only": mount.read_only, **place})
    done = TaskRun(
        f"{task.name}-run",
        {
            "task": task.name,
            "name": target.names.of(task.name),
            "owner": target.names.owner,
            "image": target.image(task.image).image_id,
            "command": words(task.command) or [],
            "environment": pulumi.Output.secret(
                [pulumi.Output.concat(key, "=", value) for key, value in sorted(environment.items())]
            ),
            "files": pulumi.Output.secret(
                [{"path": file.path, "content": file.content, "mode": file.mode} for file in files]
            ),
            "mounts": mounts,
            "user": task.user or "",
            "read_only": task.read_only,
            "network": target.found().network.name,
            "data": sorted({target.names.kept(volume) for volume in data if volume.bind is None}),
            "secret_values": pulumi.Output.secret(list(needs.secrets.values())),
            "timeout": seconds(task.timeout),
            "memory": memory_bytes(task.memory) if task.memory else 0,
        },
        pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(aliases=[pulumi.Alias(name=f"{old}-run") for old in task.formerly])
        ),
    )
    return Bound(task, completed=(done,), image=target.tag(task.image), ran=pulumi.Output.secret(done.digest))
