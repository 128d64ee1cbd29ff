"""Reading the problems of a DescriptionError."""

from collections.abc import Callable

import pytest

from components.model.problems import DescriptionError


def lines(make: Callable[[], object]) -> list[str]:
    """The problems that calling `make` raises, each as its whole line."""
    with pytest.raises(DescriptionError) as wrong:
        make()
    return [str(problem) for problem in wrong.value.problems]
