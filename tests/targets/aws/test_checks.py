"""What AWS cannot do is found before any resource exists."""

from __future__ import annotations

from typing import Any

import pytest

from components.core.naming import Names
from components.core.resolve import resolve
from components.model.described import Described
from strata import (
    Bucket,
    Build,
    FileVolume,
    Gateway,
    Mount,
    ObjectStore,
    Postgres,
    RabbitMQ,
    Redis,
    Scale,
    Schedule,
    Secret,
    Service,
    Task,
)
from tests.targets.aws.stage import problems_of, settings_of
from tests.targets.docker.stage import system_of

web = Service("web", image="a:1", port=80)


def test_what_aws_can_do_is_no_problem() -> None:
    services = [
        Postgres("db", password=Secret("pw", default="12345678")), Redis("cache", password=Secret("a")),
        RabbitMQ("jobs"), ObjectStore("files", buckets=[Bucket("uploads")]), FileVolume("kept"),
        Service("a-16-characters-", image=Build("apps/demo"), port=80, scale=Scale(max=2, requests=5)),
    ]  # fmt: skip
    gateway = Gateway(routes={"/": services[-1]})  # type: ignore[dict-item]
    assert resolve(system_of(*services, gateway), settings_of())


@pytest.mark.parametrize(
    ("aws", "problem"),
    [
        ({"cidr": "8.8.0.0/16"}, "strata:aws.cidr: given '8.8.0.0/16'; allowed is a private network from /16 to /22 "
            "such as '10.0.0.0/16'"),
        ({"zone": "example.com"}, "strata:aws.zone: given without domain; say which name in it the gateway has"),
        ({"domain": "shop.example.com"}, "strata:aws.domain: given without zone or certificate; one of them proves "
            "that the domain is yours"),
        ({"domain": "shopexample.com", "zone": "example.com"},
            "strata:aws.domain: given 'shopexample.com'; it is not in the zone 'example.com'"),
        ({"nat": "one", "endpoints": "on"}, "strata:aws.endpoints: given with nat='one'; services go out by that, "
            "leave it out or set nat to 'none'"),
        # The profile's NAT, which the stack does not name.
        ({"endpoints": True}, "strata:aws.endpoints: given with nat='one'; services go out by that, leave it out or "
            "set nat to 'none'"),
    ],
)  # fmt: skip
def test_a_stack(aws: dict[str, Any], problem: str) -> None:
    assert problems_of(web, aws=aws) == [f"settings: {problem}"]


@pytest.mark.parametrize(
    "aws",
    [
        {"domain": "example.com", "zone": "example.com"}, {"domain": "a.b.example.com", "zone": "example.com"},
        {"domain": "shop.example.com", "certificate": "arn:aws:acm:eu-central-1:1:certificate/a"},
        {"nat": "none", "endpoints": True}, {"endpoints": False}, {"cidr": "192.168.0.0/22"},
    ],
)  # fmt: skip
def test_a_stack_that_is_right(aws: dict[str, Any]) -> None:
    assert resolve(system_of(web), settings_of(aws))


SIZES = "Fargate has at most 16 cpus with 120GB, and with 8 cpus at most 60GB"


