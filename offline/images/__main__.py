"""`python3 -m offline.images daemon | compose | ensure IMAGE... | list | substitutions IMAGE...`"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from offline.images.docker import Docker


def _ensure(names: Sequence[str], docker: Docker, rebuild: bool) -> int:
    from offline.images.ensure import ensure, missing

    if not rebuild and not missing(names, docker):
        return 0
    from offline.images.build import Builder
    from offline.images.catalogue import CATALOGUE
    from offline.images.probe import Probe

    outcome = ensure(names, docker, Probe(), Builder(docker), CATALOGUE, rebuild=rebuild)
    for name, reason in outcome.unavailable.items():
        print(f"[set-up] {name} cannot be pulled, and {reason}")
    for name in outcome.failed:
        print(f"failed: {name}")
    for name in outcome.unavailable:
        print(f"unavailable: {name}")
    return outcome.code


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m offline.images", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("daemon", help="make Docker answer: install and start it where it is missing")
    commands.add_parser("compose", help="make `docker compose` available")
    commands.add_parser("list", help="the images that are present: pulled or built, true version, size")
    for name, text in (("ensure", "pull or build what is missing"), ("substitutions", "which of them stand in")):
        command = commands.add_parser(name, help=text)
        command.add_argument("image", nargs="+")
        if name == "ensure":
            command.add_argument("--rebuild", action="store_true", help="build them all again, after a recipe changed")
    chosen = parser.parse_args(words)
    docker = Docker()
    try:
        return _run(chosen, docker)
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return 2


def _run(chosen: argparse.Namespace, docker: Docker) -> int:
    if chosen.command == "ensure":
        return _ensure(chosen.image, docker, chosen.rebuild)
    if chosen.command == "daemon":
        from offline.images.daemon import daemon

        daemon(docker)
    elif chosen.command == "compose":
        from offline.images.compose import compose

        compose(docker)
    elif chosen.command == "list":
        from offline.images.table import listing

        print(listing(docker))
    else:
        from offline.images.catalogue import CATALOGUE
        from offline.images.ensure import substituted

        for line in substituted(chosen.image, docker, CATALOGUE):
            print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
