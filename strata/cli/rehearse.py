"""rehearse: the prod stack on this machine, on an emulated AWS with real containers."""

from __future__ import annotations

from typing import Annotated

import typer

from strata.cli.lifecycle import SystemName
from strata.cli.project import CommandFailed, PlainError, Project, project_folder


def rehearse(
    system: SystemName = "starter",
    stack: Annotated[str, typer.Option("--stack", "-s", help="a stack that extends prod")] = "rehearsal",
    short: Annotated[bool, typer.Option("--short", help="without roll-outs")] = False,
) -> None:
    """Bring the prod stack up on an emulated AWS, send work through it, break it, and take it down."""
    from rehearsal.place import CannotRehearse
    from rehearsal.rehearse import Rehearsal

    project = Project(project_folder(system), stack)
    if not (project.folder / f"Pulumi.{stack}.yaml").is_file():
        raise PlainError(f"{project.name} has no Pulumi.{stack}.yaml; write one with strata:extends: prod")
    rehearsal = Rehearsal(project, short)
    try:
        good = rehearsal.run()
    except CannotRehearse as wrong:
        raise PlainError(str(wrong)) from None
    rehearsal.steps.console.print(rehearsal.steps.table(f"Rehearsal of {project.owner}"))
    if not good:
        print(f"What pulumi said is in {rehearsal.stack.folder}")
        raise CommandFailed(1)
