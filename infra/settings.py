"""A stack's settings as Pulumi's configuration has them: the only reader of pulumi.Config."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG

from components.core.extends import extended
from components.core.naming import Names
from components.core.settings import StackSettings, parse_settings
from components.core.settings_files import merged, read_local, strata_keys


def from_pulumi(folder: Path) -> StackSettings:
    """The running program's settings: the stack's configuration under the clone's own file.

    Raises DescriptionError naming every wrong setting.
    """
    values = {key: _value(raw) for key, raw in strata_keys(CONFIG.get()).items()}
    names = Names(pulumi.get_project(), pulumi.get_stack())
    return parse_settings(extended(folder, merged(values, read_local(folder, names.stack))), names)


def _value(raw: str) -> Any:
    """Pulumi hands structured values over as JSON and everything else as text."""
    try:
        return json.loads(raw)
    except ValueError:
        return raw
