"""What AWS cannot do, found before any resource exists. Pure: imports neither Pulumi nor an SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from components.core.naming import Names
from components.core.settings import StackSettings
from components.model import cron
from components.model.described import Described, label
from components.model.gateway import Gateway
from components.model.image import Build
from components.model.object_store import ObjectStore
from components.model.postgres import Postgres
from components.model.problems import Problem
from components.model.rabbitmq import RabbitMQ
from components.model.redis import Redis
from components.model.schedule import Schedule
from components.model.service import Service, Workload
from components.model.system import System
from components.model.task import Task
from components.model.volume import FileVolume
from components.targets.aws import cache_sizes, fargate, hosts, names, owners, placing, times, written
from components.targets.aws.options import PostgresOptions, RedisOptions, options_of
from components.targets.aws.settings import AwsSettings, Chosen, Nat
from components.targets.aws.subnets import wrong_cidr

ROOT = Path(__file__).resolve().parents[3]
"""The project's root: paths in a description are relative to it."""
BALANCED = 32 - len("-targets-1234567")
"""Characters that the name of a service behind the gateway may have: a target group's name has 32."""
MOST_TARGETS = 99
"""Routes of one listener (quota: 100 rules, one of them the default)."""
PASSWORDS: tuple[tuple[type[Postgres | Redis | RabbitMQ], str, int], ...] = (
    (Postgres, "RDS", 8), (Redis, "ElastiCache", 16), (RabbitMQ, "Amazon MQ", 12),
)  # fmt: skip
"""Who refuses passwords with fewer characters."""
LENGTHS: tuple[tuple[type[Redis | RabbitMQ], str, int], ...] = (
    (Redis, "ElastiCache", 40), (RabbitMQ, "Amazon MQ", 50),
)  # fmt: skip
"""Who takes names of how many characters at most."""
RATE_MINUTES = 5
"""The window in which WAF counts the requests of a client."""
LEAST_RATE = 20
"""Requests a minute: WAF limits no window to fewer than 100."""
RESERVED_USERS = frozenset({"admin", "rdsadmin", "root", "master"})


def problems(system: System, settings: StackSettings) -> Iterator[Problem]:
    """Every problem of a resolved system on AWS."""
    own = settings.own
    if isinstance(own, AwsSettings):
        yield from _stack(own, Chosen.of(settings).nat)
        yield from placing.problems(system, settings)
    if settings.names is not None:
        yield from names.problems(settings.names)
    yield from _shared_data(system)
    for service in system.services():
        yield from _sizes(service, settings)
        yield from _names(service, system)
        yield from _lengths(service, settings.names)
        yield from _kinds(service, settings)
        yield from _passwords(service, settings)


def _stack(own: AwsSettings, nat: Nat) -> Iterator[Problem]:
    wrong = wrong_cidr(own.cidr)
    if wrong:
        yield Problem("settings", "strata:aws.cidr", wrong)
    if own.zone and not own.domain:
        yield Problem("settings", "strata:aws.zone", "given without domain; say which name in it the gateway has")
    if own.domain and not own.zone and not own.certificate:
        text = "given without zone or certificate; one of them proves that the domain is yours"
        yield Problem("settings", "strata:aws.domain", text)
    if own.domain and own.zone and own.domain != own.zone and not own.domain.endswith(f".{own.zone}"):
        yield Problem("settings", "strata:aws.domain", f"given {own.domain!r}; it is not in the zone {own.zone!r}")
    if own.budget is not None and own.notify is None:
        text = f"given {own.budget:g} without notify; say which e-mail address hears of it"
        yield Problem("settings", "strata:aws.budget", text)
    if nat != "none" and own.endpoints:
        text = f"given with nat={nat!r}; services go out by that, leave it out or set nat to 'none'"
        yield Problem("settings", "strata:aws.endpoints", text)


def _sizes(service: Described, settings: StackSettings) -> Iterator[Problem]:
    if isinstance(service, Workload) and not hosts.on_hosts(service, settings):
        try:
            fargate.plan(service.cpus, service.memory)
        except ValueError as wrong:
            yield Problem(label(service), "memory" if service.memory else "cpus", str(wrong))
    if isinstance(service, Redis) and service.variant is None:
        try:
            cache_sizes.plan(service.maxmemory)
        except ValueError as wrong:
            yield Problem(label(service), "maxmemory", str(wrong))


