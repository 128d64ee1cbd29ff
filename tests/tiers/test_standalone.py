"""Tiers without a System, in anybody's program."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.model.problems import DescriptionError
from strata import AppTier, DataTier, DockerTarget, Gateway, Grafana, MonitoringTier, Postgres, Prometheus, Service
from tests.programs import run
from tests.ran import Ran

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "tiers.py"


@pytest.fixture(autouse=True)
def default_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


def making(make: Any) -> Ran:
    def program() -> None:
        make()

    return run(program)


def test_the_documented_example_runs() -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 30
    ran = making(lambda: runpy.run_path(str(EXAMPLE)))
    assert ran.exports.value == {"url": "http://127.0.0.1:8090", "database": "db"}
    assert [(one.name, one.parent) for one in ran.of("strata:tier:Data") + ran.of("strata:tier:App")] == [
        ("data", ""), ("app", ""),
    ]  # fmt: skip
    assert ran["db"].parent == ran["data"].urn and ran["db-container"].parent == ran["db"].urn
    assert ran["db-container"]["name"] == "shop_dev_db", "named after the program's own project and stack"
    assert {"db-ready", "cache-ready"} <= ran.awaited("api-container")
    assert ran.awaited("worker-container") >= {"api-container", "db-ready"}
    assert "api-ready" not in ran.awaited("worker-container")


def test_a_foundation_is_made_once_for_a_target_by_whoever_comes_first() -> None:
    ran = making(lambda: runpy.run_path(str(EXAMPLE)))
    (foundation,) = ran.of("strata:index:Foundation")
    assert ran.names().index(foundation.name) < ran.names().index("data")
    assert len(ran.of("Network")) == len(ran.of("pulumi:providers:docker")) == 1
    for tier in ("data", "app"):
        assert ran[tier].providers == {"docker": ran["docker"].urn}


def test_a_tier_goes_where_its_options_say() -> None:
    class Mine(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("mine:index:Mine", "mine")
            inside = pulumi.ResourceOptions(parent=self)
            DataTier("data", services=[Postgres("db")], target=DockerTarget("theirs", "test"), opts=inside)
            self.register_outputs({})

    ran = making(Mine)
    assert ran["data"].parent == ran["mine"].urn == ran["foundation"].parent
    assert ran["db-container"]["name"] == "theirs_test_db"


def test_a_tier_registers_its_endpoints() -> None:
    ran = making(lambda: DataTier("data", services=[Postgres("db", publish=[5432])], target=DockerTarget()))
    outputs = ran["data"].outputs
    assert outputs and outputs.value == {"db": {"": "postgresql://127.0.0.1:5432"}}
    assert ran["db"].outputs == ran["db"].outputs and ran["db"].outputs is not None


db = Postgres("db")
api = Service("api", image="a:1", port=80, needs=[db])
prometheus = Prometheus(scrapes=[api])


@pytest.mark.parametrize(
    ("tier", "services", "problem"),
    [
        (AppTier, [api], "api (Service): needs: db (Postgres) is in no tier; "),
        (AppTier, [Gateway(routes={"/": api})], "gateway (Gateway): needs: api (Service) is in no tier; "),
        (MonitoringTier, [Grafana(prometheus=prometheus)], "grafana (Grafana): needs: prometheus (Prometheus) is"),
        (DataTier, [Postgres("db", variant="cluster")], "db (Postgres): variant: given 'cluster'; "),
        (AppTier, [db, Service("b", image="a:1", needs=[db], environment={"DATABASE_URL": "x"})],
         "b (Service): environment: 'DATABASE_URL' is already written by needs=db"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_before_any_resource_exists(tier: Any, services: list[Any], problem: str) -> None:
    def program() -> None:
        with pytest.raises(DescriptionError) as wrong:
            tier("it", services=services, target=DockerTarget())
        assert [str(one) for one in wrong.value.problems if str(one).startswith(problem)], wrong.value

    assert making(program).made == ()


def test_an_earlier_tier_of_an_earlier_tier_counts_too() -> None:
    def program() -> None:
        target = DockerTarget()
        data = DataTier("data", services=[db], target=target)
        first = AppTier("first", services=[Service("other", image="a:1")], target=target, bound=[data])
        second = AppTier("second", services=[api], target=target, bound=[first])
        assert set(second.bound) == {"api"} and set(second.all_bound) == {"db", "other", "api"}

    assert "db-ready" in making(program).awaited("api-container")