@pytest.mark.parametrize(
    ("service", "problem"),
    [
        (Service("a", image="a:1", memory="121GB"), f"memory: given memory='121GB'; {SIZES}"),
        (Task("a", image="a:1", cpus=20), f"cpus: given cpus=20; {SIZES}"),
        (Redis("a", maxmemory="200GB"), "maxmemory: given maxmemory='200GB'; ElastiCache's largest node here holds "
            "158GB"),
        (Service("a", image="a:1", port=80, scale=Scale(max=2, requests=50)),
            "scale.requests: given 50; the load balancer counts requests, and no route leads to it"),
        (Postgres("a", user="rdsadmin"), "user: given 'rdsadmin', which RDS keeps for itself; choose another"),
        (Service("a", image=Build("nowhere")), "image.context: given 'nowhere'; there is no such folder"),
        (Service("a", image="a:1", volumes=[Mount("apps", "/x")]),
            "volumes: given the folder 'apps'; AWS has no folder of yours, use a FileVolume without bind"),
        (Task("a", image="a:1", volumes=[Mount(FileVolume("v", bind="apps"), "/x")]),
            "volumes: given the folder 'apps'; AWS has no folder of yours, use a FileVolume without bind"),
        (Schedule("a", image="a:1", cron="@daily", volumes=[Mount("apps", "/x")]),
            "volumes: given the folder 'apps'; AWS has no folder of yours, use a FileVolume without bind"),
        (Schedule("a", image="a:1", cron="0 0 13 * FRI"), "cron: given '0 0 13 * FRI'; AWS takes days of the month or "
            "days of the week, not both; describe two schedules, one with each (both run on a day that is in both)"),
        (FileVolume("a", bind="apps"), "bind: given 'apps'; AWS has no folder of yours, leave bind out"),
        (Postgres("a", init=["x.sql"]), "init: RDS runs no init scripts; run them as a Task that needs the database, "
            "or use another variant"),
        (ObjectStore("a", image="minio/minio:1"), "image: given 'minio/minio:1'; S3 itself has no image, leave it out"),
        (Postgres("a", password=Secret("pw", default="1234567")),
            "password: its development default has 7 characters, RDS wants 8 or more; set strata:secrets.pw"),
        (Redis("a", password=Secret("pw", default="123456789012345")),
            "password: its development default has 15 characters, ElastiCache wants 16 or more; set strata:secrets.pw"),
        (RabbitMQ("a", password=Secret("pw", default="12345678901")),
            "password: its development default has 11 characters, Amazon MQ wants 12 or more; set strata:secrets.pw"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Described) else one.partition(":")[0],
)  # fmt: skip
def test_a_service(service: Described, problem: str) -> None:
    assert problems_of(service) == [f"a ({type(service).__name__}): {problem}"]


@pytest.mark.parametrize(("kind", "least"), [(Postgres, 8), (Redis, 16), (RabbitMQ, 12)])
def test_a_password_that_settings_give_counts_too(kind: Any, least: int) -> None:
    service = kind("a", password=Secret("pw", default="x"))
    assert resolve(system_of(service), settings_of(secrets={"pw": "y" * least}))
    (problem,) = problems_of(service, secrets={"pw": "y" * (least - 1)})
    assert problem.startswith(f"a ({kind.__name__}): password: the value given has {least - 1} characters, ")
    assert "y" * (least - 1) not in problem


def test_a_default_that_is_refused_is_generated_and_long_enough() -> None:
    assert resolve(system_of(Postgres("a", password=Secret("pw", default="x"))), settings_of(defaults="off"))


def test_names_and_routes_of_the_gateway() -> None:
    long = Service("a-17-characters--", image="a:1", port=80)
    assert problems_of(long, Gateway(routes={"/": long})) == [
        "a-17-characters-- (Service): name: given 'a-17-characters--'; a service behind the gateway has at most 16 "
        "characters on AWS"
    ]
    assert resolve(system_of(long, web, Gateway(routes={"/": web})), settings_of()), "it is not behind the gateway"
    under = Service("a_b", image="a:1", port=80)
    assert problems_of(under, Gateway(routes={"/": under})) == [
        "a_b (Service): name: given 'a_b'; a service behind the gateway has no underscore in its name on AWS, use '-'"
    ]
    routes = {f"/{number}": web for number in range(100)}
    assert problems_of(web, Gateway(routes=routes)) == [
        "gateway (Gateway): routes: given 100 routes; one load balancer has at most 99"
    ]


def test_options_that_contradict_each_other() -> None:
    assert problems_of(Postgres("db"), services={"db": {"storage": 200}}) == [
        "settings: strata:services.db.storage_limit: given 100; allowed is at least storage, 200"
    ]
    assert problems_of(Redis("cache", password=Secret("pw")), services={"cache": {"tls": "off"}}) == [
        "settings: strata:services.cache.tls: given off, and it has a password; ElastiCache takes one by TLS alone, "
        "leave tls on"
    ]
    assert problems_of(Redis("cache"), services={"cache": {"nodes": 1}}, profile="resilient") == [
        "settings: strata:services.cache.nodes: given 1 with profile resilient, which promises to outlive the loss of "
        "a zone; give 2 or more"
    ]
    assert resolve(system_of(Redis("cache")), settings_of(services={"cache": {"nodes": 1}}, profile="standard"))


def test_all_problems_are_told_together() -> None:
    wrong = [Service("a", image=Build("no")), Postgres("db", init=["x"]), Redis("r", maxmemory="999GB")]
    assert len(problems_of(*wrong, aws={"cidr": "8.8.0.0/16", "zone": "example.com"})) == 5


@pytest.mark.parametrize(
    ("service", "project", "problem"),
    [
        (Redis("cache-of-the-shop"), "a-project-with-a-name", "cache-of-the-shop (Redis): name: makes 'a-project-with-"
            "a-name-prod-cache-of-the-shop', with the project and the stack before it; ElastiCache takes 40 "
            "characters"),
        (RabbitMQ("jobs-of-all"), "p" * 35, f"jobs-of-all (RabbitMQ): name: makes '{'p' * 35}-prod-jobs-of-all', with "
            "the project and the stack before it; Amazon MQ takes 50 characters"),
    ],
    ids=["a cache", "a broker"],
)  # fmt: skip
def test_names_that_are_given_whole(service: Described, project: str, problem: str) -> None:
    names = Names(project, "prod")
    assert problems_of(service, names=names) == [problem]
    assert resolve(system_of(service), settings_of(names=Names("shop", "prod")))
    container = {service.name: {"variant": "container"}}
    assert resolve(system_of(service), settings_of(names=names, services=container))


def test_letters_that_elasticache_does_not_take() -> None:
    assert problems_of(Redis("my_cache"), names=Names("shop", "prod")) == [
        "my_cache (Redis): name: makes 'shop-prod-my_cache', with the project and the stack before it; ElastiCache "
        "takes small letters, digits and single hyphens"
    ]
