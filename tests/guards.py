"""Fixtures that a folder's conftest takes over for tests of Pulumi programs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.programs import unfinished


@pytest.fixture(autouse=True)
def nothing_unfinished() -> Iterator[None]:
    """Fail a test that makes resources or Outputs outside of `tests.programs.run`, where nothing ever runs them."""
    yield
    found = list(unfinished())
    if found:
        pytest.fail("this test proves nothing: " + "; ".join(found))
