"""What watches and protects a whole system: alarms, dashboard, backups and budget, once everything is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from components.core.bound import Bound
from components.model.alerts import alerts_of
from components.model.postgres import Postgres
from components.model.rabbitmq import RabbitMQ
from components.model.redis import Redis
from components.model.schedule import Schedule
from components.model.service import Service
from components.model.system import System
from components.targets.aws.alarms import EVENTS, Alarms
from components.targets.aws.backup import Backups, classes_in
from components.targets.aws.budget import budget
from components.targets.aws.dashboard import dashboard
from components.targets.aws.edge import Edge
from components.targets.aws.metrics import Places, Value, most_connections, reading
from components.targets.aws.names import queue_name
from components.targets.aws.options import PostgresOptions, RedisOptions
from components.targets.aws.scaling import broker_name

if TYPE_CHECKING:
    from components.targets.aws.target import AwsTarget


class Watch(pulumi.ComponentResource):
    """Its outputs are the topic that alarms notify, and the names of alerts that nothing on AWS measures."""

    def __init__(
        self,
        target: AwsTarget,
        system: System,
        bound: Mapping[str, Bound],
        edge: Edge | None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("strata:aws:Watch", "watch", None, opts)
        own, inside = target.chosen.own, pulumi.ResourceOptions(parent=self)
        where = places(target, bound, edge)
        alerts = [(alert, reading(alert, where)) for alert in alerts_of(system)]
        alarms = Alarms(target, alerts, inside) if own.parts.alarms and alerts else None
        shown = [(alert, found) for alert, found in alerts if found is not None]
        if own.parts.dashboard and shown:
            dashboard(target, shown, [one.arn for one in alarms.made.values()] if alarms else [], inside)
        if own.parts.backup and classes_in(system):
            Backups(target, system, inside)
        if own.parts.budget and own.budget is not None and own.notify is not None:
            budget(target, own.budget, own.notify, inside)
        self.register_outputs({
            "topic": alarms.topic.arn if alarms else None,
            "unmeasured": [alert.name for alert, found in alerts if found is None and alert.measure not in EVENTS],
        })  # fmt: skip


def places(target: AwsTarget, bound: Mapping[str, Bound], edge: Edge | None) -> Places:
    """What the metrics of everything that was made are told apart by."""
    databases: dict[str, Value] = {}
    connections: dict[str, int] = {}
    caches: dict[str, Sequence[Value]] = {}
    brokers: dict[str, Value] = {}
    not_started: dict[str, Value] = {}
    services: set[str] = set()
    for name, one in bound.items():
        made = one.started[0] if one.started else None
        if isinstance(made, aws.ecs.Service):
            services.add(name)
        elif isinstance(made, aws.rds.Instance) and isinstance(one.service, Postgres):
            size = target.options(one.service, PostgresOptions).instance_class or target.chosen.profile.database
            databases[name], connections[name] = made.identifier, most_connections(size, one.service.parameters)
        elif isinstance(made, aws.elasticache.ReplicationGroup) and isinstance(one.service, Redis):
            nodes = target.options(one.service, RedisOptions).nodes or target.chosen.profile.cache_nodes
            caches[name] = [pulumi.Output.concat(made.id, f"-{number:03}") for number in range(1, nodes + 1)]
        elif isinstance(made, aws.scheduler.Schedule) and isinstance(one.service, Schedule):
            not_started[name] = queue_name(target.names, name)
        elif isinstance(made, aws.mq.Broker) and isinstance(one.service, RabbitMQ):
            brokers[name] = broker_name(target, one.service)
    return Places(
        target.found().cluster.name, frozenset(services),
        edge.balancer.arn_suffix if edge else None,
        {name: one.arn_suffix for name, one in edge.targets.items()} if edge else {}, databases, connections, caches,
        brokers, _least(target, bound, services), not_started,
    )  # fmt: skip


def _least(target: AwsTarget, bound: Mapping[str, Bound], services: set[str]) -> Mapping[str, int]:
    """How many tasks of each service run at least; nothing where Container Insights counts them."""
    if target.chosen.profile.insights:
        return {}
    described = {name: bound[name].service for name in services}
    return {name: one.count if isinstance(one, Service) else 1 for name, one in described.items()}
