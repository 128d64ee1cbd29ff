"""Texts of a certain form: the form as a pattern, for validation and the schema, and in words, for messages."""

from __future__ import annotations

from typing import Any

from pydantic import Field

_WORDS: dict[str, str] = {}


def matching(pattern: str, allowed: str) -> Any:
    """What `Annotated[str, ...]` says of a text that has to match a pattern; `allowed` is how messages say it:
    `allowed is <allowed>`. Raises ValueError for a pattern that is in other words elsewhere."""
    if _WORDS.setdefault(pattern, allowed) != allowed:
        raise ValueError(f"{pattern} is {_WORDS[pattern]!r} elsewhere, and {allowed!r} here")
    return Field(pattern=pattern)


def in_words(pattern: str) -> str | None:
    """What a pattern allows; None for one that nobody has put into words."""
    return _WORDS.get(pattern)
