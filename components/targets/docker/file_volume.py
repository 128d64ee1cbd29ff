"""FileVolume: a Docker volume, or nothing of its own for a bound folder."""

from __future__ import annotations

import pulumi

from components.core.bound import Bound
from components.core.target import Needs, realizes
from components.model.volume import FileVolume
from components.targets.docker.container import docker_target


@realizes(FileVolume)
def file_volume(volume: FileVolume, needs: Needs, opts: pulumi.ResourceOptions) -> Bound:
    """The volume belongs to the foundation, which every tier shares; a bound folder is the host's."""
    if volume.bind is None:
        docker_target(needs).volume(volume)
    return Bound(volume)
