"""AWS Backup: what is backed up how often and for how long, by the backup class of the volume that holds it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from components.model.described import Described
from components.model.monitoring import Grafana, Prometheus
from components.model.object_store import ObjectStore
from components.model.postgres import Postgres
from components.model.service import Workload
from components.model.system import System
from components.model.volume import Backup, FileVolume
from components.targets.aws import iam
from components.targets.aws.tags import Transformation, stack_tags

if TYPE_CHECKING:
    from components.targets.aws.target import AwsTarget

TAG = "strata:backup"
CLASSES: tuple[Backup, ...] = ("critical", "important", "recreatable")
"""The classes, the highest first."""
HOLDERS = (
    "aws:rds/instance:Instance", "aws:s3/bucket:Bucket", "aws:efs/fileSystem:FileSystem", "aws:ebs/volume:Volume",
)  # fmt: skip
"""Types of resources that hold data and that AWS Backup knows."""
POLICIES: Mapping[str, str] = {
    "backup": "service-role/AWSBackupServiceRolePolicyForBackup",
    "restore": "service-role/AWSBackupServiceRolePolicyForRestores",
}
"""AWS's own policies of those who make and restore copies."""
BUCKET_POLICIES: Mapping[str, str] = {
    "buckets-backup": "AWSBackupServiceRolePolicyForS3Backup",
    "buckets-restore": "AWSBackupServiceRolePolicyForS3Restore",
}
"""The same for buckets, which the general ones do not reach."""


@dataclass(frozen=True)
class Rule:
    """When copies of a class are made (UTC) and how many days each is kept."""

    schedule: str
    days: int


def rules(critical_days: int) -> Mapping[Backup, Rule]:
    """The rule of each class that is backed up at all."""
    return {
        "critical": Rule("cron(0 3 * * ? *)", critical_days),
        "important": Rule("cron(0 4 ? * SUN *)", 14),
    }


def class_of(service: Described) -> Backup | None:
    """The backup class of what a service holds; None for one that holds nothing."""
    volume: Any = service if isinstance(service, FileVolume) else getattr(service, "volume", None)
    return volume.backup if isinstance(volume, FileVolume) else None


def class_of_files(system: System) -> Backup | None:
    """The class of the one file system that all volumes of tasks share: the highest of theirs; None without any."""
    found = {volume.backup for volume in _in_files(system)}
    return next((one for one in CLASSES if one in found), None)


def _in_files(system: System) -> Iterator[FileVolume]:
    for service in system.services():
        if isinstance(service, FileVolume):
            yield service
        elif isinstance(service, Workload):
            yield from (mount.source for mount in service.volumes if isinstance(mount.source, FileVolume))
        elif isinstance(service, Prometheus | Grafana) or getattr(service, "variant", None) is not None:
            # Whatever else runs as a container keeps its data there too.
            own: Any = getattr(service, "volume", None)
            yield from (own,) if isinstance(own, FileVolume) else ()


def marked(kind: Backup | None) -> list[Transformation]:
    """A transformation that tags whatever holds data with its backup class; none without a class.

    A read replica is left out: it is a copy already.
    """

    def mark(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        props: Any = args.props
        if args.type_ not in HOLDERS or props.get("replicate_source_db") is not None:
            return None
        own: dict[str, str] = props["tags"] or {}
        return pulumi.ResourceTransformationResult({**props, "tags": {**own, TAG: kind}}, args.opts)

    return [mark] if kind else []


def classes_in(system: System) -> list[Backup]:
    """The classes that something in a system has on AWS, the highest first; those that are never backed up left out."""
    held = {class_of(service) for service in system.services() if _holds(service)} | {class_of_files(system)}
    return [one for one in CLASSES if one in held and one != "recreatable"]


def _holds(service: Described) -> bool:
    """Whether AWS Backup keeps copies of a service: ElastiCache and Amazon MQ make their own, or none."""
    return isinstance(service, Postgres | ObjectStore | FileVolume)


class Backups:
    """The vault, with a key of its own where the profile has one; a plan for each class that the system has, and what
    they back up."""

    def __init__(self, target: AwsTarget, system: System, opts: pulumi.ResourceOptions) -> None:
        self.target, self.opts = target, opts
        self.name = f"{target.names.project}-{target.names.stack}"
        protection = target.chosen.protection
        kept = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=protection))
        key = self._key(kept) if target.chosen.profile.backup_key else target.found().key
        self.vault = aws.backup.Vault(
            "backup-vault", name=self.name[:50], kms_key_arn=key.arn, force_destroy=not protection, opts=kept
        )
        self.plans: dict[Backup, aws.backup.Plan] = {one: self._plan(one) for one in classes_in(system)}
        role = self._role(any(isinstance(service, ObjectStore) for service in system.services()))
        if target.chosen.own.parts.backup_selection:
            for one, plan in self.plans.items():
                self._select(one, plan, role)

    def _key(self, opts: pulumi.ResourceOptions) -> aws.kms.Key:
        """Copies outlive the stack's own key: whoever may delete that cannot make them unreadable."""
        return aws.kms.Key(
            "backup-key", description=f"{self.target.names.owner}: backups", enable_key_rotation=True,
            deletion_window_in_days=30 if self.target.chosen.protection else 7,
            policy=self.target.found().account.apply(key_policy), opts=opts,
        )  # fmt: skip

    def _plan(self, kind: Backup) -> aws.backup.Plan:
        rule = rules(self.target.chosen.profile.critical_days)[kind]
        # The window to begin in stays AWS's 8 hours: RDS cannot be copied around its own maintenance.
        return aws.backup.Plan(
            f"backup-{kind}", name=f"{self.name}-{kind}",
            rules=[
                aws.backup.PlanRuleArgs(
                    rule_name=kind, target_vault_name=self.vault.name, schedule=rule.schedule,
                    lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=rule.days),
                    recovery_point_tags={**stack_tags(self.target.names, self.target.chosen), TAG: kind},
                )
            ],
            opts=self.opts,
        )  # fmt: skip

    def _role(self, buckets: bool) -> aws.iam.Role:
        made = iam.role("backup-role", "backup.amazonaws.com", [], self.opts, f"{self.name}-backup-").role
        for short, policy in {**POLICIES, **(BUCKET_POLICIES if buckets else {})}.items():
            aws.iam.RolePolicyAttachment(
                f"backup-role-{short}", role=made.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}", opts=self.opts
            )
        return made

    def _select(self, kind: Backup, plan: aws.backup.Plan, role: aws.iam.Role) -> None:
        """By tags: the class, and the stack, since other stacks of the account have the same classes."""
        tags = {TAG: kind, "strata:stack": self.target.names.owner}
        aws.backup.Selection(
            f"backup-{kind}-selection", name=f"{self.name}-{kind}"[:50], plan_id=plan.id, iam_role_arn=role.arn,
            resources=["*"],
            conditions=[
                aws.backup.SelectionConditionArgs(
                    string_equals=[
                        aws.backup.SelectionConditionStringEqualArgs(key=f"aws:ResourceTag/{key}", value=value)
                        for key, value in tags.items()
                    ]
                )
            ],
            opts=self.opts,
        )  # fmt: skip


def key_policy(account: str) -> str:
    """The vault's key is used by whoever the account's own IAM lets: AWS Backup by its role."""
    root = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Sid": "account", "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    return json.dumps(iam.document(statement), sort_keys=True)
