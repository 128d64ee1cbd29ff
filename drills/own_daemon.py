"""A Docker daemon of our own, which a drill may stop, kill and fill without anybody else noticing.

It lives in mount, network and process namespaces of its own, on a file system in a file: its bridge, its firewall
rules, its mounts and its containers are seen by nobody else and end with it. So it needs Linux, root, and the programs
below.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

from drills.stage import Wrong

NEEDED = ("dockerd", "unshare", "nsenter", "mkfs.ext4", "mount", "ip")
SIZE = 1200
"""MB of its disk: the images take about 350."""
MB = 1024 * 1024
PATIENCE = 60.0
HOLDER = (
    "unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc",
    "bash", "-c", "while :; do sleep 1; done",
)  # fmt: skip
"""Holds the namespaces while the daemon is restarted; when it ends, all in them ends. As number 1 bash reaps what a
killed daemon leaves: a containerd that nobody reaps counts as living, and no other is started."""


def lacking() -> list[str]:
    """What is not on this machine for it; nothing when it can run."""
    programs = [one for one in NEEDED if shutil.which(one) is None]
    return programs if os.geteuid() == 0 else [*programs, "root"]


class OwnDaemon:
    """While it is open, $DOCKER_HOST is its socket. `images` are copied from the user's daemon, which is only read."""

    def __init__(self, place: Path, images: Sequence[str]) -> None:
        self.place, self.images = place, images
        self.socket = f"unix://{place}/docker.sock"
        self.data, self.log = place / "data", place / "dockerd.log"
        self._before: str | None = None
        self._running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> OwnDaemon:
        disk = self.place / "disk"
        self.data.mkdir()
        with disk.open("wb") as file:
            file.truncate(SIZE * MB)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(disk)], check=True)
        self._before = os.environ.get("DOCKER_HOST")
        self._outer = subprocess.Popen(HOLDER)
        try:
            self._holder = self._child(self._outer.pid)
            self._inside("ip", "link", "set", "lo", "up")
            self._inside("mount", "-o", "loop", str(disk), str(self.data))
            self._start()
            self._load()
        except BaseException:
            self.__exit__()
            raise
        os.environ["DOCKER_HOST"] = self.socket
        return self

    def _load(self) -> None:
        load = ["docker", "--host", self.socket, "load", "--quiet"]
        with subprocess.Popen(["docker", "save", *self.images], stdout=subprocess.PIPE) as saved:
            loaded = subprocess.run(load, stdin=saved.stdout, stdout=subprocess.DEVNULL, check=False)
        if saved.returncode or loaded.returncode:
            raise Wrong(f"{', '.join(self.images)} could not be copied to our own dockerd")

    def _child(self, process: int) -> int:
        """The process that `unshare` has forked: number 1 of the new namespace."""
        until = time.monotonic() + PATIENCE
        while not (found := Path(f"/proc/{process}/task/{process}/children").read_text().split()):
            if time.monotonic() > until:
                raise Wrong("unshare started nothing")
            time.sleep(0.05)
        time.sleep(0.5)  # /proc is mounted before bash begins.
        return int(found[0])

    def _inside(self, *words: str) -> None:
        subprocess.run(self._within(*words), check=True)

    def _within(self, *words: str) -> list[str]:
        return ["nsenter", "--target", str(self._holder), "--net", "--mount", "--pid", *words]

    def _start(self) -> None:
        command = self._within(
            "dockerd", "--host", self.socket, "--data-root", str(self.data), "--exec-root", str(self.place / "exec"),
            "--pidfile", str(self.place / "pid"),
        )  # fmt: skip
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > until or self._running.poll() is not None:
                raise Wrong(f"our own dockerd did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            client: Any = docker.DockerClient(base_url=self.socket, timeout=5)
            return bool(client.ping())
        except DockerException:
            return False

    def _stop(self, sign: signal.Signals) -> None:
        assert self._running is not None
        # Its pid file has the number that it has in its own namespace.
        self._inside("kill", f"-{sign.value}", (self.place / "pid").read_text().strip())
        self._running.wait(PATIENCE)

    def restart(self, sign: signal.Signals) -> None:
        """End it with a signal and start it again."""
        self._stop(sign)
        self._start()

    def _seen(self) -> Path:
        """Its data root as this process sees it."""
        return Path(f"/proc/{self._holder}/root{self.data}")

    def fill(self, leave: int) -> None:
        """Fill its disk but for some MB."""
        free = shutil.disk_usage(self._seen()).free - max(leave, 2) * MB
        with (self._seen() / "filler").open("wb", buffering=0) as file:
            if free > 0:
                os.posix_fallocate(file.fileno(), 0, free)
                file.seek(free)
            try:
                while leave == 0:  # What is not in whole blocks: until the file system says that it is full.
                    file.write(bytes(4096))
            except OSError as wrong:
                if wrong.errno != errno.ENOSPC:
                    raise

    def empty(self) -> None:
        """Give the space back."""
        (self._seen() / "filler").unlink(missing_ok=True)

    def __exit__(self, *_: object) -> None:
        if self._before is None:
            os.environ.pop("DOCKER_HOST", None)
        else:
            os.environ["DOCKER_HOST"] = self._before
        self._outer.kill()
        self._outer.wait()
