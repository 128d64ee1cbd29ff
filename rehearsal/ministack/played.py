"""What is played beside MiniStack, by name: the server applies every row, docs/rehearsal.md lists them. Pure."""

from __future__ import annotations

PLAYED: dict[str, tuple[str, str]] = {
    "answers": (
        "an answer is sent in one piece",
        "within the millisecond between its head and its body the provider's SDK may close the connection, and asks "
        "again for what was done already",
    ),
    "labels": (
        "every container carries the rehearsal's label and publishes no port",
        "MiniStack would publish databases on every address of the machine",
    ),
    "definitions": (
        "a task's names in Cloud Map, EFS volumes, scratch volumes, entry point, user, read-only root, memory limit, "
        "health check",
        "MiniStack leaves them out; names are network aliases, access points are Docker volumes",
    ),
    "order": (
        "a container that others wait for (`dependsOn`) ends before they start",
        "MiniStack starts all of a task's containers at once",
    ),
    "health": (
        "a deployment is steady once health checks pass; a task that fails them is stopped and counts for the circuit "
        "breaker",
        "to MiniStack a container that has run for a second is healthy",
    ),
    "first": (
        "a service's first deployment ends like any other",
        "MiniStack calls it complete at once",
    ),
    "namespaces": (
        "a name's namespace is taken from its DNS settings",
        "AWS takes it from there too, MiniStack refuses it",
    ),
    "names": (
        "a name that is changed keeps its namespace and its way of routing",
        "MiniStack forgets them, and the provider would make the name anew",
    ),
    "targets": (
        "the load balancer checks its targets as their group says and sends to healthy ones alone",
        "MiniStack sends to every task that runs",
    ),
    "drain": (
        "a task leaves its target group 3 s before it is stopped",
        "MiniStack stops it at once; AWS waits the deregistration delay, which would make each step longer",
    ),
    "deletions": (
        "a target group that is gone already counts as deleted",
        "MiniStack refuses it, and the SDK asks again when a connection broke before the answer came",
    ),
    "databases": (
        "a database whose container is gone has failed",
        "MiniStack goes on calling it available, with nothing behind it",
    ),
    "alarms": (
        "alarms are described as they were asked for",
        "MiniStack gives back half of their fields, which the provider would set anew at each update",
    ),
    "codes": (
        "a dashboard that is not there is said so by AWS's code",
        "MiniStack answers with the error's name, which is another",
    ),
    "flow logs": (
        "flow logs keep their role, interval and tags",
        "MiniStack forgets them, which the provider would take for a change",
    ),
    "tags": (
        "the Resource Groups Tagging API lists what EC2, RDS, load balancing, CloudWatch and others keep tags of",
        "MiniStack lists but a few services, and what an interrupted update left is found by its tags",
    ),
    "scaling": (
        "Application Auto Scaling keeps targets, policies and tags, and gives them back",
        "MiniStack has none; nothing is measured and nothing scales",
    ),
}
"""A patch's name to what is played, and why."""
