"""check: is the description right, and what does it come to in each stack? No engine, no daemon, no cloud."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from components.core import catalog
from components.core.check import Checked, check_stack
from components.core.settings_files import ProjectFiles, find_project
from components.model.problems import DescriptionError, Problem, nearest

ProjectFolder = Annotated[
    Path, typer.Option("--project", "-p", metavar="DIR", help="the project's folder, or one inside it")
]
OneStack = Annotated[str | None, typer.Option("--stack", "-s", metavar="NAME", help="this stack only")]


def check(
    project: ProjectFolder = Path(),
    stack: OneStack = None,
    images: Annotated[bool, typer.Option("--images", help="print the images it needs, one on each line")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print it for programs")] = False,
) -> None:
    """Check a project's description and its stacks' settings, and show what they come to."""
    files = find_project(project)
    checked = [check_stack(files.folder, name) for name in chosen(files, stack)]
    if images:
        show_images(checked)
    elif as_json:
        from strata.cli.report import as_data

        typer.echo(as_data(files.name, checked))
    else:
        from strata.cli.report import show

        show(files.name, checked)
    if any(one.problems for one in checked):
        raise typer.Exit(1)


def chosen(files: ProjectFiles, stack: str | None) -> tuple[str, ...]:
    """The stacks to look at. Raises DescriptionError for one that the project has not, or when it has none."""
    if stack is None and files.stacks:
        return files.stacks
    where = str(files.folder)
    if not files.stacks:
        raise DescriptionError([Problem(where, "", "the project has no stacks; make a Pulumi.<stack>.yaml")])
    if stack not in files.stacks:
        text = f"given {stack!r}; there is no Pulumi.{stack}.yaml{nearest(str(stack), files.stacks)}"
        raise DescriptionError([Problem(where, "--stack", text)])
    return (stack,)


def show_images(checked: list[Checked]) -> None:
    """The images of all given stacks, each once; problems go to the error output."""
    for one in checked:
        for problem in one.problems:
            print(f"{one.stack}: {problem}", file=sys.stderr)
    needed = {
        name: None
        for one in checked
        if one.system is not None and one.target is not None
        for name in catalog.images(one.target, one.system)
    }
    for name in needed:
        print(name)
