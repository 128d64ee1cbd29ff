"""The AWS target."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.core.bound import Bound
from components.core.naming import Names
from components.core.secrets import Values
from components.core.settings import StackSettings
from components.core.target import Target
from components.model.alerts import Alert, alerts_of
from components.model.described import Described
from components.model.gateway import Gateway
from components.model.image import Build
from components.model.problems import Problem
from components.model.secret import Secret
from components.model.service import Workload
from components.model.system import System
from components.model.volume import Backup
from components.targets.aws import backup, images, released
from components.targets.aws.api import refused
from components.targets.aws.bound import Stored
from components.targets.aws.buckets import Made, bucket
from components.targets.aws.checks import ROOT
from components.targets.aws.edge import Edge
from components.targets.aws.files import Files
from components.targets.aws.fleet import Fleet
from components.targets.aws.foundation import Foundation
from components.targets.aws.hosts import on_hosts, planned, running
from components.targets.aws.kept_certificate import pem
from components.targets.aws.options import GatewayOptions, O, options_of
from components.targets.aws.settings import Chosen
from components.targets.aws.tags import tagged
from components.targets.aws.watch import Watch


def read_by_containers(system: System) -> Iterator[Secret]:
    """The declared secrets that a container is given: a data service of AWS's own keeps its password to itself."""
    given = [secret for one in running(system) if isinstance(one, Workload) for secret in one.secrets.values()]
    own = [password for one in running(system) if (password := getattr(one, "password", None)) is not None]
    yield from {id(secret): secret for secret in (*given, *own)}.values()


