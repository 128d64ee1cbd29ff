"""A certificate that signs itself, made once and kept in the state."""

from __future__ import annotations

import pulumi

from components.targets.aws.self_signed import self_signed

KEYS = {"TLS_CERTIFICATE": "certificate", "TLS_KEY": "key"}
"""A container's environment keys, and what each is of a certificate."""


def pem(name: str, host: str, opts: pulumi.ResourceOptions) -> dict[str, pulumi.Output[str]]:
    """The certificate and its key by the environment keys that a container reads them from."""
    both = kept_certificate(name, host, opts)
    return {key: both.apply(lambda known, part=part: known[part]) for key, part in KEYS.items()}


def kept_certificate(name: str, host: str, opts: pulumi.ResourceOptions) -> pulumi.Output[dict[str, str]]:
    """`certificate` and `key` in PEM for a host name, secret."""
    kept = pulumi.Stash(
        name, input=pulumi.Output.secret(self_signed(host)),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["input"])),
    )  # fmt: skip
    return pulumi.Output.secret(kept.output)
