"""Where a secret's value comes from; the same on every target."""

from __future__ import annotations

import secrets as random
import string

import pulumi

from components.core.given import given as given
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
