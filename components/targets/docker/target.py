"""The Docker target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pulumi
import pulumi_docker as docker

from components.core.bound import Bound
from components.core.naming import Names
from components.core.secrets import Values
from components.core.settings import StackSettings
from components.core.target import Target
from components.model.alerts import Alert, alerts_of
from components.model.image import Build
from components.model.network import Network
from components.model.problems import Problem
from components.model.secret import Secret
from components.model.system import System
from components.model.volume import FileVolume
from components.targets.docker import images, kept_data, released
from components.targets.docker.checks import ROOT
from components.targets.docker.foundation import Foundation
from components.targets.docker.image_names import SCHEDULER
from components.targets.docker.ready import Check, Ready


class DockerTarget(Target):
    """Local Docker.

    `project` and `stack` name what is made (default: the Pulumi program's own); `network` is the system's network;
    `settings` decide free or fixed ports, hot reload and secrets; `alerts` are what Prometheus watches for; paths in
    descriptions are relative to `root` (default: the current folder). The env file is `.env` in `root`.
    """

    name = "docker"

    def __init__(
        self,
        project: str | None = None,
        stack: str | None = None,
        *,
        network: Network | None = None,
        settings: StackSettings | None = None,
        alerts: Sequence[Alert] = (),
        root: Path | None = None,
    ) -> None:
        self.names = Names(project or pulumi.get_project(), stack or pulumi.get_stack())
        self.network = network or Network()
        self.settings = settings or StackSettings(system="none")
        self.alerts = alerts
        self.root = root or Path.cwd()
        self.taken_ports: set[int] = set()
        self.last_checks: list[Check] = []
        """Health checks that nothing waits for: one gate at the end of the update sees to them all."""
        self._foundation: Foundation | None = None
        self._images: dict[object, docker.RemoteImage] = {}
        self._tags: dict[Build, str] = {}
        self._volumes: dict[int, docker.Volume] = {}
        self._values = Values(self.settings, self.root)

    @classmethod
    def create(cls, system: System, settings: StackSettings) -> DockerTarget:
        return cls(network=system.network, settings=settings, alerts=alerts_of(system), root=ROOT)

    def found(self, opts: pulumi.ResourceOptions | None = None) -> Foundation:
        if self._foundation is None:
            self._foundation = Foundation(self.names, self.network, opts)
        return self._foundation

    def providers(self) -> Mapping[str, pulumi.ProviderResource]:
        return {"docker": self.found().provider}

    def objections(self, system: System) -> Iterable[Problem]:
        yield from kept_data.unclaimed(system, self.names)
        yield from released.gone(system, self.settings.release, self.names, self.root)

    def finish(self, system: System, bound: Mapping[str, Bound]) -> Sequence[pulumi.Resource]:
        if not self.last_checks:
            return ()
        return (Ready("ready", self.last_checks, pulumi.ResourceOptions(parent=self.found())),)

    def secret(self, secret: Secret) -> pulumi.Output[str]:
        return self._values.of(secret, self.found())

    def image(self, image: Build | str, otherwise: str | None = None) -> docker.RemoteImage:
        """The image resource that everyone who runs this image shares; `otherwise` is advice where it cannot be had."""
        foundation = self.found()
        key: object = image if isinstance(image, str) else (image.tag is not None, self.tag(image))
        if key not in self._images:
            self._images[key] = (
                images.pulled(image, foundation.child(), otherwise)
                if isinstance(image, str)
                else images.built(self.names.project, self.root, image, self.tag(image), foundation.child())
            )
        return self._images[key]

    def scheduler(self) -> docker.RemoteImage:
        """The image that holds the program which starts jobs by the clock; built when the first schedule asks."""
        if SCHEDULER not in self._images:
            self._images[SCHEDULER] = images.built(
                self.names.project, self.root, SCHEDULER, self.tag(SCHEDULER), self.found().child(), "scheduler"
            )
        return self._images[SCHEDULER]

    def tag(self, image: Build | str) -> str:
        """What a release records of an image: a build's tag, or the reference of one in a registry."""
        if isinstance(image, str):
            return image
        if image not in self._tags:
            self._tags[image] = images.tag_of(self.root, image)
        return self._tags[image]

    def volume(self, volume: FileVolume) -> docker.Volume:
        """The volume resource that everyone who mounts this volume shares."""
        if id(volume) not in self._volumes:
            self._volumes[id(volume)] = self.found().volume(volume)
        return self._volumes[id(volume)]


TARGET = DockerTarget
