"""A certificate that signs itself, made once and kept in the state."""

from __future__ import annotations

import pulumi

from components.targets.aws.self_signed import self_signed


def kept_certificate(name: str, host: str, opts: pulumi.ResourceOptions) -> pulumi.Output[dict[str, str]]:
    """`certificate` and `key` in PEM for a host name, secret."""
    kept = pulumi.Stash(
        name, input=pulumi.Output.secret(self_signed(host)),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["input"])),
    )  # fmt: skip
    return pulumi.Output.secret(kept.output)
