"""What is wrong with where a stack's services and Tasks are to run. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from components.core.settings import StackSettings
from components.model.described import Described, label
from components.model.gateway import Gateway
from components.model.monitoring import Grafana, Prometheus
from components.model.problems import Problem, listed
from components.model.schedule import Schedule
from components.model.service import Service, Workload
from components.model.system import System
from components.targets.aws import hosts
from components.targets.aws.options import PlacedOptions, ScheduleOptions, ServiceOptions, options_of
from components.targets.aws.settings import BRIDGE_NETWORK, Chosen, Hosts
from components.targets.aws.subnets import wrong_cidr

ONE_HOST: Mapping[str, int] = {"min": 1, "max": 1, "trunking": False}
"""Settings of hosts that change nothing on one shared host, and what they come to there."""


def problems(system: System, settings: StackSettings) -> Iterator[Problem]:
    """Every problem of a resolved system with Fargate and EC2."""
    chosen = Chosen.of(settings)
    own = chosen.own.hosts
    placed = [service for service in hosts.running(system) if hosts.on_hosts(service, settings)]
    yield from _hosts(own, chosen, bool(placed))
    if chosen.bridge and wrong_cidr(chosen.own.cidr) is None and _overlaps(chosen.own.cidr):
        text = f"given {chosen.own.cidr!r}; hosts.network 'bridge' wants one beside Docker's own, {BRIDGE_NETWORK}"
        yield Problem("settings", "strata:aws.cidr", text)
    if placed and chosen.public and not chosen.bridge:
        text = (
            f"{label(placed[0])} runs on EC2, where ECS gives tasks no public address, and there is no other way out; "
            "set nat to 'one' or endpoints to on, or hosts.network to 'bridge'"
        )
        yield Problem("settings", "strata:aws.nat", text)
    for service in hosts.running(system):
        yield from _one(service, settings, chosen)
    try:
        hosts.planned(system, settings)
    except ValueError as wrong:
        yield Problem("settings", "strata:aws.hosts.type" if own.type else "strata:aws.hosts", str(wrong))


def _hosts(own: Hosts, chosen: Chosen, used: bool) -> Iterator[Problem]:
    """What contradicts itself in the settings of hosts, and what of them would change nothing."""
    where = "strata:aws.hosts"
    if own.max < own.min:
        yield Problem("settings", f"{where}.max", f"given {own.max}; allowed is at least min, {own.min}")
    if own.network == "bridge" and chosen.capacity != "ec2":
        text = "given 'bridge' with capacity 'fargate'; one host holds everything or nothing, set capacity to ec2"
        yield Problem("settings", f"{where}.network", text)
    elif own.model_fields_set and not used and chosen.capacity != "ec2":
        text = (
            f"given {listed(sorted(own.model_fields_set))}, and nothing runs on EC2; set strata:aws.capacity, or the "
            "capacity of a service, to ec2, or leave hosts out"
        )
        yield Problem("settings", where, text)
    if chosen.bridge:
        for name, only in ONE_HOST.items():
            given = getattr(own, name)
            if name in own.model_fields_set and given != only:
                text = f"given {given}; it changes nothing on one shared host (hosts.network 'bridge'), leave it out"
                yield Problem("settings", f"{where}.{name}", text)


def _overlaps(cidr: str) -> bool:
    return ipaddress.ip_network(cidr).overlaps(ipaddress.ip_network(BRIDGE_NETWORK))


def _one(service: Described, settings: StackSettings, chosen: Chosen) -> Iterator[Problem]:
    where = f"strata:services.{service.name}"
    if chosen.bridge and isinstance(service, Prometheus | Grafana):
        text = "cannot run on one shared host (hosts.network 'bridge'), where no name leads to a service; leave it out"
        yield Problem(label(service), "", text)
    if isinstance(service, Gateway) and hosts.on_hosts(service, settings):
        yield from _entrance(service, chosen)
    if not isinstance(service, Workload | Gateway):
        return
    if chosen.bridge and options_of(service, settings, PlacedOptions).capacity == "fargate":
        text = "given 'fargate' with hosts.network 'bridge'; what runs on one host is reached from that host alone"
        yield Problem("settings", f"{where}.capacity", text)
    if not isinstance(service, Workload):
        return
    if not hosts.on_hosts(service, settings):
        return
    spot = options_of(service, settings, ServiceOptions).spot if isinstance(service, Service) else None
    if isinstance(service, Schedule):
        spot = options_of(service, settings, ScheduleOptions).spot or None
    if spot is not None:
        text = "given for a service on EC2; hosts.spot says it for all of its hosts"
        yield Problem("settings", f"{where}.spot", text)
    if isinstance(service, Service) and chosen.bridge and service.port and service.count > 1:
        text = f"given {service.count}; on one shared host (hosts.network 'bridge') a port fits one, give 1"
        yield Problem(label(service), "scale.min" if service.scale else "replicas", text)


def _entrance(gateway: Gateway, chosen: Chosen) -> Iterator[Problem]:
    """What stands against a gateway as a container on EC2."""
    if not chosen.bridge:
        text = "given 'ec2', where ECS gives tasks no public address; set it to fargate"
        yield Problem("settings", f"strata:services.{gateway.name}.capacity", text)
    elif not chosen.public:
        field, given = ("endpoints", "on") if chosen.nat == "none" else ("nat", repr(chosen.nat))
        text = (
            f"given {given}, which puts the shared host where nobody reaches it, and {gateway.name} is a container on "
            f"it; leave {field} out, or set strata:services.{gateway.name}.variant to null for a load balancer"
        )
        yield Problem("settings", f"strata:aws.{field}", text)
