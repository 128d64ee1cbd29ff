"""Where a secret's value comes from; the same on every target."""

from __future__ import annotations

import os
import secrets as random
import string
from collections.abc import Mapping
from pathlib import Path

import pulumi
from dotenv import dotenv_values

from components.core.given import given as given
from components.core.settings import StackSettings
from components.model.secret import Secret

ALPHABET = string.ascii_letters + string.digits


def random_value(length: int) -> str:
    """A random value of letters and digits, which fits every password rule and needs no escaping anywhere."""
    return "".join(random.choice(ALPHABET) for _ in range(length))


def value_of(secret: Secret, value: str | None, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """A given value as a secret Output, or a generated one that a Stash keeps, encrypted, in the state."""
    if value is not None:
        return pulumi.Output.secret(value)
    kept = pulumi.Stash(
        f"{secret.name}-value",
        input=pulumi.Output.secret(random_value(secret.length)),
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                ignore_changes=["input"], aliases=[pulumi.Alias(name=f"{old}-value") for old in secret.formerly]
            ),
        ),
    )
    return pulumi.Output.secret(kept.output.apply(str))


class Values:
    """The values of a stack's secrets, each found or made once.

    The env file, `.env` in `root` under the environment, is read when the first secret is asked for.
    """

    def __init__(self, settings: StackSettings, root: Path) -> None:
        self._settings, self._root = settings, root
        self._made: dict[int, pulumi.Output[str]] = {}
        self._env_file: Mapping[str, str | None] | None = None

    def of(self, secret: Secret, parent: pulumi.Resource) -> pulumi.Output[str]:
        """A secret's value; what keeps a generated one is a child of `parent`. Raises DescriptionError."""
        if id(secret) not in self._made:
            config = {name: value.get_secret_value() for name, value in self._settings.secrets.items()}
            if self._env_file is None:
                self._env_file = {**dotenv_values(self._root / ".env"), **os.environ}
            value = given(secret, config, self._env_file, self._settings.defaults)
            self._made[id(secret)] = value_of(secret, value, pulumi.ResourceOptions(parent=parent))
        return self._made[id(secret)]
