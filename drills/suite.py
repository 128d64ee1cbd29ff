"""Every drill, how often it is done, and what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drills import api_faults, kills, losses, machine
from drills.stage import DOCKER, REHEARSAL, Stage


@dataclass(frozen=True)
class Drill:
    """A fault: what is done, how many times, and the function that does it and says what came of it.

    `own_daemon`: it may only be done to a machine of our own; `where` it is done.
    """

    what: str
    times: int
    act: Callable[[Stage, int], str]
    own_daemon: bool = False
    where: tuple[str, ...] = (DOCKER, REHEARSAL)


DRILLS: dict[str, Drill] = {
    "up-killed": Drill("`make up` killed with SIGKILL at a random moment", 20, kills.up_killed),
    "destroy-killed": Drill("`make down` and `pulumi destroy` killed likewise", 10, kills.destroy_killed),
    "interrupted": Drill("Ctrl-C during `make up`, once or twice", 4, kills.interrupted),
    "two-at-once": Drill("two `make up` at once", 4, kills.two_at_once),
    "gone": Drill(
        "a container, the database, the network, all volumes removed by hand; in the rehearsal a task, the database's "
        "container, and service and database deleted at AWS",
        4,
        losses.gone,
    ),
    "passphrase": Drill("a wrong passphrase", 2, losses.wrong_passphrase),
    "state-cut": Drill("the state file cut short", 4, losses.state_cut),
    "state-lost": Drill("the state lost wholly, with every copy of it", 2, losses.state_lost, where=(REHEARSAL,)),
    "repair": Drill("`strata repair` after a kill", 4, losses.repaired),
    "api-faults": Drill(
        "AWS answers some calls with 500, throttling, late or not at all", 6, api_faults.api_faults, where=(REHEARSAL,)
    ),
    "daemon-restarted": Drill(
        "the Docker daemon restarted during `make up`", 4, machine.restarted, own_daemon=True, where=(DOCKER,)
    ),
    "disk-full": Drill("the Docker daemon's disk full", 2, machine.full, own_daemon=True, where=(DOCKER,)),
}
