"""A service that stands for another kind, as a container of ours: a Service in all but its binding."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pulumi

from components.core.target import Needs
from components.model.container import Contained
from components.model.described import Described
from components.model.secret import Secret
from components.model.service import Service
from components.targets.aws.bound import AwsBound, Stored
from components.targets.aws.hosts import memory_of, reserved_of
from components.targets.aws.kept_certificate import KEYS, pem
from components.targets.aws.service import Extras, realized
from components.targets.aws.stored import store_binding
from components.targets.aws.tasks import Secrets, aws_target


def sizes(described: Contained) -> dict[str, Any]:
    """The limits and reservations of a described service, for the container that stands for it."""
    return {
        "cpus": described.cpus, "memory": memory_of(described), "cpus_reserved": described.cpus_reserved,
        "memory_reserved": reserved_of(described),
    }  # fmt: skip


def contained(
    described: Described, running: Service, facts: Mapping[str, pulumi.Input[str]], password: Secret | None,
    needs: Needs, opts: pulumi.ResourceOptions, extras: Extras | None = None,
) -> AwsBound:  # fmt: skip
    """Run the container that stands for a data service and hand over the facts of the described one: `facts`, and where
    it listens."""
    made, target = standing_for(described, running, needs, opts, extras), aws_target(needs)
    known = {**facts, "host": made.facts["host"], "port": made.facts["port"]}
    if password is not None:
        known["password"] = target.secret(password)
    return dataclasses.replace(made, facts=known, secret=store_binding(described, known, needs, target))


def standing_for(
    described: Described, running: Service, needs: Needs, opts: pulumi.ResourceOptions, extras: Extras | None = None
) -> AwsBound:
    """Run the container that stands for a described service; its facts are where it listens."""
    target = aws_target(needs)
    secrets = {key: target.secret(one) for key, one in running.secrets.items()}
    inside = dataclasses.replace(needs, environment=dict(running.environment), secrets=secrets)
    return dataclasses.replace(realized(running, inside, opts, extras or Extras()), service=described)


def certified(service: str, host: str, needs: Needs) -> Secrets:
    """A certificate that signs itself, as the container's secret keys TLS_CERTIFICATE and TLS_KEY."""
    values = pem(f"{service}-certificate", host, needs.child())
    text = pulumi.Output.secret(values).apply(lambda known: json.dumps(known))
    return certificate_in(aws_target(needs).store(f"{service}-tls", text, needs.child()))


def certificate_in(stored: Stored) -> Secrets:
    """The secret keys of a container whose certificate is in a secret of Secrets Manager."""
    return Secrets({key: stored.value_from(key) for key in KEYS}, [stored.arn])
