"""Where state is kept: the user's own backend where there is one, else files on this machine."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from strata.cli.project import ROOT, CommandFailed, PlainError, Project, passphrase_file, pulumi

LOCAL = "file://~"
"""Pulumi's own place for local state: ~/.pulumi."""
SALT_FILTER = "sed '/^encryptionsalt:/d'"


def current_backend() -> str | None:
    """The backend that the user has chosen: by $PULUMI_BACKEND_URL, an access token, or `pulumi login`."""
    if os.environ.get("PULUMI_BACKEND_URL"):
        return os.environ["PULUMI_BACKEND_URL"]
    if os.environ.get("PULUMI_ACCESS_TOKEN"):
        return "https://api.pulumi.com"
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    try:
        return json.loads((home / "credentials.json").read_text()).get("current") or None
    except (OSError, ValueError):
        return None


def prepare(project: Project) -> None:
    """A backend, a passphrase, and the stack; each only where it is missing."""
    sign_in()
    if project.environment.get("PULUMI_CONFIG_PASSPHRASE_FILE") == str(passphrase_file()):
        make_passphrase()
    _filter_salt()
    _stack(project)
    _hide_salt(project)


def sign_in() -> None:
    """Log in to local state where the user has chosen no backend."""
    if current_backend() is None:
        print(f"No Pulumi login: state is kept on this machine ({LOCAL}); `pulumi login` chooses another place.")
        done = subprocess.run([pulumi(), "login", LOCAL], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise PlainError(f"pulumi login {LOCAL} failed: {done.stderr.strip()}")


def make_passphrase() -> None:
    """Make this clone's passphrase where there is none."""
    path = passphrase_file()
    if path.is_file():
        return
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secrets.token_urlsafe(24))
    print(f"Made a passphrase for this clone's local stacks: {path.relative_to(ROOT)} (git-ignored; keep it).")


def _filter_salt() -> None:
    """A local stack's salt belongs to this clone's passphrase; git should not offer to commit it."""
    config = ROOT / ".git" / "config"
    if not (config.is_file() and "strata-salt" in config.read_text()):
        _git(ROOT, "config", "filter.strata-salt.clean", SALT_FILTER)


def _hide_salt(project: Project) -> None:
    """Tell git the size of a stack's file with its salt, where that is the only difference: git takes a file of another
    size for changed without looking at it through the filter."""
    path = f"Pulumi.{project.stack}.yaml"
    if _git(project.folder, "diff-files", "--quiet", "--", path):
        return  # It is told already, or has no such file: one look, at every update, and no filter is run.
    if _git(project.folder, "diff", "--quiet", "--", path):
        _git(project.folder, "update-index", "--", path)


def _git(folder: Path, *words: str) -> bool:
    """Whether a git command succeeded; False where this is no clone or there is no git."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return False
    return subprocess.run(["git", *words], cwd=folder, check=False, capture_output=True).returncode == 0


def _stack(project: Project) -> None:
    place = state_file(project)
    if place is not None and place.is_file() and _salted(project):
        return
    done = project.ask("stack", "select", project.stack, "--create", "--non-interactive")
    if done.returncode != 0:
        print(done.stderr, end="")
        raise CommandFailed(done.returncode)


def _salted(project: Project) -> bool:
    path = project.folder / f"Pulumi.{project.stack}.yaml"
    return path.is_file() and "encryptionsalt:" in path.read_text()


def state_folder() -> Path | None:
    """The folder of a file backend's `.pulumi`; None for any other backend."""
    url = urlsplit(current_backend() or LOCAL)
    if url.scheme != "file":
        return None
    place = url.netloc + url.path
    return Path(place).expanduser() / ".pulumi"


def state_file(project: Project) -> Path | None:
    """The stack's own state file, where state is kept in files."""
    folder = state_folder()
    return folder / "stacks" / project.name / f"{project.stack}.json" if folder else None