def _names(service: Described, system: System) -> Iterator[Problem]:
    balanced = system.gateway is not None and system.gateway.variant is None
    routed = system.gateway.routes.values() if system.gateway and balanced else ()
    if any(one is service for one in routed) and len(service.name) > BALANCED:
        text = f"given {service.name!r}; a service behind the gateway has at most {BALANCED} characters on AWS"
        yield Problem(label(service), "name", text)
    if any(one is service for one in routed) and "_" in service.name:
        text = f"given {service.name!r}; a service behind the gateway has no underscore in its name on AWS, use '-'"
        yield Problem(label(service), "name", text)
    scale = service.scale if isinstance(service, Service) else None
    if scale is not None and scale.requests and not any(one is service for one in routed):
        text = f"given {scale.requests}; the load balancer counts requests, and "
        text += "no route leads to it" if balanced or system.gateway is None else "a gateway in a container counts none"
        yield Problem(label(service), "scale.requests", text)
    if isinstance(service, Postgres) and service.variant is None and service.user in RESERVED_USERS:
        yield Problem(label(service), "user", f"given {service.user!r}, which RDS keeps for itself; choose another")
    if isinstance(service, Gateway) and service.variant is None and service.rate and service.rate < LEAST_RATE:
        text = f"given {service.rate}; allowed on AWS is {LEAST_RATE} or more, its firewall knows no lower limit"
        yield Problem(label(service), "rate", text)
    if isinstance(service, Gateway) and service.variant is None and len(service.routes) > MOST_TARGETS:
        text = f"given {len(service.routes)} routes; one load balancer has at most {MOST_TARGETS}"
        yield Problem(label(service), "routes", text)


def _lengths(service: Described, names: Names | None) -> Iterator[Problem]:
    """Names that AWS has to be given whole, since what is called by them cannot have another's beside it."""
    for kind, who, most in LENGTHS:
        if names is not None and isinstance(service, kind) and service.variant is None:
            name = names.full(service.first_name)
            wrong = "" if re.fullmatch(r"[a-z](-?[a-z0-9])*", name) else "small letters, digits and single hyphens"
            wrong = wrong or (f"{most} characters" if len(name) > most else "")
            if wrong:
                text = f"makes {name!r}, with the project and the stack before it; {who} takes {wrong}"
                yield Problem(label(service), "name", text)


def _kinds(service: Described, settings: StackSettings) -> Iterator[Problem]:
    if isinstance(service, Workload) and isinstance(service.image, Build) and service.image.tag is None:
        context = ROOT / service.image.context
        if not context.is_dir():
            yield Problem(label(service), "image.context", f"given {service.image.context!r}; there is no such folder")
    if isinstance(service, Schedule):
        try:
            times.expression(cron.parse(service.cron))
        except ValueError as wrong:
            yield Problem(label(service), "cron", f"given {service.cron!r}; {wrong}")
    if isinstance(service, Service | Task | Schedule):
        for mount in service.volumes:
            folder = mount.source if isinstance(mount.source, str) else mount.source.bind
            if folder is not None:
                text = f"given the folder {folder!r}; AWS has no folder of yours, use a FileVolume without bind"
                yield Problem(label(service), "volumes", text)
    if isinstance(service, FileVolume) and service.bind is not None:
        text = f"given {service.bind!r}; AWS has no folder of yours, leave bind out"
        yield Problem(label(service), "bind", text)
    if isinstance(service, Postgres) and service.variant is None:
        if service.init:
            text = "RDS runs no init scripts; run them as a Task that needs the database, or use another variant"
            yield Problem(label(service), "init", text)
        options = options_of(service, settings, PostgresOptions)
        if options.uid is not None:
            text = f"given {options.uid} for RDS, which keeps its files to itself; leave it out, or set variant to "
            yield Problem("settings", f"strata:services.{service.name}.uid", f"{text}container")
        if options.storage_limit < options.storage:
            text = f"given {options.storage_limit}; allowed is at least storage, {options.storage}"
            yield Problem("settings", f"strata:services.{service.name}.storage_limit", text)
    if isinstance(service, Gateway):
        yield from _gateway(service, settings)
    if isinstance(service, Postgres) and service.variant is not None:
        yield from _contained_postgres(service, settings)
    if isinstance(service, Redis) and service.variant is None:
        options = options_of(service, settings, RedisOptions)
        nodes = options.nodes
        if service.password is not None and not options.tls:
            text = "given off, and it has a password; ElastiCache takes one by TLS alone, leave tls on"
            yield Problem("settings", f"strata:services.{service.name}.tls", text)
        if nodes == 1 and settings.profile == "resilient":
            text = "given 1 with profile resilient, which promises to outlive the loss of a zone; give 2 or more"
            yield Problem("settings", f"strata:services.{service.name}.nodes", text)
    if isinstance(service, ObjectStore) and service.variant is None and service.image is not None:
        yield Problem(label(service), "image", f"given {service.image!r}; S3 itself has no image, leave it out")


