"""What the behaviour tests share: changing a description, looking into containers, killing a command."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker

from tests.integration.harness import BIN, Outcome, Stack

CLIENT = "postgres:15-alpine"
"""An image with psql and a shell; as a service it stands for an application."""


def describe(stack: Stack, description: str) -> None:
    """Give a scratch project another description."""
    # Python takes a changed file of the same size and second for the one that it has compiled.
    shutil.rmtree(stack.folder / "__pycache__", ignore_errors=True)
    (stack.folder / "system.py").write_text(f"from strata import *\n{description}")


def ids(stack: Stack) -> dict[str, str]:
    """The id of each service's container."""
    return {name: str(container.id) for name, container in stack.containers().items()}


def inside(container: Any, *words: str) -> Outcome:
    """Run a command in a container."""
    done = container.exec_run([*words])
    return Outcome(done.exit_code, done.output.decode(errors="replace").strip())


def sql(stack: Stack, user: str, statement: str, url: str = "$DATABASE_URL") -> str:
    """What the database of a service says to it: psql in that service's container, with its own environment."""
    script = f'psql "{url}" -X -q -t -A -v ON_ERROR_STOP=1 -c "$0"'
    return inside(stack.containers()[user], "sh", "-c", script, statement).ok().text


def recorded(stack: Stack) -> dict[str, list[str]]:
    """What `Stack.left` should say: the physical names of what the state holds."""
    kinds = {f"docker:index/{kind}:{kind.title()}": f"{kind}s" for kind in ("container", "network", "volume")}
    found: dict[str, list[str]] = {kind: [] for kind in kinds.values()}
    for one in stack.resources():
        if one["type"] in kinds:
            found[kinds[one["type"]]].append(one["outputs"]["name"])
    return {kind: sorted(names) for kind, names in found.items()}


def strata_up(stack: Stack) -> list[str | Path]:
    """The command of `Stack.make_up`."""
    return [BIN / "strata", "up", "--system", f"{stack.folder}/", "--stack", stack.name]


def plain(stack: Stack, verb: str) -> list[str | Path]:
    """A plain `pulumi up` or `pulumi destroy`."""
    return ["pulumi", verb, "--stack", stack.name, "--yes", "--skip-preview", "--non-interactive", "--parallel", "64"]


def killed(stack: Stack, command: list[str | Path], step: int, after: float) -> str:
    """Start a command and SIGKILL it and all that it started, `after` seconds after the `step`-th thing that it says of
    a container, network, image, gate or Task.

    Returns the last of these. Fails when it ended by itself.
    """
    running = stack.start(*command, session=True)
    assert running.stdout is not None
    lines: list[str] = []
    steps = 0
    while steps < step:
        line = running.stdout.readline()
        assert line, f"it ended before its step {step}:\n" + "".join(lines)
        lines.append(line)
        steps += is_step(line)
    time.sleep(after)
    kill(running.pid)
    assert running.wait() == -signal.SIGKILL, "it ended before it could be killed:\n" + "".join(lines)
    return [line.strip() for line in [*lines, *running.stdout] if is_step(line)][-1]


def is_step(line: str) -> bool:
    """Whether a line of pulumi's output tells of a resource that is more than an entry in the state."""
    return any(f" {kind}:" in line for kind in ("docker:index", "pulumi-python:dynamic"))


def kill(process: int) -> None:
    """SIGKILL a process and all that it started: plugins have process groups of their own, and all of them die here, as
    they do with a machine or a container."""
    for one in [process, *offspring(process)]:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def offspring(process: int) -> list[int]:
    """The processes that one started, and those that they started."""
    parents: dict[int, int] = dict(_parents())
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def _parents() -> Iterator[tuple[int, int]]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        yield int(path.parent.name), int(text.rpartition(")")[2].split()[1])


class Foreign:
    """A container, a volume and a network of somebody else's, with names like this stack's and without its label."""

    def __init__(self, stack: Stack) -> None:
        client = docker.from_env()
        prefix = f"{stack.project}_{stack.name}"
        self.container = client.containers.run(
            CLIENT, ["tail", "-f", "/dev/null"], name=f"{prefix}_db2", detach=True, entrypoint="",
            labels={"strata.stack": f"{stack.owner}2"},
        )  # fmt: skip
        self.volume = client.volumes.create(f"{prefix}_db-data2")
        self.network = client.networks.create(f"{prefix}_network2")

    def check(self) -> None:
        """Fail when anything of it is gone or was restarted."""
        began = self.container.attrs["State"]["StartedAt"]
        self.container.reload()
        self.volume.reload()
        self.network.reload()
        assert self.container.status == "running"
        assert began in {self.container.attrs["State"]["StartedAt"], "0001-01-01T00:00:00Z"}

    def remove(self) -> None:
        self.container.remove(force=True, v=True)
        self.volume.remove(force=True)
        self.network.remove()
