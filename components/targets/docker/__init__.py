"""Local Docker."""

EXTENDS: str | None = None
