"""A certificate that signs itself, made once and kept in the state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi

from components.targets.aws.self_signed import self_signed

if TYPE_CHECKING:
    from components.targets.aws.target import AwsTarget
    from components.targets.aws.tasks import Secrets


def kept_certificate(name: str, host: str, opts: pulumi.ResourceOptions) -> pulumi.Output[dict[str, str]]:
    """`certificate` and `key` in PEM for a host name, secret."""
    kept = pulumi.Stash(
        name, input=pulumi.Output.secret(self_signed(host)),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["input"])),
    )  # fmt: skip
    return pulumi.Output.secret(kept.output)


def given_to_a_container(service: str, host: str, target: AwsTarget, opts: pulumi.ResourceOptions) -> Secrets:
    """A certificate as the container's secret keys TLS_CERTIFICATE and TLS_KEY."""
    from components.targets.aws.tasks import Secrets

    both = kept_certificate(f"{service}-certificate", host, opts)
    text = both.apply(lambda known: json.dumps({"TLS_CERTIFICATE": known["certificate"], "TLS_KEY": known["key"]}))
    stored = target.store(f"{service}-tls", text, opts)
    return Secrets({key: stored.value_from(key) for key in ("TLS_CERTIFICATE", "TLS_KEY")}, [stored.arn])