class AwsTarget(Target):
    """AWS, in the account and with the credentials that the AWS SDKs find.

    `settings` hold `strata:aws` (its region is required); `project` and `stack` name what is made (default: the Pulumi
    program's own); `gateway` leads to the services that are made with it; `files` is the backup class of the file
    system that all volumes share (default: not backed up); `together` are secrets that one of Secrets Manager's holds
    (default: each has its own); `alerts` are what Prometheus watches for; paths in descriptions are relative to `root`
    (default: the current folder). EC2 instances are of the type that the settings name; `create` finds the type itself.
    """

    name = "aws"

    def __init__(
        self,
        settings: StackSettings,
        project: str | None = None,
        stack: str | None = None,
        *,
        gateway: Gateway | None = None,
        files: Backup | None = None,
        together: Sequence[Secret] = (),
        alerts: Sequence[Alert] = (),
        root: Path | None = None,
    ) -> None:
        self.names = Names(project or pulumi.get_project(), stack or pulumi.get_stack())
        self.settings = settings
        self.chosen = Chosen.of(settings)
        self.gateway = gateway
        self.alerts = alerts
        self._files_class: Backup | None = files
        self.together = together
        self.hosts = planned(None, settings, gateway)
        self.root = root or Path.cwd()
        self._foundation: Foundation | None = None
        self._files: Files | None = None
        self._edge: Edge | None = None
        self._log_bucket: Made | None = None
        self._images: dict[str, pulumi.Output[str]] = {}
        self._tags: dict[Build, str] = {}
        self._repositories: dict[str, aws.ecr.Repository] = {}
        self._values = Values(self.settings, self.root)
        self._stored: dict[int, Stored] = {}

    @classmethod
    def create(cls, system: System, settings: StackSettings) -> AwsTarget:
        files, alerts = backup.class_of_files(system), alerts_of(system)
        together = tuple(read_by_containers(system)) if Chosen.of(settings).profile.one_secret else ()
        made = cls(settings, gateway=system.gateway, files=files, together=together, alerts=alerts, root=ROOT)
        made.hosts = planned(system, settings)  # None where nothing runs on any, even if the settings name a type.
        return made

    def found(self, opts: pulumi.ResourceOptions | None = None) -> Foundation:
        if self._foundation is None:
            self._foundation = Foundation(self.names, self.chosen, self.hosts, opts)
        return self._foundation

    def providers(self) -> Mapping[str, pulumi.ProviderResource]:
        return {"aws": self.found().provider}

    def node_options(self, service: Described) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            transformations=[*backup.marked(backup.class_of(service)), tagged(service.name, service.TIER)]
        )

    def objections(self, system: System) -> Iterable[Problem]:
        yield from images.not_buildable(system, self.chosen)
        yield from released.gone(system, self.settings.release, self.names, self.chosen)

    def unreachable(self) -> str | None:
        return refused(self.chosen.where())

    def finish(self, system: System, bound: Mapping[str, Bound]) -> Sequence[pulumi.Resource]:
        opts = self.found().child(transformations=[tagged("watch", "monitoring")])
        Watch(self, system, bound, self._edge, opts)
        return ()

    def options(self, service: Described, kind: type[O]) -> O:
        """What the stack's settings say about a service that only AWS knows."""
        return options_of(service, self.settings, kind)

    def on_hosts(self, service: Described) -> bool:
        """Whether a service's tasks run on EC2."""
        return on_hosts(service, self.settings)

    def fleet_of(self, service: Described) -> Fleet | None:
        """The EC2 instances that a service's tasks run on; None on Fargate. Raises TypeError where there are none."""
        if not self.on_hosts(service):
            return None
        fleet = self.found().fleet
        if fleet is None:
            raise TypeError(f"{service.name} is to run on EC2; without a System strata:aws.hosts has to name the type")
        return fleet

    def shares_host(self, service: Described) -> bool:
        """Whether a service's tasks have the address and the security group of the one host that holds everything."""
        return self.chosen.bridge and self.on_hosts(service)

    def capacity_of(self, service: Described, spot: bool) -> pulumi.Input[str]:
        """The capacity provider of a service's tasks; `spot` is for those on Fargate."""
        fleet = self.fleet_of(service)
        return fleet.provider.name if fleet else "FARGATE_SPOT" if spot else "FARGATE"

    def port_of(self, service: str, port: int | None) -> int | None:
        """Where others reach what listens on a port of its container: on a shared host at one of the host's."""
        return self.hosts.ports.get(service, port) if self.hosts is not None and port is not None else port

    def secret(self, secret: Secret) -> pulumi.Output[str]:
        return self._values.of(secret, self.found())

    def stored(self, secret: Secret) -> Stored:
        """The Secrets Manager secret that holds a declared secret; one for everyone who asks, or for all of them."""
        if any(one is secret for one in self.together):
            return dataclasses.replace(self._declared, key=secret.name)
        if id(secret) not in self._stored:
            self._stored[id(secret)] = self.store(secret.name, self.secret(secret), self.found().child())
        return self._stored[id(secret)]

    @functools.cached_property
    def _declared(self) -> Stored:
        """All of `together` in one, and with them the certificate of a gateway that is a container."""
        values = {one.name: self.secret(one) for one in self.together} | self._certificate()
        text = pulumi.Output.secret(values).apply(lambda known: json.dumps(known, sort_keys=True))
        return self.store("declared", text, self.found().child())

    def _certificate(self) -> dict[str, pulumi.Output[str]]:
        """The gateway's, by the keys that its container wants, in capitals, which no declared secret's name has."""
        door = self.gateway
        if door is None or door.variant is None or self.options(door, GatewayOptions).tls == "off":
            return {}
        host = self.chosen.own.domain or f"{door.name}.{self.found().domain}"
        return pem(f"{door.name}-certificate", host, self.found().child())

    def door_certificate(self) -> Stored | None:
        """Where the gateway's certificate is kept with the declared secrets; None where it is by itself."""
        return self._declared if self.together else None

    def store(self, name: str, value: pulumi.Input[str], opts: pulumi.ResourceOptions) -> Stored:
        """Put a value into Secrets Manager."""
        made = aws.secretsmanager.Secret(
            f"{name}-secret",
            name_prefix=f"{self.names.project}/{self.names.stack}/{name}-",
            kms_key_id=self.found().key.arn,
            recovery_window_in_days=30 if self.chosen.protection else 0,
            opts=opts,
        )
        version = aws.secretsmanager.SecretVersion(
            f"{name}-secret-value",
            secret_id=made.id,
            secret_string=pulumi.Output.secret(value),
            opts=pulumi.ResourceOptions(parent=made),
        )
        return Stored(made.arn, version.version_id)

    def files(self) -> Files:
        """The stack's file system, made when the first volume is asked for."""
        if self._files is None:
            self._files = Files(self, self.found().child(transformations=backup.marked(self._files_class)))
        return self._files

    def log_bucket(self) -> pulumi.Output[str]:
        """The name of the bucket that requests are logged to, made when the first one asks."""
        if self._log_bucket is None:
            account = self.found().account
            self._log_bucket = bucket(
                "logs", f"{self.names.project}-{self.names.stack}"[:31] + "-logs-", self.found().child(), key=None,
                keep_days=1, expire_days=self.chosen.log_days, force_destroy=not self.chosen.protection,
                statements=[
                    {
                        "Sid": service.partition(".")[0], "Effect": "Allow", "Principal": {"Service": service},
                        "Action": "s3:PutObject", "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                    }
                    for service in ("logging.s3.amazonaws.com", "logdelivery.elasticloadbalancing.amazonaws.com")
                ],
            )  # fmt: skip
        return self._log_bucket.policy.bucket

    def is_balanced(self, service: Described) -> bool:
        """Whether the load balancer leads to a service: a gateway that is a container has none."""
        routes = self.gateway.routes.values() if self.gateway and self.gateway.variant is None else ()
        return any(one.name == service.name for one in routes)

    def edge(self) -> Edge:
        """The load balancer, made when the first service behind it asks. Raises TypeError without a gateway."""
        if self._edge is None:
            if self.gateway is None:
                raise TypeError("the target was made without a gateway")
            self._edge = Edge(self, self.gateway, self.found().child())
        return self._edge

    def repository(self, build: Build) -> aws.ecr.Repository:
        """The repository of a build; one for all builds of a folder."""
        name = images.repository_of(build)
        if name not in self._repositories:
            self._repositories[name] = images.repository(self, build)
        return self._repositories[name]

    def image(self, image: Build | str) -> pulumi.Input[str]:
        """What a task definition runs: a registry's image as it is, a build under its content tag, pushed."""
        if isinstance(image, str):
            return image
        key = images.repository_of(image)
        tag = self.tag(image)
        if f"{key}:{tag}" not in self._images:
            self._images[f"{key}:{tag}"] = images.published(self, image, tag)
        return self._images[f"{key}:{tag}"]

    def tag(self, image: Build | str) -> str:
        """What a release records of an image: a build's tag, or the reference of one in a registry."""
        if isinstance(image, str):
            return image
        if image not in self._tags:
            self._tags[image] = images.tag_of(self.root, image, self.chosen)
        return self._tags[image]


TARGET = AwsTarget
