"""The JSON schema of stack files: it must say what the model says."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from components.core import catalog
from components.core.resolve import overridable, resolve
from components.core.schema import field_text, kind_schema, stack_schema
from components.core.settings import StackSettings, parse_settings
from components.model.problems import DescriptionError
from strata import Gateway, Postgres, RabbitMQ, Redis, Secret, Service, System
from strata.cli.schema import FOLDER, committed

ROOT = Path(__file__).resolve().parents[2]
db, cache, jobs = Postgres("db"), Redis("cache"), RabbitMQ("jobs", queues=["mail"])
api = Service("api", image="x", port=80, needs=[db], secrets={"TOKEN": Secret("token")})
SYSTEM = System("shop", [db, cache, jobs], app=[api], gateway=Gateway(routes={"/": api}))
SCHEMA = Draft202012Validator(stack_schema(SYSTEM))


def stack(**values: Any) -> dict[str, Any]:
    return {"config": {"strata:system": "shop", **{f"strata:{name}": value for name, value in values.items()}}}


RIGHT: list[dict[str, Any]] = [
    stack(),
    {"encryptionsalt": "v1:x", "config": {"strata:system": "shop", "aws:region": "eu-central-1", "shop:own": 1}},
    stack(target="docker", ports="free", protection="on", defaults=False, reload="off", monitoring={"grafana": False}),
    stack(services={"api": {"replicas": 2, "memory": "512MB", "environment": {"MODE": "x"}, "cpus": 0.5}}),
    stack(
        services={"api": {"health": {"path": "/", "interval": "1m30s"}, "publish": [80, {"host": 1, "container": 2}]}}
    ),
    stack(services={"db": {"version": "16", "extensions": ["pg_trgm"], "memory": None}}),
    stack(secrets={"token": "x", "db-password": {"secure": "AAA"}}),
    stack(secrets={"secure": "AAA"}),
]
WRONG: list[dict[str, Any]] = [
    {"config": {}},
    stack(taget="docker"),
    stack(target="dokcer"),
    stack(ports="any"),
    stack(protection="maybe"),
    stack(monitoring={"grafanna": True}),
    stack(services={"apj": {}}),
    stack(services={"api": {"replica": 2}}),
    stack(services={"api": {"needs": []}}),
    stack(services={"api": {"memory": "512"}}),
    stack(services={"api": {"memory": 512}}),
    stack(services={"api": {"port": 70000}}),
    stack(services={"api": {"health": {"path": "/", "interval": "90"}}}),
    stack(services={"db": {"replicas": 2}}),
    stack(secrets={"tokem": "x"}),
]


@pytest.mark.parametrize("content", RIGHT, ids=json.dumps)
def test_right(content: dict[str, Any]) -> None:
    assert [error.message for error in SCHEMA.iter_errors(content)] == []


@pytest.mark.parametrize("content", WRONG, ids=json.dumps)
def test_wrong(content: dict[str, Any]) -> None:
    assert not SCHEMA.is_valid(content)


def test_it_is_a_schema_of_its_draft() -> None:
    Draft202012Validator.check_schema(SCHEMA.schema)
    assert SCHEMA.schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("kind", [Postgres, Redis, RabbitMQ, Service, Gateway])
def test_it_offers_exactly_what_settings_may_override(kind: type[Any]) -> None:
    options = [catalog.option_class(target, kind.__name__) for target in catalog.targets()]
    of_targets = [field for model in options if model is not None for field in model.model_fields]
    assert list(kind_schema(kind)[f"{kind.__name__}Settings"]["properties"]) == [*overridable(kind), *of_targets]


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70000),
    st.sampled_from(["512MB", "5", "16", "1.5", "no", "always", "x:1"]),
)


@given(st.sampled_from(["db", "cache", "jobs", "api"]), st.sampled_from(["memory", "cpus", "version", "restart", "port",
       "replicas", "user", "persistence", "stop_seconds", "nothing"]), values)  # fmt: skip
def test_what_the_program_accepts_the_schema_accepts(service: str, field: str, value: Any) -> None:
    content = stack(services={service: {field: value}})
    given_settings = {key.removeprefix("strata:"): found for key, found in content["config"].items()}
    try:
        settings: StackSettings = parse_settings(given_settings)
        resolve(SYSTEM, settings)
    except DescriptionError:
        return
    if isinstance(value, bool) or (isinstance(value, str) and field in {"cpus", "replicas", "port", "stop_seconds"}):
        return  # The program also reads true as 1 and "16" as 16; an editor need not encourage that.
    assert SCHEMA.is_valid(content), content


def test_a_field_says_what_the_documentation_says() -> None:
    assert field_text(Service, "health") == "`health` says when it is up"
    assert field_text(Service, "restart") == "`restart` is Docker's policy"
    assert field_text(Service, "nothing") == ""
    found = kind_schema(Service)["ServiceSettings"]["properties"]
    assert found["replicas"]["description"] == "`replicas` or `scale` how many run"
    assert found["replicas"]["default"] == 1


def test_the_committed_schemas_are_up_to_date() -> None:
    expected = committed()
    assert sorted(FOLDER.glob("*.json")) == sorted(expected), "run: make schema"
    for path, content in expected.items():
        assert path.read_text() == content, f"{path.name} is old; run: make schema"


STACKS = [
    path
    for folder in [ROOT, *(ROOT / "systems").iterdir()]
    for path in sorted(folder.glob("Pulumi.*.yaml"))
    if not path.name.endswith(".local.yaml") and not path.name.startswith("Pulumi.test-")
]


@pytest.mark.parametrize("path", STACKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_stack_file_points_editors_at_its_schema_and_follows_it(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    start = "# yaml-language-server: $schema="
    assert first.startswith(start), f"its first line should be: {start}<path of schema/<project>.json>"
    schema = (path.parent / first.removeprefix(start)).resolve()
    name = yaml.safe_load((path.parent / "Pulumi.yaml").read_text())["name"]
    assert schema == FOLDER / f"{name}.json"
    found = Draft202012Validator(json.loads(schema.read_text())).iter_errors(yaml.safe_load(path.read_text()))
    assert [error.message for error in found] == []
