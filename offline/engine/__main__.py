"""`python3 -m offline.engine ensure --venv .venv --plugin docker`, `... needed`, `... provider aws`."""

from __future__ import annotations

import argparse
import fcntl
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from offline.engine import mirror
from offline.engine.build import ensure_cli
from offline.engine.links import foreign_pulumi, link
from offline.engine.plugins import ensure_plugin, pulumi_home
from offline.engine.recipe import Layout, description


@contextmanager
def alone(layout: Layout) -> Generator[None]:
    """Two clones of the project may be set up at the same time; the second waits and finds everything done."""
    layout.base.mkdir(parents=True, exist_ok=True)
    with (layout.base / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("[set-up] engine: waiting for another set-up on this machine ...", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure(venv: Path, plugins: list[str]) -> None:
    found = foreign_pulumi(pulumi_home())
    if found:
        print(f"[set-up] engine: nothing to do, {found} fetches its own plugins")
        return
    layout = Layout.current()
    with alone(layout):
        ensure_cli(layout)
        for name in plugins:
            ensure_plugin(name, venv, layout)
        link(pulumi_home() / "bin" / "pulumi", layout.pulumi)
        if (venv / "bin").is_dir():
            link(venv / "bin" / "pulumi", layout.pulumi)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m offline.engine", description="Pulumi from package registries")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("ensure", help="build and install what is missing")
    making.add_argument("--venv", type=Path, default=Path(".venv"), help="the project's virtual environment")
    making.add_argument("--plugin", action="append", default=[], help="a provider's plugin: docker, aws")
    commands.add_parser("needed", help="exit code 0 if Pulumi cannot be had in the ordinary way, 1 if it can")
    showing = commands.add_parser("provider", help="print the folder of a Terraform provider that a mirror here holds")
    showing.add_argument("name", help="the provider: aws")
    given = parser.parse_args(arguments)
    if given.command == "provider":
        layout = Layout.current()
        found = mirror.find(description(given.name)["terraform"]["source"], layout.base / "unpacked")
        print(found.folder if found else "")
        return 0
    if given.command == "needed":
        # Only this command pays for loading an HTTP client.
        from offline.engine.needed import decide

        is_needed, why = decide(pulumi_home(), Layout.current().pulumi)
        print(why)
        return 0 if is_needed else 1
    ensure(given.venv.resolve(), given.plugin)
    return 0


if __name__ == "__main__":
    sys.exit(main())
