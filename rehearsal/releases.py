"""Releases of a rehearsal: another image for a service, put into its task definition by the stack's transformation.

A release is the image that runs with a layer more, pushed under a tag of its own, as a build of changed source is.
"""

from __future__ import annotations

import io
import json
import os
from typing import Any

import pulumi

from components.targets.local_daemon import client
from rehearsal.registry import LABEL

SWITCH = "STRATA_REHEARSAL_IMAGES"
"""The environment variable with a JSON object: a service's name to the image that it runs instead."""
RELEASE = "strata.release"
"""The label of an image, and of its containers, with the release's name."""
DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"


def released(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Run the images of a release; without one nothing is changed."""
    images: dict[str, str] = json.loads(os.environ.get(SWITCH) or "{}")
    props: Any = args.props
    if not images or args.type_ != DEFINITION:
        return None
    replaced = pulumi.Output.from_input(props["container_definitions"]).apply(lambda text: exchange(text, images))
    return pulumi.ResourceTransformationResult({**props, "container_definitions": replaced}, args.opts)


def exchange(text: str, images: dict[str, str]) -> str:
    """Container definitions with other images."""
    every = json.loads(text)
    for one in every:
        one["image"] = images.get(one["name"], one["image"])
    return json.dumps(every, sort_keys=True)


def make(image: str, name: str, owner: str, *more: str) -> str:
    """A release of an image in its registry: the image, and Dockerfile lines more. Its reference."""
    docker = client()
    reference = f"{image}-{name}"
    lines = "\n".join([f"FROM {image}", f'LABEL {LABEL}="{owner}" {RELEASE}="{name}"', *more])
    docker.images.build(fileobj=io.BytesIO(lines.encode()), tag=reference, rm=True)
    docker.images.push(reference)
    return reference
