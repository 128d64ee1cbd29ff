"""Finding a system by the module that describes it."""

from __future__ import annotations

import importlib

from components.model.problems import DescriptionError, Problem
from components.model.system import System


def load_system(module: str) -> System:
    """The `system` of a module. Raises DescriptionError when there is no such module or it holds no System."""
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as wrong:
        if wrong.name is None or not (module == wrong.name or module.startswith(f"{wrong.name}.")):
            raise
        text = f"given {module!r}; there is no such module (it is looked for from the project's root)"
        raise DescriptionError([Problem("settings", "strata:system", text)]) from None
    system = getattr(found, "system", None)
    if not isinstance(system, System):
        text = f"given {module!r}; the module has no `system = System(...)`"
        raise DescriptionError([Problem("settings", "strata:system", text)])
    return system