@dataclass(frozen=True)
class Lock:
    """A file backend's lock on a stack, as pulumi wrote it."""

    path: Path
    pid: int
    host: str
    user: str

    @property
    def dead(self) -> bool:
        """Whether its process was on this machine and is gone."""
        if self.host != socket.gethostname():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return _zombie(self.pid)

    def remove(self) -> None:
        """Remove it, with what the backend keeps beside it."""
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink(missing_ok=True)


def _zombie(pid: int) -> bool:
    """Whether a process has ended and only its exit code is not fetched yet (in many containers nobody ever does)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False  # No /proc (macOS): its launchd reaps whatever is left.


def locks(project: Project) -> Iterator[Lock]:
    """The locks on a stack whose state is kept in files."""
    folder = state_folder()
    if folder is None:
        return
    for path in (folder / "locks" / "organization" / project.name / project.stack).glob("*.json"):
        try:
            content: dict[str, Any] = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        yield Lock(path, int(content.get("pid", 0)), str(content.get("hostname")), str(content.get("username")))


def deployment_of(project: Project) -> dict[str, Any]:
    """What the stack's state holds. A file is read as it is: asking pulumi for it costs half a second."""
    place = state_file(project)
    if place is not None and place.is_file():
        try:
            found: dict[str, Any] | None = json.loads(place.read_text())["checkpoint"]["latest"]
            return found or {}
        except (ValueError, KeyError):
            raise PlainError(
                f"the state of {project.owner} cannot be read, it is damaged: {place}\n"
                f"put the last good one in its place: strata repair {project.options}"
            ) from None
    deployment: dict[str, Any] | None = project.state().get("deployment")
    return deployment or {}


def outputs_of(project: Project) -> dict[str, Any]:
    """The stack's outputs as its state has them; secret ones are encrypted."""
    resources: list[dict[str, Any]] = deployment_of(project).get("resources") or []
    for resource in resources:
        if resource["type"] == "pulumi:pulumi:Stack":
            found: dict[str, Any] | None = resource.get("outputs")
            return found or {}
    return {}


def mend(project: Project) -> None:
    """Remove what a killed pulumi wrote half of beside the stack's state.

    A file backend keeps each file's content type and checksum in an `.attrs` file next to it, which it does not replace
    in one step as it does the state itself; an empty one makes pulumi say `failed to load checkpoint: EOF`. Nothing
    needs these files.
    """
    for path in half_written(project):
        path.unlink(missing_ok=True)
        print(f"Removed a file that an interrupted update had written half of: {path.name}")


def half_written(project: Project) -> Iterator[Path]:
    """The `.attrs` files beside the stack's state that are no JSON."""
    place = state_file(project)
    for path in place.parent.glob(f"{place.name}*.attrs") if place else ():
        try:
            json.loads(path.read_text())
        except ValueError:
            yield path


def pending_in(deployment: Mapping[str, Any]) -> list[str]:
    """The names of what an interrupted update was busy with."""
    pending: list[dict[str, Any]] = deployment.get("pending_operations") or []
    return [str(one["resource"]["urn"]).rsplit("::", 1)[-1] for one in pending]


def unlock(project: Project) -> None:
    """Remove locks whose process on this machine is gone. Raises PlainError for any other lock."""
    for lock in dead_locks(project):
        lock.remove()
        print(f"Removed the lock of an update that was interrupted (process {lock.pid} is gone).")


def dead_locks(project: Project) -> list[Lock]:
    """The locks that nobody holds any more. Raises PlainError when somebody holds one."""
    found = list(locks(project))
    for lock in found:
        if not lock.dead:
            raise PlainError(
                f"stack {project.stack} of {project.name} is being updated by process {lock.pid} on {lock.host} "
                f"({lock.user}); wait for it, or if you are sure that it is gone: "
                f"pulumi -C {project.folder} cancel --stack {project.stack}"
            )
    return found
