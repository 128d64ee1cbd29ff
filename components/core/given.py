"""The value of a secret that somebody gave, as opposed to one that is generated."""

from __future__ import annotations

from collections.abc import Mapping

from components.model.described import label
from components.model.problems import DescriptionError, Problem
from components.model.secret import Secret


def given(secret: Secret, config: Mapping[str, str], env_file: Mapping[str, str | None], defaults: bool) -> str | None:
    """The value that config, the env file or the development default give; None when it is to be generated.

    A development default counts only where `defaults` is on; elsewhere its secret is generated. Raises DescriptionError
    when the value must be given and is not.
    """
    if secret.name in config:
        return config[secret.name]
    if secret.env and env_file.get(secret.env):
        return env_file[secret.env]
    command = f"pulumi config set --secret --path strata:secrets.{secret.name} VALUE"
    if secret.default is not None and defaults:
        return secret.default
    if secret.source == "config":
        raise DescriptionError(
            [Problem(label(secret), "source", f"this stack has no value for it; set one: {command}")]
        )
    return None
