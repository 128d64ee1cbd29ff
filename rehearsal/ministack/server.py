"""MiniStack's server with what is played beside it: `python -m played.server`."""

from __future__ import annotations

import ministack.app

from played import alarms, balancer, containers, flow_logs, tasks
from played.played import PLAYED


def main() -> None:
    """Serve until a signal ends the process."""
    patches = {**containers.PATCHES, **tasks.PATCHES, **balancer.PATCHES, **alarms.PATCHES, **flow_logs.PATCHES}
    if patches.keys() != PLAYED.keys():
        raise SystemExit(f"the table and the patches differ: {sorted(patches.keys() ^ PLAYED.keys())}")
    for name in PLAYED:
        patches[name]()
    ministack.app.main()


if __name__ == "__main__":
    main()
