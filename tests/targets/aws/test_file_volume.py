"""What a FileVolume becomes, and how it is mounted."""

from __future__ import annotations

from strata import FileVolume, Mount, Service, Task
from tests.targets.aws.stage import ISOLATED, KEY, arn, containers, inputs, put, statements


def test_a_file_volume_is_an_access_point_of_the_stacks_one_file_system() -> None:
    shared, own = FileVolume("shared", formerly=["first", "second"]), FileVolume("own")
    task = Task("load", image="a:1", volumes=[Mount(shared, "/data")])
    api = Service("api", image="a:1", volumes=[Mount(shared, "/data", read_only=True), Mount(own, "/var/own_x")])
    ran = put(shared, task, api, protection=True)
    assert [one.name for one in ran.of("FileSystem")] == ["files-system"] and ran["files-system"].protect
    assert inputs(ran["files-system"]) == {
        "encrypted": True, "kmsKeyId": KEY, "throughputMode": "elastic",
        "lifecyclePolicies": [{"transitionToIa": "AFTER_30_DAYS"}],
    }  # fmt: skip
    assert [(one.name, one["subnetId"], one["securityGroups"]) for one in ran.of("MountTarget")] == [
        (f"files-{zone}", subnet, ["files-group-id"]) for zone, subnet in enumerate(ISOLATED)
    ]
    owner = {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0755"}
    assert sorted(one.name for one in ran.of("AccessPoint")) == ["own-access", "shared-access"]
    assert inputs(ran["shared-access"]) == {
        "fileSystemId": "files-system-id", "posixUser": {"uid": 1000, "gid": 1000},
        "rootDirectory": {"path": "/first", "creationInfo": owner},
    }  # fmt: skip
    assert ran["shared-access"].aliases == ("first-access", "second-access")
    assert {"files-0", "files-1"} <= ran.awaited("shared-access")
    assert ran["api-task"]["volumes"] == [
        {
            "name": name,
            "efsVolumeConfiguration": {
                "fileSystemId": "files-system-id", "transitEncryption": "ENABLED",
                "authorizationConfig": {"accessPointId": point, "iam": "ENABLED"},
            },
        }
        for name, point in (("efs-data", "shared-access-id"), ("efs-var-own-x", "own-access-id"))
    ]  # fmt: skip
    assert containers(ran["api-task"])["api"]["mountPoints"] == [
        {"sourceVolume": "efs-data", "containerPath": "/data", "readOnly": True},
        {"sourceVolume": "efs-var-own-x", "containerPath": "/var/own_x", "readOnly": False},
    ]
    files = arn("efs", "FileSystem/files-system")
    assert statements(ran["load-role-policy"]) == [{
        "Effect": "Allow", "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        "Resource": [files],
        "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": arn("efs", "AccessPoint/shared-access")}},
    }]  # fmt: skip
    assert {"load-to-files", "load-into-files"} <= ran.awaited("load-run")


def test_a_volume_that_nobody_mounts_is_kept_all_the_same() -> None:
    ran = put(FileVolume("kept"))
    assert ran["kept-access"]["rootDirectory"]["path"] == "/kept"
