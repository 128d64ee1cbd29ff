"""A Task's run as a dynamic resource: it runs again when what it depends on has changed."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, DiffResult, ResourceProvider, UpdateResult


class RunProvider(ResourceProvider, ABC):
    """What the providers of all targets have in common; each says how a Task runs and what a run depends on.

    A failed run raises, so it is not recorded and the next update tries again. Delete does nothing: what a Task did
    to its data is not undone.
    """

    IDENTITY: ClassVar[str]
    """The input that is the resource's id."""

    @abstractmethod
    def run(self, props: dict[str, Any]) -> None:
        """Run the Task to its end. Raises Failure."""

    @abstractmethod
    def digest(self, props: dict[str, Any]) -> str:
        """What a run depends on, as `digest_of` makes it."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        self.run(props)
        return CreateResult(props[self.IDENTITY], {**props, "digest": self.digest(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        self.run(_news)
        return UpdateResult({**_news, "digest": self.digest(_news)})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=_olds.get("digest") != self.digest(_news))


def digest_of(values: Any) -> str:
    """The digest of plain values; states hold those of earlier runs, so another form of it would run every Task."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