def _gateway(gateway: Gateway, settings: StackSettings) -> Iterator[Problem]:
    for field, why in (("tls", "which speaks HTTPS alone"), ("capacity", "which runs on nothing of yours")):
        if gateway.variant is None and field in settings.services.get(gateway.name, {}):
            text = f"given for the load balancer, {why}; leave it out, or set variant to container"
            yield Problem("settings", f"strata:services.{gateway.name}.{field}", text)
    if gateway.variant is not None and isinstance(settings.own, AwsSettings) and settings.own.certificate:
        text = (
            f"given with {gateway.name} as a container: ACM keeps the key, nginx cannot use it; leave one of them out"
        )
        yield Problem("settings", "strata:aws.certificate", text)


def _contained_postgres(database: Postgres, settings: StackSettings) -> Iterator[Problem]:
    gone = [path for path in database.init if not (ROOT / path).is_file()]
    for path in gone:
        yield Problem(label(database), "init", f"given {path!r}; there is no such file")
    size = 0 if gone else sum((ROOT / path).stat().st_size for path in database.init)
    if size > written.MOST:
        text = f"its files have {size} bytes; a container on ECS takes {written.MOST}, load more than that by a Task"
        yield Problem(label(database), "init", text)
    for field in sorted({*settings.services.get(database.name, {})} & {*PostgresOptions.model_fields} - {"uid"}):
        text = f"given with variant {database.variant!r}; only RDS knows it, leave it out"
        yield Problem("settings", f"strata:services.{database.name}.{field}", text)

    image, given = owners.image_of(database), options_of(database, settings, PostgresOptions).uid
    if given is not None and owners.official(image) and given != owners.user_of(image):
        text = f"given {given}; {image} runs as {owners.user_of(image)} and refuses data of another user, leave it out"
        yield Problem("settings", f"strata:services.{database.name}.uid", text)


def _shared_data(system: System) -> Iterator[Problem]:
    """A volume is one user's on AWS, and a database refuses one that is not its own."""
    held = {id(one.volume): one for one in system.services() if isinstance(one, Postgres) and one.variant is not None}
    for service in system.services():
        mounts = service.volumes if isinstance(service, Workload) else ()
        for mount in mounts:
            if isinstance(mount.source, FileVolume) and (database := held.get(id(mount.source))) is not None:
                text = (
                    f"given {mount.source.name!r}, which holds the data of {database.name}; on AWS all who mount a "
                    "volume are one user, and a database's must be its own, use another volume"
                )
                yield Problem(label(service), "volumes", text)


def _passwords(service: Described, settings: StackSettings) -> Iterator[Problem]:
    for kind, who, least in PASSWORDS:
        if not isinstance(service, kind) or service.variant is not None or service.password is None:
            continue
        name, given = service.password.name, settings.secrets.get(service.password.name)
        default = service.password.default if settings.defaults else None
        value = given.get_secret_value() if given else default
        if value is not None and len(value) < least:
            what = "the value given" if given else "its development default"
            text = f"{what} has {len(value)} characters, {who} wants {least} or more; set strata:secrets.{name}"
            yield Problem(label(service), "password", text)
