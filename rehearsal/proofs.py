"""What a rehearsal proves and what it leaves open: `python -m rehearsal.proofs` prints docs/rehearsal.md.

The harness takes its steps' names from here, the server its patches from rehearsal/ministack/played.py, the stack its
transformation from rehearsal/drift.py.
"""

from __future__ import annotations

from rehearsal.drift import TABLE
from rehearsal.lacking import NEWER, PARTS, VARIANTS
from rehearsal.ministack.played import PLAYED

EMULATOR = "ministack"
STEPS: dict[str, str] = {
    "emulated AWS": "what everything runs on starts from nothing: MiniStack, a registry, a network of their own",
    "pulumi up": "the real AWS provider creates the whole prod stack; images are built and pushed, the migrations' "
    "task runs, every service becomes steady by its health checks",
    "a text handed in": "gateway, API, database, queue and worker together",
    "a picture handed in": "an upload through the load balancer into S3, and what the worker made of it read back",
    "bindings: database, cache, queue, object storage": "each data service is used for what it is there for, by the "
    "environment that its binding wrote and the secrets that ECS resolved",
    "service to service by its name": "the page's server reaches the API by its name in Cloud Map",
    "scaling as described": "Application Auto Scaling holds each service's bounds and the value of each of its reasons",
    "second preview": "nothing drifts: the description is what runs",
    "api killed": "ECS replaces a task, the load balancer finds the new one; seconds to the next good answer",
    "web killed": "the same for the page",
    "worker killed": "a job that is handed in meanwhile is done by the next task; seconds until then",
    "broker killed": "likewise: the next task of RabbitMQ takes over the queues on the same file system",
    "a schedule by the clock": "a Schedule that the rehearsal adds: the emulated EventBridge Scheduler's clock "
    "starts its state machine, which finds no run before and starts the task; gone again with its description",
    "a new version rolled out": "a change of the source is built, pushed and goes live while 20 requests a "
    "second flow, none lost by the application",
    "make rollback, and forward again": "the release before comes back by the command that a person types, then the "
    "newest, while requests flow as before; nothing is built or pushed, and a preview finds nothing to do",
    "a version that cannot start": "ECS rolls back, the update fails and says why, requests are answered throughout",
    "a text after the roll-back": "the version before still does its work",
    "pulumi destroy": "the provider removes everything that it made, and every container behind it",
    "nothing left": "counted by label: no container, volume, network or released image",
}
"""A step's name to what it proves, in their order."""
OPEN: dict[str, str] = {
    "TLS at the load balancer and in Redis": "MiniStack ends no TLS at the load balancer, and signs Redis's with an "
    "authority that no application trusts: the setting `tls` is off",
    "what roles and policies allow": "MiniStack lets everything through; unit tests assert the documents whole",
    "security groups, subnets, routes, NAT, endpoints": "all containers share one network; unit tests and the scan "
    "judge the rules",
    "Amazon MQ": "MiniStack has no broker behind it: RabbitMQ runs as its variant `container`, and the managed one is "
    "proven by moto's rounds",
    "processors": "containers have their memory's limit and share this machine's processors",
    "EFS itself": "access points are local volumes with the owner that they name; nothing is shared between machines",
    "zones, Multi-AZ, replicas and restores": "one machine holds everything",
    "a task that turns unhealthy later": "health is looked at until a task is steady; one whose container ends is "
    "replaced",
    "scaling by load": "nothing is measured: bounds and policies are made as described, a service keeps its count",
    "alarms, dashboards, backups and the firewall at work": "they are made, and nothing measures, notifies or blocks",
    "names and certificates of a domain": "the load balancer answers under the name that AWS would have given it",
    "ECR": "images are pushed to a registry on loopback; the repositories are made beside it",
    "S3's own host names": "containers get the emulator's address and keys in place of S3's name and the task's role",
}
"""What no rehearsal shows, and why."""


def proof(step: str) -> str:
    """What a step proves. Raises KeyError for one that is not in the table."""
    return STEPS[step]


def document() -> str:
    """docs/rehearsal.md."""
    off = [one for one in (*PARTS, *VARIANTS) if one.emulator == EMULATOR]
    lines = [
        "# What a rehearsal proves", "",
        "`make rehearse` runs the prod stack with the real AWS provider on an emulated AWS (MiniStack) with real "
        "containers. Made by `python -m rehearsal.proofs` from the tables that the harness uses; a test compares them.",
        "", "## Proven, step by step", "", "| step | what it proves |", "|---|---|",
        *(f"| {step} | {what} |" for step, what in STEPS.items()),
        "", "## Played beside the emulator", "",
        "MiniStack runs tasks, Postgres and Redis as containers; what follows is added to it, inside its own process. "
        "Nothing in `components/` knows of it.", "", "| what | why |", "|---|---|",
        *(f"| {what} | {why} |" for what, why in PLAYED.values()),
        "", "## Unproven", "", "| what | why |", "|---|---|", *(f"| {what} | {why} |" for what, why in OPEN.items()),
        "", "## Left out of the rehearsed stack", "", "| what | why |", "|---|---|",
        *(f"| `{one.what}` | {one.reason} |" for one in off),
        "", "## Not compared, since the emulator answers otherwise", "", "| type | fields | why |", "|---|---|---|",
        *(f"| {row.type} | {', '.join(row.fields)} | {row.reason} |" for row in TABLE if row.emulator == EMULATOR),
        "", f"{NEWER}", "",
    ]  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    print(document(), end="")
