"""Stacks for a module or a test, removed at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.harness import Stack, scratch_project

MakeStack = Callable[..., Stack]


@pytest.fixture(scope="module")
def make_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeStack]:
    """Makes stacks: `make_stack(folder, system="...", **settings)` or `make_stack(description="...", **settings)`.

    `of` is a subclass of Stack.
    """
    made: list[Stack] = []

    def make(
        folder: Path | None = None, *, description: str | None = None, of: type[Stack] = Stack, **settings: Any
    ) -> Stack:
        if description is not None:
            folder = scratch_project(tmp_path_factory.mktemp("project"), description)
            settings = {"system": "system", **settings}
        assert folder is not None
        stack = of(folder, tmp_path_factory.mktemp("state"), {"ports": "free", **settings})
        made.append(stack)
        return stack

    yield make
    for stack in made:
        stack.remove()
