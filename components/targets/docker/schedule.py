"""Schedule: a container of the job's own image in which supercronic starts the job by the clock.

The job is a process of the container that it describes, so nobody needs the daemon's socket, and what it needs of
environment, secrets, volumes and user is what a Service's container has.
"""

from __future__ import annotations

import hashlib
import json

import pulumi
import pulumi_docker as docker

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model import cron
from components.model.health import Command
from components.model.schedule import Schedule
from components.targets.command import words
from components.targets.docker.container import Spec, Written, docker_target, filled, run
from components.targets.docker.schedule_files import FOLDER, ScheduleFiles, crontab
from components.targets.docker.workload import environment_and_files

SCHEDULER = f"{FOLDER}/supercronic"
CRONTAB = f"{FOLDER}/crontab"


@realizes(Schedule)
def schedule(schedule: Schedule, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """Healthy when the scheduler accepts its crontab and there is a shell to start the job with."""
    target = docker_target(needs)
    environment, files = environment_and_files(schedule, needs)
    image = target.image(schedule.image).image_id
    overlapping = [] if schedule.overlap == "forbid" else ["-overlapping"]
    running = run(
        schedule, needs, opts,
        Spec(
            image=image, environment=environment, files=files, mounts=schedule.volumes, user=schedule.user,
            read_only=schedule.read_only, grace=schedule.stop_seconds, written=[_program(schedule, needs, image)],
            entrypoint=[SCHEDULER, "-passthrough-logs", *overlapping, CRONTAB],
            health=Command(f"{SCHEDULER} -no-reap -test {CRONTAB}", interval="5s", timeout="5s", retries=3),
        ),
    )  # fmt: skip
    return Bound(schedule, {}, running.containers, running.healthy, image=target.tag(schedule.image))


def _program(schedule: Schedule, needs: Needs, image: pulumi.Output[str]) -> Written:
    """The volume with the scheduler, the crontab and the job."""
    target = docker_target(needs)
    scheduler = target.scheduler().image_id
    what = {
        "crontab": crontab(cron.parse(schedule.cron).text(), schedule.timezone),
        "command": words(schedule.command) or [],
        "replace_seconds": schedule.stop_seconds if schedule.overlap == "replace" else None,
    }
    name = f"{schedule.name}-program"

    def write(volume: docker.Volume, opts: pulumi.ResourceOptions) -> tuple[ScheduleFiles, pulumi.Output[str]]:
        props = {
            **what, "schedule": schedule.name, "volume": volume.name, "image": image, "scheduler": scheduler,
            "owner": target.names.owner,
        }  # fmt: skip
        return ScheduleFiles(f"{name}-content", props, opts), scheduler.apply(lambda found: _digest([what, found]))

    return filled(name, FOLDER, name, needs, write)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
