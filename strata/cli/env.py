"""env: what plain pulumi needs of this clone, as lines for a shell."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import redirect_stdout
from pathlib import Path

from strata.cli import backend
from strata.cli.project import ROOT, passphrase_file


def env() -> None:
    """Print what to put into a shell for plain pulumi. A login and a passphrase are made where there is none."""
    with redirect_stdout(sys.stderr):
        backend.sign_in()
        if not _own_passphrase():
            backend.make_passphrase()
    print(f'export PATH={shlex.quote(f"{ROOT}/.venv/bin:{Path.home()}/.pulumi/bin")}:"$PATH"')
    if not _own_passphrase():
        print(f"export PULUMI_CONFIG_PASSPHRASE_FILE={shlex.quote(str(passphrase_file()))}")


def _own_passphrase() -> bool:
    """Whether somebody gave a passphrase; that of another clone is none, a shell keeps it from there."""
    file = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE", "")
    another = Path(file).parts[-2:] == passphrase_file().parts[-2:]
    return "PULUMI_CONFIG_PASSPHRASE" in os.environ or bool(file and not another)
