"""FileVolume: an access point of the stack's EFS file system."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.volume import FileVolume
from components.targets.aws.bound import AwsBound
from components.targets.aws.tasks import aws_target


@realizes(FileVolume)
def file_volume(volume: FileVolume, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """The access point belongs to the foundation, which every tier shares."""
    aws_target(needs).files().access_point(volume)
    return AwsBound(volume)
