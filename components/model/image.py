"""Where a container's image comes from: a registry, or a build."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY
from typing import Annotated

from pydantic import AfterValidator, Field

from components.model.described import Map, Part, description
from components.model.text import matching


def _reference(text: str) -> str:
    if not text or any(space in text for space in " \t\n") or text != text.strip("/:"):
        raise ValueError("allowed is an image reference such as 'postgres:16' or 'ghcr.io/me/app:1.2'")
    return text


CONTENT_TAG = r"^[0-9a-f]{12}(-[A-Za-z0-9_.-]+)?$"
ContentTag = Annotated[str, matching(CONTENT_TAG, "a tag made of an image's content, such as '0123456789ab'")]
ImageName = Annotated[str, AfterValidator(_reference)]
"""An image in a registry, as Docker names it: `[registry/]repository[:tag][@digest]`."""


@description
class Build(Part):
    """An image built from a folder.

    `context` is relative to the project's root; `dockerfile` to the context. `args` are build arguments (never
    secrets: they stay in the image), `target` the stage of a multi-stage build. `tag` is the content tag of an image
    that a release had: it is used as it is, and nothing is built.
    """

    context: str
    _: KW_ONLY
    dockerfile: str = "Dockerfile"
    args: Map[str] = Field(default_factory=dict[str, str])
    target: str | None = None
    tag: ContentTag | None = None

    def contradictions(self) -> Iterable[tuple[str, str]]:
        for key in self.args:
            if is_secret_key(key):
                yield "args", f"{key!r} looks like a secret; build arguments stay readable in the image, use secrets="


SECRET_ENDINGS = ("PASSWORD", "TOKEN", "SECRET", "_KEY")


def is_secret_key(key: str) -> bool:
    """Whether an environment key's name says that its value is a secret."""
    return key.upper().endswith(SECRET_ENDINGS)
