"""Storage that outlives a container, and where it is mounted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY
from typing import Annotated, Any, ClassVar, Literal

from components.model.described import Described, Part, Seq, description
from components.model.text import matching

Backup = Literal["critical", "important", "recreatable"]
"""critical: must be backed up (databases, uploads); important: should be (queues); recreatable: never (caches)."""

AbsolutePath = Annotated[str, matching(r"^/[^:\s]*$", "a path that begins with '/' and has no blanks and no ':'")]


@description
class FileVolume(Described):
    """A volume that keeps files, or with `bind` a folder of the host (relative to the project's root).

    `backup` is its backup class (default recreatable). `physical_name` sets the volume's name on the target instead
    of `<project>_<stack>_<name>`.
    """

    _: KW_ONLY
    bind: str | None = None
    backup: Backup = "recreatable"
    physical_name: str | None = None

    TIER: ClassVar[str] = "data"

    def contradictions(self) -> Iterable[tuple[str, str]]:
        if self.bind is not None and self.physical_name is not None:
            yield "physical_name", f"given {self.physical_name!r} with bind={self.bind!r}; a bound folder has no volume"


def volume_of(owner: Mapping[str, Any], kind: str, backup: Backup = "recreatable") -> FileVolume:
    """The volume that a data service has when its description names none; a rename keeps it.

    `owner` are the service's own fields so far, `kind` what it is called when even its name is wrong.
    """
    formerly = [f"{old}-data" for old in owner.get("formerly", ())]
    return FileVolume(f"{owner.get('name', kind)}-data", formerly=formerly, backup=backup)


@description
class Mount(Part):
    """`source`, a FileVolume or a folder of the host relative to the project's root, seen at `target`."""

    source: FileVolume | str
    target: AbsolutePath
    _: KW_ONLY
    read_only: bool = False


@description
class Reload(Part):
    """Hot reload, where a stack's settings switch it on: source folders mounted into the container, and the command
    that serves them (None keeps the service's own). `target` is the stage of its Build with the tools for it."""

    mounts: Seq[Mount]
    command: str | Seq[str] | None = None
    target: str | None = None
