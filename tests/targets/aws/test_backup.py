"""Backups: what is tagged with which class, the plans of the classes that there are, and what they select."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.targets.aws.backup import class_of_files, classes_in, key_policy
from strata import Bucket, FileVolume, Mount, ObjectStore, Postgres, Redis, Service
from tests.ran import Made, Ran
from tests.targets.aws.stage import ACCOUNT, KEY, put
from tests.targets.docker.stage import system_of

db = Postgres("db")
scratch = Postgres("scratch", volume=FileVolume("scratch-data", backup="recreatable"))
files = ObjectStore("files", buckets=[Bucket("uploads"), Bucket("public", public=True)])
TAG = "strata:backup"


def disk(name: str, backup: Any) -> Service:
    return Service(f"uses-{name}", image="a:1", volumes=[Mount(FileVolume(name, backup=backup), "/data")])


def classes(ran: Ran) -> dict[str, str]:
    """The resources that have a class, by their names."""
    return {one.name: one["tags"][TAG] for one in ran.made if TAG in (one.get("tags") or {})}


def test_whatever_holds_data_has_the_class_of_its_volume() -> None:
    ran = put(db, scratch, files, disk("disk", "important"))
    assert classes(ran) == {
        "db-instance": "critical", "scratch-instance": "recreatable", "files-uploads-bucket": "critical",
        "files-public-bucket": "critical", "files-system": "important",
    }  # fmt: skip
    assert ran["db-instance"]["tags"]["service"] == "db", "the class comes beside the other tags"


def test_a_copy_is_not_copied() -> None:
    ran = put(db, services={"db": {"read_replicas": 2}})
    assert len(ran.of("aws:rds/instance:Instance")) == 3
    assert classes(ran) == {"db-instance": "critical"}


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (["recreatable", "critical", "important"], "critical"), (["recreatable", "important"], "important"),
        (["recreatable"], "recreatable"), ([], None),
    ],
)  # fmt: skip
def test_the_highest_class_of_a_shared_file_system_wins(held: list[str], expected: str | None) -> None:
    system = system_of(db, *(disk(f"disk-{number}", one) for number, one in enumerate(held)))
    assert class_of_files(system) == expected, "a database's own volume is not in the file system"
    assert class_of_files(system_of(*(FileVolume(f"v{n}", backup=one) for n, one in enumerate(held)))) == expected


def test_a_data_service_in_a_container_keeps_its_data_in_files() -> None:
    kept = Redis("cache", variant="container", persistence="aof")
    assert class_of_files(system_of(kept)) == "important" and class_of_files(system_of(Redis("cache"))) is None
    assert classes(put(kept)) == {"files-system": "important"}


def plan(made: Made) -> tuple[str, int]:
    (rule,) = made["rules"]
    assert rule["targetVaultName"] == "shop-prod"
    return rule["schedule"], rule["lifecycle"]["deleteAfter"]


@pytest.mark.parametrize(("profile", "days"), [("frugal", 7), ("standard", 35), ("resilient", 35)])
def test_critical_is_copied_daily_and_important_weekly(profile: str, days: int) -> None:
    ran = put(db, disk("disk", "important"), profile=profile)
    assert plan(ran["backup-critical"]) == ("cron(0 3 * * ? *)", days)
    assert plan(ran["backup-important"]) == ("cron(0 4 ? * SUN *)", 14)
    (rule,) = ran["backup-critical"]["rules"]
    assert rule["recoveryPointTags"]["strata:stack"] == "shop/prod" and rule["recoveryPointTags"][TAG] == "critical"


def test_only_classes_that_something_has_have_a_plan() -> None:
    ran = put(db)
    assert [one.name for one in ran.of("aws:backup/plan:Plan")] == ["backup-critical"]
    assert not [one for one in put(scratch, Redis("cache")).made if ":backup/" in one.type], "and no vault either"
    assert classes_in(system_of(db, disk("disk", "important"))) == ["critical", "important"]


def test_a_plan_copies_what_has_its_class_in_this_stack_alone() -> None:
    (selection,) = put(db).of("aws:backup/selection:Selection")
    assert selection["resources"] == ["*"]
    assert selection["conditions"] == [
        {
            "stringEquals": [
                {"key": "aws:ResourceTag/strata:backup", "value": "critical"},
                {"key": "aws:ResourceTag/strata:stack", "value": "shop/prod"},
            ]
        }
    ]
    assert selection.get("selectionTags") is None, "tags in there are an or: of every stack of the account"
    assert selection["planId"] == "backup-critical-id"


def policies(ran: Ran) -> list[str]:
    attached = ran.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    return sorted(one["policyArn"].removeprefix("arn:aws:iam::aws:policy/") for one in attached)


def test_the_role_has_awss_own_policies_and_those_of_buckets_where_there_are_some() -> None:
    general = [
        "service-role/AWSBackupServiceRolePolicyForBackup", "service-role/AWSBackupServiceRolePolicyForRestores",
    ]  # fmt: skip
    assert policies(put(db)) == general
    assert policies(put(db, files)) == [
        "AWSBackupServiceRolePolicyForS3Backup", "AWSBackupServiceRolePolicyForS3Restore", *general,
    ]  # fmt: skip
    trust = json.loads(put(db)["backup-role"]["assumeRolePolicy"])
    assert trust["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]


def test_the_vault_has_a_key_of_its_own() -> None:
    ran = put(db)
    vault, key = ran["backup-vault"], ran["backup-key"]
    assert vault["kmsKeyArn"].endswith("key/backup-key") and key["enableKeyRotation"] is True
    assert json.loads(key["policy"])["Statement"] == [
        {
            "Sid": "account", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*", "Resource": "*",
        }
    ]  # fmt: skip
    assert key["policy"] == key_policy(ACCOUNT)


def test_protection() -> None:
    kept, free = put(db, protection=True), put(db, protection=False)
    assert kept["backup-vault"].protect and kept["backup-key"].protect
    assert not free["backup-vault"].protect and not free["backup-key"].protect
    assert (kept["backup-vault"]["forceDestroy"], free["backup-vault"]["forceDestroy"]) == (False, True)
    assert (kept["backup-key"]["deletionWindowInDays"], free["backup-key"]["deletionWindowInDays"]) == (30, 7)


def test_parts_that_are_off() -> None:
    assert not [one for one in put(db, aws={"parts": {"backup": False}}).made if ":backup/" in one.type]
    ran = put(db, aws={"parts": {"backup_selection": False}})
    assert ran.of("aws:backup/plan:Plan") and not [one for one in ran.made if one.type.endswith(":Selection")]


def test_names_fit() -> None:
    ran = put(db, project="a-project-with-a-name-that-has-no-end", stack="a-stack-that-is-long-too")
    (selection,) = ran.of("aws:backup/selection:Selection")
    assert len(ran["backup-vault"]["name"]) <= 50 and len(selection["name"]) <= 50


def test_frugal_has_one_key_for_data_and_backups() -> None:
    ran = put(Postgres("db"), profile="frugal")
    assert ran["backup-vault"]["kmsKeyArn"] == KEY and "backup-key" not in ran
