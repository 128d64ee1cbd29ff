"""Images: a repository in ECR for each folder that is built, and one push for each content."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from components.core.naming import Names
from components.model.described import label
from components.model.image import Build
from components.model.problems import Problem
from components.model.service import Workload
from components.model.system import System
from components.targets.aws.push import Pushed
from components.targets.aws.settings import Chosen
from components.targets.content import content_tag

if TYPE_CHECKING:
    from components.targets.aws.target import AwsTarget

KEPT = 30
"""Images that a repository keeps: enough to roll back to."""
MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
PLATFORMS = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}
LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1, "description": f"the last {KEPT} images, to roll back to", "action": {"type": "expire"},
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": KEPT},
        }
    ]
}  # fmt: skip


def repository_of(build: Build) -> str:
    """The name of a build's repository: its folder, and its Dockerfile where that has another name."""
    name = re.sub(r"[^a-z0-9]+", "-", build.context.lower()).strip("-") or "root"
    return (
        name if build.dockerfile == "Dockerfile" else f"{name}-{re.sub(r'[^a-z0-9]+', '-', build.dockerfile.lower())}"
    )


def repository_name(names: Names, build: Build) -> str:
    """What a build's repository is called in the account's registry."""
    return f"{names.project}-{names.stack}/{repository_of(build)}"


def tag_of(root: Path, build: Build, chosen: Chosen) -> str:
    """The content tag, which differs for another architecture and another stage; or the one that a release had."""
    if build.tag:
        return build.tag
    where = hashlib.sha256(json.dumps([chosen.own.architecture, build.target]).encode()).hexdigest()[:4]
    return f"{content_tag(root, build)}-{where}"


def not_buildable(system: System, chosen: Chosen) -> Iterator[Problem]:
    """Builds for another architecture than this machine's: what is built here could not start there."""
    here = MACHINES.get(platform.machine().lower(), platform.machine())
    if here == chosen.own.architecture:
        return
    for service in system.services():
        if isinstance(service, Workload) and isinstance(service.image, Build) and service.image.tag is None:
            text = (
                f"strata:aws.architecture is {chosen.own.architecture}, and this machine builds {here}; run the update "
                f"on a machine of that kind, or set architecture to {here}"
            )
            yield Problem(label(service), "image", text)


def repository(target: AwsTarget, build: Build) -> aws.ecr.Repository:
    """Where a folder's images are kept, whatever their stage and arguments."""
    foundation = target.found()
    name = f"image-{repository_of(build)}"
    made = aws.ecr.Repository(
        f"{name}-repository",
        name=repository_name(target.names, build),
        image_tag_mutability="IMMUTABLE",
        image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
        encryption_configurations=[
            aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS", kms_key=foundation.key.arn)
        ],
        force_delete=not target.chosen.protection,
        opts=foundation.child(),
    )
    aws.ecr.LifecyclePolicy(
        f"{name}-lifecycle", repository=made.name, policy=json.dumps(LIFECYCLE, sort_keys=True),
        # A repository has one policy: deleting the old one after the new one is made would leave none.
        opts=pulumi.ResourceOptions(parent=made, delete_before_replace=True),
    )  # fmt: skip
    return made


def push_name(build: Build) -> str:
    """The name of the resource that pushes a build: another stage and other arguments are another one."""
    parts = [f"image-{repository_of(build)}-push", build.target or ""]
    if build.args:
        parts.append(hashlib.sha256(json.dumps(sorted(build.args.items())).encode()).hexdigest()[:6])
    return "-".join(part for part in parts if part)


def published(target: AwsTarget, build: Build, tag: str) -> pulumi.Output[str]:
    """The reference of a build's image, known once it can be pulled; that of a release is there already."""
    foundation, repository = target.found(), target.repository(build)
    registry = target.chosen.own.registry
    place = repository.name.apply(lambda own: f"{registry}/{own}") if registry else repository.repository_url
    if build.tag:
        return place.apply(lambda url: f"{url}:{tag}")
    pushed = Pushed(
        push_name(build),
        {
            "reference": place.apply(lambda url: f"{url}:{tag}"),
            "context": str(build.context),
            "dockerfile": build.dockerfile,
            "args": dict(build.args),
            "target": build.target or "",
            "platform": PLATFORMS[target.chosen.own.architecture],
            "ecr": not registry,
            **target.chosen.where(),
        },
        foundation.child(),
    )
    return pushed.reference
