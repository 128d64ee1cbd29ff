"""up, down, stop and start: what `make` calls; pulumi does the work."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from components.core import operations
from components.core.naming import Names
from components.core.operations import repair_command
from components.core.releases import LATEST, rollback_command
from strata.cli import backend, lost, running, take_up
from strata.cli.project import CommandFailed, PlainError, Project, project_folder
from strata.cli.stack import pinned_in, target_of, write_local

SystemName = Annotated[str, typer.Option("--system", help="starter, a folder of systems/, or a path")]
StackName = Annotated[str, typer.Option("--stack", "-s", help="the stack")]
PARALLEL = "64"
"""Containers wait for health more than they compute; pulumi's default of 4 per core makes 30 of them queue."""


def up(
    system: SystemName = "starter",
    stack: StackName = "dev",
    monitoring: Annotated[bool | None, typer.Option(help="with Prometheus and Grafana; remembered")] = None,
    free_ports: Annotated[bool, typer.Option(help="choose free host ports; remembered")] = False,
) -> None:
    """Bring a system up, or back up: what is stopped is started, what is missing made again."""
    project = Project(project_folder(system), stack)
    backend.prepare(project)
    remember(project, monitoring, free_ports)
    backend.unlock(project)
    target = target_of(project)
    found = operations.of(target)
    resources = take_up.settle(project, found)
    words = ["up", "--stack", stack, "--yes", "--skip-preview", "--suppress-outputs", "--parallel", PARALLEL]
    if found is not None and not resources:
        lost.refuse(project, found)
    if found is not None:
        missing = found.revive(project.owner, resources)
        if missing:
            print(f"Gone behind Pulumi's back, made again: {', '.join(missing)}")
            words.append("--refresh")
    began = time.monotonic()
    try:
        running.run(project, target, *words)
    except CommandFailed as failed:
        if failed.interrupted:
            raise
        resources = take_up.settle(project, found)
        if found is None or not found.ports_taken(project.owner, resources):
            if failed.begun:
                tell_unnoted(project, found)
                advise(project)
            raise
        print("A free port of the last update is taken by another program now; choosing new ones.")
        running.run(project, target, *words, *(f"--replace={urn}" for urn in found.port_choices(resources)))
    show(project, time.monotonic() - began)
    tell_unnoted(project, found)


def tell_unnoted(project: Project, found: operations.Operations | None) -> None:
    """What an update made and could not note, and the command that mends it."""
    left = found.unnoted(project.owner, backend.deployment_of(project).get("resources") or []) if found else []
    if left:
        print(f"Made and in no state, as when an answer is lost: {', '.join(map(str, left))}")
        print(f"To see and mend that: {repair_command(names_of(project))}")


def advise(project: Project) -> None:
    """After an update that failed in the middle: the last release that was complete."""
    known: list[dict[str, Any]] = backend.outputs_of(project).get("releases") or []
    if known and not pinned_in(project):
        number = int(known[-1]["number"])
        print(f"The last complete release is {number}; to go back to it: {rollback_command(number, names_of(project))}")


def names_of(project: Project) -> Names:
    """The stack as make is told of it."""
    return Names(project.system, project.stack)


def remember(project: Project, monitoring: bool | None, free_ports: bool) -> None:
    """Keep what was asked for in the clone's own settings, so that a plain `pulumi up` does the same."""
    if monitoring is not None:
        write_local(project, "monitoring", {"enabled": monitoring})
    if free_ports:
        write_local(project, "ports", "free")


def down(
    system: SystemName = "starter",
    stack: StackName = "dev",
    data: Annotated[bool, typer.Option(help="remove data volumes and secrets too")] = False,
    yes: Annotated[bool, typer.Option(help="do not ask")] = False,
) -> None:
    """Take a system down. Data volumes and generated secrets stay, unless --data."""
    project = Project(project_folder(system), stack)
    backend.prepare(project)
    if data and not yes:
        typer.confirm(f"Remove every data volume and secret of {project.owner}? This cannot be undone", abort=True)
    backend.unlock(project)
    target = target_of(project)
    found = operations.of(target)
    resources = take_up.settle(project, found)
    kept = [] if data or found is None else found.kept(resources)
    if len(resources) > len(kept):
        words = ["destroy", "--stack", stack, "--yes", "--skip-preview", "--suppress-outputs", "--parallel", PARALLEL]
        running.run(project, target, *words, *(f"--exclude={urn}" for urn in kept))
    if found is not None:
        for what in found.sweep(project.owner, data=data):
            print(f"Removed what an interrupted update had left: {what}")
    if data:
        project.pulumi("stack", "rm", "--stack", stack, "--yes", "--force", "--preserve-config")


def stop(system: SystemName = "starter", stack: StackName = "dev") -> None:
    """Stop a system's containers; nothing is removed."""
    project = Project(project_folder(system), stack)
    found = operations.of(target_of(project))
    stopped = found.stop(project.owner) if found else []
    print(f"Stopped {len(stopped)} containers: {', '.join(stopped)}" if stopped else "Nothing was running.")


def start(system: SystemName = "starter", stack: StackName = "dev") -> None:
    """Start a system's stopped containers."""
    project = Project(project_folder(system), stack)
    found = operations.of(target_of(project))
    started = found.start(project.owner) if found else []
    print(f"Started {len(started)} containers: {', '.join(started)}" if started else "Nothing was stopped.")


def show(project: Project, took: float) -> None:
    """Where the system is reached, from the stack's outputs."""
    from rich.console import Console
    from rich.table import Table

    outputs = backend.outputs_of(project)
    table = Table(title=f"{project.name} ({project.stack}) is up after {took:.0f} s", title_justify="left")
    table.add_column("service", style="bold")
    table.add_column("kind")
    table.add_column("reached at")
    for name, service in outputs.get("services", {}).items():
        reached = [f"{place} ({what})" if what else place for what, place in service["endpoints"].items()]
        if reached:
            table.add_row(name, service["kind"], "\n".join(reached))
    console = Console()
    console.print(table)
    if outputs.get("url"):
        console.print(f"Open [bold]{outputs['url']}[/bold]")
    where = pinned_in(project)
    if where is not None:
        number = int(outputs.get("release") or 0)
        leave = rollback_command(LATEST, names_of(project))
        text = f"Pinned to release {number} in {where.name}: nothing was built. To leave it: {leave}"
        console.print(text, soft_wrap=True)


__all__ = ["PlainError", "down", "start", "stop", "up"]
