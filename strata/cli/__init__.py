"""The `strata` command. Each command's module is imported when the command is called, and not before."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

COMMANDS = {
    "check": "strata.cli.check",
    "schema": "strata.cli.schema",
    "env": "strata.cli.env",
    "up": "strata.cli.lifecycle",
    "down": "strata.cli.lifecycle",
    "stop": "strata.cli.lifecycle",
    "start": "strata.cli.lifecycle",
    "rollback": "strata.cli.rollback",
    "rehearse": "strata.cli.rehearse",
    "repair": "strata.cli.repair",
}
"""Each command and the module with a function of that name."""


class Late(TyperGroup):
    """Commands that are imported when they are asked for; what a person can mend ends without a traceback."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands: dict[str, Any] = dict.fromkeys(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        made = typer.Typer(add_completion=False)
        made.command(cmd_name)(getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name))
        return get_command(made)

    def invoke(self, ctx: Any) -> Any:
        from components.core.operations import Impossible
        from components.model.problems import DescriptionError
        from strata.cli.project import CommandFailed, PlainError

        try:
            return super().invoke(ctx)
        except (DescriptionError, Impossible, PlainError) as wrong:
            print(f"strata: {wrong}", file=sys.stderr)
            raise typer.Exit(1) from None
        except CommandFailed as failed:
            raise typer.Exit(failed.code) from None


app = typer.Typer(cls=Late, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def strata() -> None:
    """One typed description of a system, run on local Docker and on a cloud."""
