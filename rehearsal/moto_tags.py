"""The Resource Groups Tagging API of moto for what moto does not list there, by the ARNs that AWS writes.

It runs in moto's own environment, as moto_server.py does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.backup.models import backup_backends
from moto.core.resource_tagging import TaggedResource, make_tag_matcher
from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends
from moto.elbv2.models import elbv2_backends
from moto.events.models import events_backends
from moto.mq.models import mq_backends
from moto.rds.models import rds_backends
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.servicediscovery.models import servicediscovery_backends
from moto.wafv2.models import wafv2_backends

Tagged = Iterator[tuple[str, Mapping[str, str]]]


def _pairs(tags: Any) -> dict[str, str]:
    return {one.get("Key", one.get("key")): one.get("Value", one.get("value")) for one in tags or ()}


def _of_ec2(backend: Any) -> Tagged:
    groups = [group for kept in backend.groups.values() for group in kept.values()]
    every = {
        "elastic-ip": [one.id for one in backend.addresses],
        # What is deleted stays in moto's memory.
        "vpc-endpoint": [id for id, one in backend.vpc_end_points.items() if one.state != "deleted"],
        "vpc-flow-log": [*backend.flow_logs],
        "launch-template": [*backend.launch_templates],
        "security-group-rule": [rule.id for one in groups for rule in (*one.ingress_rules, *one.egress_rules)],
    }
    for kind, ids in every.items():
        for id in ids:
            yield f"arn:aws:ec2:{backend.region_name}:{backend.account_id}:{kind}/{id}", backend.tags.get(id, {})


def _of_rds(backend: Any) -> Tagged:
    for one in (*backend.db_parameter_groups.values(), *backend.subnet_groups.values()):
        yield one.arn, _pairs(one.get_tags())


def _of_balancers(backend: Any) -> Tagged:
    for balancer in backend.load_balancers.values():
        for listener in balancer.listeners.values():
            for one in (listener, *listener.rules.values()):
                yield one.arn, backend.tagging_service.get_tag_dict_for_resource(one.arn)


def _of_events(backend: Any) -> Tagged:
    for bus in backend.event_buses.values():
        for one in bus.rules.values():
            yield one.arn, backend.tagger.get_tag_dict_for_resource(one.arn)


def _of_backup(backend: Any) -> Tagged:
    for one in backend.plans.values():
        if one.deletion_date is None:
            yield one.backup_plan_arn, backend.tagger.get_tag_dict_for_resource(one.backup_plan_arn)


def _of_firewalls(backend: Any) -> Tagged:
    for arn in backend.wacls:
        yield arn, backend.tagging_service.get_tag_dict_for_resource(arn)


def _of_names(backend: Any) -> Tagged:
    for one in (*backend.namespaces.values(), *backend.services.values()):
        yield one.arn, backend.tagger.get_tag_dict_for_resource(one.arn)


def _of_brokers(backend: Any) -> Tagged:
    for one in backend.brokers.values():
        # moto leaves the name out of the ARN.
        yield (
            one.arn.replace(f"broker:{one.id}", f"broker:{one.name}:{one.id}"),
            backend.tagger.get_tag_dict_for_resource(one.arn),
        )


def _of_capacity(backend: Any) -> Tagged:
    for one in backend.capacity_providers.values():
        yield one.capacity_provider_arn, _pairs(one.tags)


SOURCES: tuple[tuple[Any, Callable[[Any], Tagged]], ...] = (
    (ec2_backends, _of_ec2), (rds_backends, _of_rds), (elbv2_backends, _of_balancers), (events_backends, _of_events),
    (backup_backends, _of_backup), (wafv2_backends, _of_firewalls), (servicediscovery_backends, _of_names),
    (mq_backends, _of_brokers), (ecs_backends, _of_capacity),
)  # fmt: skip


def listed() -> None:
    """Let moto's API list them too."""
    known = ResourceGroupsTaggingAPIBackend._get_resources_generator

    def resources(
        self: Any, tag_filters: Any = None, resource_type_filters: Any = None, resource_arn_list: Any = None
    ) -> Iterator[TaggedResource]:
        yield from known(self, tag_filters, resource_type_filters, resource_arn_list)
        matches = make_tag_matcher(tag_filters)
        for backends, source in SOURCES:
            for arn, tags in source(backends[self.account_id][self.region_name]):
                if tags and matches(tags):
                    yield TaggedResource(arn, dict(tags), resource_type="")

    ResourceGroupsTaggingAPIBackend._get_resources_generator = resources
