"""Every name that the target gives fits the service that gets it, whatever project, stack and services are called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from components.core.check import check_stack
from components.core.naming import Names
from components.targets.aws.names import problems
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
    Service,
    Task,
)
from tests.ran import Ran
from tests.targets.aws.stage import aws_resources, problems_of, put

MADE_UP = dict.fromkeys(("namePrefix", "bucketPrefix", "identifierPrefix"), 26)
"""Characters that the provider adds to a prefix."""
LETTERS = r"[A-Za-z0-9"
LIMITS: dict[str, str] = {
    "aws:backup/plan:Plan": LETTERS + r"_.-]{1,50}",
    "aws:backup/selection:Selection": LETTERS + r"_.-]{1,50}",
    "aws:backup/vault:Vault": LETTERS + r"_-]{2,50}",
    "aws:budgets/budget:Budget": r"[^:\\]{1,100}",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": r".{1,255}",
    "aws:cloudwatch/dashboard:Dashboard": LETTERS + r"_-]{1,255}",
    "aws:cloudwatch/eventRule:EventRule": LETTERS + r"_.-]{1,64}",
    "aws:cloudwatch/logGroup:LogGroup": LETTERS + r"_/.#-]{1,512}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": r".{1,255}",
    "aws:ecr/repository:Repository": r"(?=.{2,256}$)([a-z0-9]+([._-][a-z0-9]+)*/)*[a-z0-9]+([._-][a-z0-9]+)*",
    "aws:ecs/cluster:Cluster": LETTERS + r"_-]{1,255}",
    "aws:ecs/service:Service": LETTERS + r"_-]{1,255}",
    "aws:ecs/taskDefinition:TaskDefinition": LETTERS + r"_-]{1,255}",
    "aws:iam/role:Role": LETTERS + r"_+=,.@-]{1,64}",
    "aws:kms/alias:Alias": r"alias/" + LETTERS + r"/_-]{1,250}",
    "aws:mq/broker:Broker": LETTERS + r"_.~-]{1,50}",
    "aws:rds/instance:Instance": r"(?=.{1,63}$)[a-z]([a-z0-9]|-(?!-))*[a-z0-9]",
    "aws:s3/bucket:Bucket": r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    "aws:secretsmanager/secret:Secret": LETTERS + r"/_+=.@-]{1,512}",
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]+",
    "aws:servicediscovery/service:Service": LETTERS + r"_-]{1,63}",
    "aws:sns/topic:Topic": LETTERS + r"_-]{1,256}",
    "aws:wafv2/webAcl:WebAcl": LETTERS + r"_-]{1,128}",
}
"""What each service takes for a name, by its API reference."""
FIELDS = ("name", "bucket", "identifier", "brokerName", "alarmName", "dashboardName", "family")


@pytest.fixture(scope="module", params=["long", "short"])
def ran(request: pytest.FixtureRequest) -> Ran:
    """Every kind. Long: 31 characters, which is what its secrets' names leave, and 16 behind the gateway. Short: with
    underscores that nothing cuts off."""
    names = Names("p" * 19, "s" * 20) if request.param == "long" else Names("shop", "prod")
    fill = "n" * 20 if request.param == "long" else "n_"
    files = ObjectStore(f"files_{fill}", buckets=[Bucket("b" * 40), Bucket("some-public-pages", public=True)])
    needs = [
        Postgres(f"db__{fill}", volume=FileVolume("data", backup="critical")),
        Redis(f"cache_{fill}", variant="container"), RabbitMQ(f"jobs_{fill}"[:9]), files,
    ]  # fmt: skip
    volume = Mount(FileVolume(f"volume_{fill}"), "/v")
    web = Service("w" * 16, image=Build("apps/demo"), port=80, needs=needs, volumes=[volume])
    task = Task(f"job_{fill}", image="a:1", needs=needs)
    assert list(problems(names)) == []
    return put(
        *needs, web, task, Gateway("g" * 40, routes={"/": web}, rate=100), project=names.project, stack=names.stack,
        aws={"notify": "ops@example.com", "budget": 10.0},
    )  # fmt: skip


def test_every_name_fits(ran: Ran) -> None:
    seen: set[str] = set()
    for one in aws_resources(ran):
        limit = LIMITS.get(one.type)
        if limit is None:
            continue
        prefixes = [f"{one[field]}{'0' * more}" for field, more in MADE_UP.items() if one.get(field)]
        for name in [*prefixes, *(one[field] for field in FIELDS if isinstance(one.get(field), str))]:
            assert re.fullmatch(limit, name), f"{one.type} {one.name}: {name} ({len(name)} characters)"
            seen.add(one.type)
    assert set(LIMITS) - seen == set()


def test_every_type_with_a_name_has_a_limit_here(ran: Ran) -> None:
    named = {
        one.type for one in aws_resources(ran)
        if any(one.get(field) for field in ("name", *MADE_UP)) and one.type not in LIMITS
    }  # fmt: skip
    assert named == set()


@pytest.mark.parametrize(
    ("project", "stack", "said"),
    [
        ("Shop", "prod", ["project: name: given 'Shop'; AWS names databases, buckets and repositories after it, which "
            "allows small letters, digits and single hyphens, a letter first; change `name` in Pulumi.yaml before the "
            "first update"]),
        ("shop", "my_prod", ["stack: name: given 'my_prod'; AWS names databases, buckets and repositories after it, "
            "which allows small letters, digits and single hyphens, a letter first; choose another: pulumi stack init "
            "NAME, with its settings in Pulumi.NAME.yaml"]),
        ("shop", "s" * 36, [f"stack: name: given '{'s' * 36}'; shop-{'s' * 36} has 41 characters, and AWS leaves 40 "
            "for it, so allowed are 35 here; choose another: pulumi stack init NAME, with its settings in "
            "Pulumi.NAME.yaml"]),
        ("shop", "s" * 35, []), ("shop", "prod-2", []), ("1shop", "a--b", ["project", "stack"]),
        ("shop.x", "x-", ["project", "stack"]),
    ],
)  # fmt: skip
def test_projects_and_stacks_that_aws_cannot_name_things_after(project: str, stack: str, said: list[str]) -> None:
    found = [str(one) for one in problems(Names(project, stack))]
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True))


def test_the_program_says_so_before_anything_is_made() -> None:
    (problem,) = problems_of(Service("web", image="a:1"), names=Names("shop", "s" * 40))
    assert problem.startswith(f"stack: name: given '{'s' * 40}'; shop-{'s' * 40} has 45 characters")


def test_a_check_says_so_without_an_account(tmp_path: Path) -> None:
    stack = "s" * 40
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    settings = "  strata:system: systems.starter.system\n  strata:target: aws\n  strata:aws: {region: eu-central-1}\n"
    for name in (stack, "prod"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text(f"config:\n{settings}")
    problem, *_ = check_stack(tmp_path, stack).problems
    assert (problem.where, problem.field) == ("stack", "name")
    assert check_stack(tmp_path, "prod").problems == ()
