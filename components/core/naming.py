"""Physical names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The commands name a stack without loading the model.
    from components.model.described import Described


@dataclass(frozen=True)
class Names:
    """Names of what a stack owns, from its project and its stack, as Compose makes them."""

    project: str
    stack: str

    @property
    def owner(self) -> str:
        """The value of the label that everything of this stack carries."""
        return f"{self.project}/{self.stack}"

    def of(self, name: str) -> str:
        """`<project>_<stack>_<name>`."""
        return f"{self.project}_{self.stack}_{name}"

    def full(self, name: str) -> str:
        """`<project>-<stack>-<name>`, for a cloud where a name has to say whose it is."""
        return f"{self.project}-{self.stack}-{name}"

    def prefix(self, name: str, limit: int) -> str:
        """The same with a hyphen at its end, cut to `limit`: what a provider makes a name of its own from."""
        return f"{self.full(name)[: limit - 1].rstrip('-')}-"

    def kept(self, described: Described) -> str:
        """The physical name of something that holds data: `physical_name`, or that of its oldest name."""
        chosen: str | None = getattr(described, "physical_name", None)
        return chosen or self.of(described.first_name)
