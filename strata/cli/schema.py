"""schema: what an editor needs to complete and check `Pulumi.<stack>.yaml`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from components.core.load import load_system
from components.core.schema import DIALECT, stack_schema
from components.core.settings_files import ProjectFiles, find_project, stack_settings
from components.model.problems import DescriptionError, Problem
from components.model.system import System
from strata.cli.check import ProjectFolder, chosen
from strata.cli.project import ROOT

FOLDER = ROOT / "schema"
"""Where the generated schemas are committed; stack files point there."""


def schema(
    project: ProjectFolder = Path(),
    outputs: Annotated[bool, typer.Option("--outputs", help="that of the stack outputs instead")] = False,
    write: Annotated[bool, typer.Option("--write", help="write every project's into the folder schema/")] = False,
) -> None:
    """Print the JSON schema of a project's stack files."""
    if write:
        files = committed()
        for path in set(FOLDER.glob("*.json")) - set(files):
            path.unlink()
        for path, content in files.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
            typer.echo(str(path.relative_to(ROOT)))
        return
    typer.echo(as_text(outputs_schema() if outputs else stack_schema(system_of(find_project(project)))), nl=False)


def committed() -> dict[Path, str]:
    """Every generated file under schema/ and what belongs in it."""
    folders = [ROOT, *sorted(path.parent for path in (ROOT / "systems").glob("*/Pulumi.yaml"))]
    projects = [find_project(folder) for folder in folders]
    files = {FOLDER / f"{found.name}.json": as_text(stack_schema(system_of(found))) for found in projects}
    return {**files, FOLDER / "outputs.json": as_text(outputs_schema())}


def system_of(files: ProjectFiles) -> System:
    """The system of a project's first stack. Raises DescriptionError when that names none."""
    stack = chosen(files, None)[0]
    module = stack_settings(files.folder, stack).get("system")
    if not isinstance(module, str):
        raise DescriptionError([Problem(f"Pulumi.{stack}.yaml", "strata:system", "nothing was given; it is required")])
    return load_system(module)


def outputs_schema() -> dict[str, Any]:
    """The schema of the stack outputs: the contract with whoever refers to a stack."""
    from infra.outputs import Outputs

    return {"$schema": DIALECT, **Outputs.model_json_schema()}


def as_text(content: dict[str, Any]) -> str:
    """A schema as it is written to a file."""
    return json.dumps(content, indent=2) + "\n"
