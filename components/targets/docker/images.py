"""Images: pulled from a registry, or built under a tag made of their content."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pulumi
import pulumi_docker as docker

from components.model.image import Build
from components.targets.content import content_tag as content_tag


def slug(reference: str) -> str:
    """An image reference as part of a resource's name."""
    return re.sub(r"[^a-zA-Z0-9.]+", "-", reference).strip("-")


def build_slug(build: Build) -> str:
    """A build as part of a resource's name: another one for another Dockerfile, stage or arguments of one folder."""
    parts = [slug(build.context).strip(".-") or "root"]
    if build.dockerfile != "Dockerfile":
        parts.append(slug(build.dockerfile))
    if build.args:
        parts.append(hashlib.sha256(json.dumps(sorted(build.args.items())).encode()).hexdigest()[:6])
    return "-".join([*parts, build.target] if build.target else parts)


def pulled(reference: str, opts: pulumi.ResourceOptions, otherwise: str | None = None) -> docker.RemoteImage:
    """An image of a registry. One that is here already is used as it is; it stays when the stack goes.

    `otherwise` tells a person what to do where it cannot be had.
    """
    name = f"image-{slug(reference)}"
    if otherwise is not None:
        hook = pulumi.ErrorHook(f"strata-{name}", _advice(f"{reference} cannot be had; {otherwise}"))
        hooks = pulumi.ResourceHookBinding(on_error=[hook])
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(hooks=hooks))
    return docker.RemoteImage(name, name=reference, keep_locally=True, opts=opts)


def _advice(text: str) -> Callable[[pulumi.ErrorHookArgs], bool]:
    """An error hook that adds a line to the provider's own; it never asks for another try."""

    def say(_args: pulumi.ErrorHookArgs) -> bool:
        pulumi.log.error(text)
        return False

    return say


def tag_of(root: Path, build: Build) -> str:
    """The tag of a build's image: that of its content and its stage, or the one that a release had."""
    return build.tag or content_tag(root, build) + (f"-{build.target}" if build.target else "")


def name_of(project: str, root: Path, build: Build, tag: str) -> str:
    """What a build's image is called on this machine."""
    return f"{project.lower()}/{slug((root / build.context).resolve().name.lower())}:{tag}"


def built(
    project: str, root: Path, build: Build, tag: str, opts: pulumi.ResourceOptions, called: str | None = None
) -> docker.RemoteImage:
    """An image built from a folder, rebuilt exactly when its content tag changes; `called` is what its resource
    is named by, where not its folder.

    That of a release is only looked up, and its resource is named by its tag: several of a folder can be in use.
    """
    name = name_of(project, root, build, tag)
    if build.tag:
        return pulled(name, opts)
    return docker.RemoteImage(
        f"build-{called or build_slug(build)}",
        name=name,
        build=docker.RemoteImageBuildArgs(
            context=str(root / build.context),
            dockerfile=build.dockerfile,
            build_args=dict(build.args),
            target=build.target,
            tags=[],
        ),
        keep_locally=True,
        opts=opts,
    )
