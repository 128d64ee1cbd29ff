"""Amazon Web Services."""

EXTENDS: str | None = None
