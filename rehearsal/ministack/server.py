"""MiniStack's server with what is played beside it: `python -m played.server`."""

from __future__ import annotations

import os

import ministack.app

from played import alarms, answers, balancer, containers, databases, flow_logs, tags, tasks
from played.played import PLAYED
from played.scaling import Scaling, before


def scaling() -> None:
    """Answer for Application Auto Scaling."""
    region = os.environ["MINISTACK_REGION"]
    ministack.app.app = before(ministack.app.app, Scaling(region))


OWN = {"scaling": scaling}


def main() -> None:
    """Serve until a signal ends the process."""
    modules = (answers, containers, tasks, balancer, databases, alarms, flow_logs, tags)
    patches = {name: patch for one in modules for name, patch in one.PATCHES.items()} | OWN
    if patches.keys() != PLAYED.keys():
        raise SystemExit(f"the table and the patches differ: {sorted(patches.keys() ^ PLAYED.keys())}")
    for name in PLAYED:
        patches[name]()
    ministack.app.main()


if __name__ == "__main__":
    main()
