"""What a stack's containers stand on: the daemon's provider, the network, volumes, images and secrets."""

from __future__ import annotations

import pulumi
import pulumi_docker as docker

from components.core.naming import Names
from components.model.network import Network
from components.model.volume import FileVolume
from components.targets.docker import daemon
from components.targets.docker.leftovers import Hooks


class Foundation(pulumi.ComponentResource):
    """The provider and the network of a stack, made once for each target."""

    def __init__(self, names: Names, network: Network, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("strata:index:Foundation", "foundation", None, opts)
        self.names = names
        self.hooks = Hooks()
        self.provider = docker.Provider("docker", host=daemon.host(), opts=pulumi.ResourceOptions(parent=self))
        self.network = docker.Network(
            "network",
            name=network.physical_name or names.of(network.name),
            driver="bridge",
            ipam_configs=[docker.NetworkIpamConfigArgs(subnet=network.subnet)] if network.subnet else None,
            labels=[docker.NetworkLabelArgs(label=daemon.STACK_LABEL, value=names.owner)],
            opts=self.child(hooks=self.hooks.network, delete_before_replace=True),
        )
        self.register_outputs({"network": self.network.name})

    def child(self, **options: object) -> pulumi.ResourceOptions:
        """Options of a resource that belongs to the foundation."""
        return pulumi.ResourceOptions(parent=self, provider=self.provider, **options)  # pyright: ignore[reportArgumentType]

    def volume(self, volume: FileVolume) -> docker.Volume:
        """A volume; its physical name is that of its oldest name, so that a rename keeps the data.

        Docker cannot change a volume's labels: another backup class would replace it, and deleting the old one of the
        same name would delete the data.
        """
        return docker.Volume(
            f"{volume.name}-volume",
            name=self.names.kept(volume),
            labels=[
                docker.VolumeLabelArgs(label=daemon.STACK_LABEL, value=self.names.owner),
                docker.VolumeLabelArgs(label=daemon.BACKUP_LABEL, value=volume.backup),
            ],
            opts=self.child(
                hooks=self.hooks.volume,
                ignore_changes=["labels"],
                aliases=[pulumi.Alias(name=f"{old}-volume") for old in volume.formerly],
            ),
        )
