"""Files that outlive a task: one encrypted EFS file system for a stack, an access point for each volume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from components.core.target import Needs
from components.model.service import Workload
from components.model.volume import FileVolume
from components.targets.aws import iam
from components.targets.aws.containers import volume_name
from components.targets.aws.owners import OWNER
from components.targets.aws.security import between

if TYPE_CHECKING:
    from components.targets.aws.fleet import Fleet
    from components.targets.aws.target import AwsTarget

PORT = 2049


@dataclass(frozen=True)
class AccessPoint:
    """A volume's own root in the file system, and what a task's role needs to mount it."""

    point: aws.efs.AccessPoint
    statement: Mapping[str, Any]


class Files(pulumi.ComponentResource):
    """The file system, made when the first volume is asked for."""

    def __init__(self, target: AwsTarget, opts: pulumi.ResourceOptions) -> None:
        super().__init__("strata:aws:Files", "files", None, opts)
        self.target = target
        foundation = target.found()
        inside = pulumi.ResourceOptions(parent=self)
        self.system = aws.efs.FileSystem(
            "files-system", encrypted=True, kms_key_id=foundation.key.arn, throughput_mode="elastic",
            lifecycle_policies=[aws.efs.FileSystemLifecyclePolicyArgs(transition_to_ia="AFTER_30_DAYS")],
            opts=pulumi.ResourceOptions(parent=self, protect=target.chosen.protection),
        )  # fmt: skip
        self.group = aws.ec2.SecurityGroup(
            "files-group", vpc_id=foundation.network.vpc.id, description=f"{target.names.owner} files",
            revoke_rules_on_delete=True, opts=inside,
        )  # fmt: skip
        self.places = [
            aws.efs.MountTarget(
                f"files-{zone}", file_system_id=self.system.id, subnet_id=subnet, security_groups=[self.group.id],
                opts=inside,
            )
            for zone, subnet in enumerate(foundation.data_subnets())
        ]  # fmt: skip
        self._points: dict[int, AccessPoint] = {}
        self._by_hosts: list[pulumi.Resource] = []
        self.register_outputs({"id": self.system.id})

    def access_point(self, volume: FileVolume, owner: int = OWNER) -> AccessPoint:
        """A volume's access point; the same for everyone who mounts it, and the first who asks says whose it is."""
        if id(volume) not in self._points:
            point = aws.efs.AccessPoint(
                f"{volume.name}-access", file_system_id=self.system.id,
                posix_user=aws.efs.AccessPointPosixUserArgs(uid=owner, gid=owner),
                root_directory=aws.efs.AccessPointRootDirectoryArgs(
                    path=f"/{volume.first_name}",
                    creation_info=aws.efs.AccessPointRootDirectoryCreationInfoArgs(
                        owner_uid=owner, owner_gid=owner, permissions="0755"
                    ),
                ),
                opts=pulumi.ResourceOptions(
                    parent=self, depends_on=list(self.places),
                    aliases=[pulumi.Alias(name=f"{old}-access") for old in volume.formerly],
                ),
            )  # fmt: skip
            granted = iam.allow(
                ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], [self.system.arn],
                StringEquals={"elasticfilesystem:AccessPointArn": point.arn},
            )  # fmt: skip
            self._points[id(volume)] = AccessPoint(point, granted)
        return self._points[id(volume)]

    def connect(
        self, service: Workload, group: pulumi.Input[str], needs: Needs, fleet: Fleet | None
    ) -> list[pulumi.Resource]:
        """Let a service that mounts a volume reach the file system. On EC2 the host mounts it, by its own address."""
        if fleet is None:
            ends = (service.name, group), ("files", self.group.id)
            return between(*ends, PORT, f"{service.name} mounts files", needs.child())
        if not self._by_hosts:
            ends, opts = (("hosts", fleet.group.id), ("files", self.group.id)), pulumi.ResourceOptions(parent=self)
            self._by_hosts = between(*ends, PORT, "hosts mount files for tasks", opts)
        return self._by_hosts

    def task_volume(self, path: str, point: AccessPoint) -> aws.ecs.TaskDefinitionVolumeArgs:
        """A task definition's volume that is mounted at a path."""
        return aws.ecs.TaskDefinitionVolumeArgs(
            name=volume_name(path),
            efs_volume_configuration=aws.ecs.TaskDefinitionVolumeEfsVolumeConfigurationArgs(
                file_system_id=self.system.id, transit_encryption="ENABLED",
                authorization_config=aws.ecs.TaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfigArgs(
                    access_point_id=point.point.id, iam="ENABLED"
                ),
            ),
        )  # fmt: skip
