"""Containers for the tests of the demo services: started on a network of their own, and always removed."""

import subprocess
from collections.abc import Sequence
from uuid import uuid4

DEMO = "strata-test-demo"


def docker(*arguments: str) -> str:
    """Run a docker command, which must succeed, and give what it wrote."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return (done.stdout + done.stderr).strip()


class Lab:
    """A network with containers, all of which are removed at the end."""

    def __init__(self) -> None:
        self.name = f"strata-apps-{uuid4().hex[:8]}"
        self.bindings: dict[str, str] = {}
        self._containers: list[str] = []
        docker("network", "create", self.name)

    def start(self, alias: str, image: str, *command: str, options: Sequence[str] = (), **environment: str) -> None:
        """Start a service that the others reach by its alias."""
        name = f"{self.name}-{alias}"
        network = ["--network", self.name, "--network-alias", alias]
        self._containers.append(name)
        docker("run", "-d", "--name", name, *network, *options, *_env(environment), image, *command)

    def app(self, alias: str, *command: str, port: int, **environment: str) -> None:
        """Start one of the demo services as it is meant to run: bound, with a read-only root file system."""
        options = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--publish", f"127.0.0.1::{port}"]
        self.start(alias, DEMO, *command, options=options, **{**self.bindings, **environment})

    def url(self, alias: str) -> str:
        """Base URL of a service with a published port; another one after each start."""
        return "http://" + docker("port", f"{self.name}-{alias}").split(" -> ")[1].splitlines()[0]

    def task(self, *command: str) -> str:
        """Run a command of the demo image to its end, and give its output."""
        network = ["--network", self.name, "--read-only", "--tmpfs", "/tmp"]
        return docker("run", "--rm", *network, *_env(self.bindings), DEMO, *command)

    def on(self, alias: str, verb: str, *arguments: str) -> str:
        """Run a docker command on a container: stop, start, kill, logs, exec and its command."""
        return docker(verb, f"{self.name}-{alias}", *arguments)

    def remove(self) -> None:
        for container in self._containers:
            # Not `docker`, which would stop at one that never came to be.
            subprocess.run(["docker", "rm", "--force", "--volumes", container], capture_output=True, check=False)
        docker("network", "rm", self.name)


def _env(values: dict[str, str]) -> list[str]:
    return [part for key, value in values.items() for part in ("--env", f"{key}={value}")]
