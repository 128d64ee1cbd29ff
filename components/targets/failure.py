"""Failures of the dynamic providers, shown as what they say.

The SDK answers every exception of a dynamic provider with its whole traceback. A container that is not healthy is no
fault of the program, and the frames would bury the one line and the logs that a person needs. Nor is a Docker daemon
that has no room, or that is restarted.
"""

from __future__ import annotations

import sys
import traceback
from typing import Any


class Failure(Exception):
    """Something of the user's failed; the message is all there is to say."""


DAEMON = "the Docker daemon did not do it: "
REFUSED = ("docker.errors", "requests.exceptions", "urllib3.exceptions")
"""Modules with the errors of its client, by name: whoever raises one has imported it."""


def plain(wrong: BaseException | None) -> str | None:
    """What to say instead of a traceback; None for a fault of the program."""
    if isinstance(wrong, Failure):
        return str(wrong)
    return f"{DAEMON}{wrong}" if type(wrong).__module__ in REFUSED else None


def speak_plainly() -> None:
    """In the SDK's process for dynamic providers, and only there, render a Failure without its traceback."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if getattr(spec, "name", "") != "pulumi.dynamic.__main__" or getattr(traceback.format_exc, "plain", False):
        return
    whole = traceback.format_exc

    def format_exc(*args: Any, **kwargs: Any) -> str:
        said = plain(sys.exc_info()[1])
        return whole(*args, **kwargs) if said is None else said

    format_exc.plain = True  # pyright: ignore[reportFunctionMemberAccess]
    traceback.format_exc = format_exc


speak_plainly()
