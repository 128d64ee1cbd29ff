"""Docker Engine: there already, started, or installed from Debian and started."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from offline.images import debian
from offline.images.docker import Docker
from offline.steps import StepFailed, cache_folder, step

ADVICE = "install Docker Engine or start Docker Desktop"
SECONDS = 60.0
_PID_FILES = {"dockerd": Path("/var/run/docker.pid"), "containerd": Path("/var/run/docker/containerd/containerd.pid")}


def process_name(pid: int) -> str:
    """The program that runs as this process, or nothing."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def is_stale(program: str, pid_file: Path, name_of: Callable[[int], str] = process_name) -> bool:
    """Whether a pid file is left over: its process is gone, or its number belongs to another program by now."""
    try:
        pid = int(pid_file.read_text())
    except OSError:
        return False
    except ValueError:
        return True
    return name_of(pid) != program


def remove_stale_files() -> None:
    """A dockerd that was killed leaves its pid file, and the next one refuses to start while that number is in use."""
    for program, pid_file in _PID_FILES.items():
        if is_stale(program, pid_file):
            pid_file.unlink(missing_ok=True)


def daemon(docker: Docker) -> None:
    """Make Docker answer, or end with one plain message."""
    if docker.answers():
        return
    installed = shutil.which("dockerd") is not None
    managed = Path("/run/systemd/system").is_dir()
    _refuse_what_cannot_work(docker, installed)
    todo = (
        "start dockerd" if installed else "install Docker Engine (docker.io) from this machine's Debian, start dockerd"
    )
    print(f"[set-up] Docker does not answer; next: {todo}", flush=True)
    if not installed:
        with step("install Docker Engine", "1 min") as running:
            running.run(["apt-get", "update"])
            wanted = ["docker.io"] if shutil.which("docker") else ["docker.io", "docker-cli"]
            # docker-cli is a package of its own from trixie on only.
            known = [name for name in wanted if name == "docker.io" or _has_candidate(name)]
            install = ["apt-get", "install", "-y", "--no-install-recommends", *known, "iptables"]
            running.run(install, env={"DEBIAN_FRONTEND": "noninteractive"})
    if docker.answers():
        return
    log = cache_folder() / "logs" / "dockerd.log"
    with step("start dockerd", f"log: {log}") as running:
        if managed:
            running.run(["systemctl", "start", "docker"])
            _await(docker, None, log)
        else:
            remove_stale_files()
            _await(docker, _spawn(log), log)


def _has_candidate(package: str) -> bool:
    done = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    return done.returncode == 0


def _refuse_what_cannot_work(docker: Docker, installed: bool) -> None:
    host = os.environ.get("DOCKER_HOST")
    if host:
        raise SystemExit(f"[set-up] Docker does not answer at DOCKER_HOST={host}: {ADVICE}, or unset it")
    if platform.system() != "Linux":
        raise SystemExit(f"[set-up] Docker does not answer: {ADVICE}")
    socket = Path("/var/run/docker.sock")
    if os.geteuid() != 0:
        if socket.exists() and not os.access(socket, os.W_OK):
            raise SystemExit(f"[set-up] this user may not use {socket}: join the group docker and log in again")
        raise SystemExit(f"[set-up] Docker does not answer, and starting it takes root: {ADVICE}")
    if not installed and not debian.codename():
        raise SystemExit(f"[set-up] Docker is not installed, and only on Debian it is installed for you: {ADVICE}")


def _spawn(log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as stream:
        # A session of its own: the daemon has to survive the shell that started it, and its Ctrl-C.
        return subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True, cwd="/"
        )


def _await(docker: Docker, process: subprocess.Popen[bytes] | None, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if docker.answers():
            return
        if process is not None and process.poll() is not None:
            said = (log.read_text(errors="replace").strip().splitlines() or ["nothing"])[-1]
            raise StepFailed(f"dockerd ended at once, its last words ({log}): {said}")
        time.sleep(0.3)
    if process is not None:
        process.send_signal(signal.SIGTERM)
    raise StepFailed(f"dockerd did not answer within {SECONDS:.0f} s")
