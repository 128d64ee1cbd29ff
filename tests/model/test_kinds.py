"""What holds for every kind and part of the model."""

import dataclasses
import importlib
import inspect
import pkgutil

import pytest
from pydantic.fields import FieldInfo

import components.model
from components.core.undescribe import kinds
from components.model.described import Described, Part, changed
from components.model.problems import DescriptionError
from strata import (
    Build,
    Logs,
    Mount,
    Postgres,
    Publish,
    RabbitMQ,
    Redis,
    Scale,
    Schedule,
    Secret,
    Service,
    System,
    Task,
)

for module in pkgutil.iter_modules(components.model.__path__):
    importlib.import_module(f"components.model.{module.name}")
KINDS = {name: kind for name, kind in kinds().items() if dataclasses.is_dataclass(kind)}

DEFAULTS = {
    Postgres("db"): {"version": "17", "database": "app", "user": "app", "publish": (), "restart": "unless-stopped"},
    Redis("cache"): {"version": "8-alpine", "persistence": "none", "password": None, "volume": None},
    RabbitMQ("jobs"): {"version": "4", "management": True, "queues": (), "user": "app"},
    Service("api", image="x"): {"replicas": 1, "singleton": False, "secrets_as": "environment", "stop_seconds": 10},
    Task("t", image="x"): {"timeout": "10m", "restart": "no"},
    Schedule("s", image="x", cron="@daily"): {"timezone": "UTC", "overlap": "forbid", "restart": "unless-stopped"},
    Secret("s"): {"source": "generated", "length": 32, "env": None, "default": None},
    Publish(80, 80): {"bind": "127.0.0.1"},
    Logs(): {"size": "10MB", "files": 3},
    Build("apps/x"): {"dockerfile": "Dockerfile", "target": None},
}


@pytest.mark.parametrize("made", DEFAULTS, ids=lambda made: type(made).__name__)
def test_defaults(made: Part) -> None:
    assert {name: getattr(made, name) for name in DEFAULTS[made]} == DEFAULTS[made]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_documented(kind: type) -> None:
    assert kind.__dict__.get("__doc__"), f"{kind.__name__} says nothing about itself"
    assert not kind.__doc__.startswith(f"{kind.__name__}("), f"{kind.__name__} has only its generated signature"


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_only_what_stands_before_the_marker_is_given_by_position(kind: type) -> None:
    """pydantic forgets KW_ONLY where a field has a Field(...); the model puts that right."""
    schema = kind.__pydantic_core_schema__
    arguments = schema["schema"] if schema["type"] != "dataclass" else schema
    while arguments.get("type") != "dataclass-args":
        arguments = arguments["schema"]
    by_position = {field["name"] for field in arguments["fields"] if field.get("kw_only") is False}
    assert by_position == {field.name for field in dataclasses.fields(kind) if not field.kw_only}


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if issubclass(kind, Described)])
def test_named_kinds_say_their_tier(kind: type[Described]) -> None:
    assert kind.TIER in {"data", "app", "monitoring", "foundation"}


@pytest.mark.parametrize("made", DEFAULTS, ids=lambda made: type(made).__name__)
def test_immutable(made: Part) -> None:
    for field in dataclasses.fields(made):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, None)


def test_sequences_are_kept_as_tuples_and_mappings_are_read_only() -> None:
    given, keys = ["a"], {"A": "1"}
    service = Service("api", image="x", needs=[], environment=keys, command=given)
    given.append("b")
    keys["B"] = "2"
    assert service.command == ("a",)
    assert dict(service.environment) == {"A": "1"}
    with pytest.raises(TypeError):
        service.environment["C"] = "3"  # type: ignore[index]


def test_references_keep_their_identity() -> None:
    db, kept = Postgres("db"), Secret("token")
    build, mount = Build("apps/x"), Mount("a", "/a")
    api = Service("api", image=build, needs=[db], secrets={"TOKEN": kept}, volumes=[mount])
    system = System("s", [db], app=[api])
    assert api.needs[0] is db
    assert api.secrets["TOKEN"] is kept
    assert api.image is build
    assert api.volumes[0] is mount
    assert system.app[0].needs[0] is system.data[0]
    assert db == db and Postgres("db") != db
    assert len({db, Postgres("db"), api}) == 3


def test_names_of_what_a_service_keeps_follow_its_own() -> None:
    assert Postgres("orders").volume.name == "orders-data"
    assert Postgres("orders").password.name == "orders-password"
    assert Postgres(name="orders").volume.name == "orders-data"
    assert Redis("cache", persistence="aof").volume.name == "cache-data"


def test_changing_keeps_references_and_makes_what_depends_on_the_change() -> None:
    cache = Redis("cache", password=Secret("p"))
    kept = changed(cache, persistence="rdb")
    assert kept.volume is not None and kept.volume.name == "cache-data"
    assert kept.password is cache.password
    assert cache.persistence == "none"


def test_a_change_is_validated() -> None:
    with pytest.raises(DescriptionError, match="api \\(Service\\): port: given 0"):
        changed(Service("api", image="x"), port=0)


def test_data_is_kept_under_the_oldest_name() -> None:
    assert Postgres("c", formerly=("a", "b")).first_name == "a"
    assert Postgres("c").first_name == "c"


def test_how_many_containers_run() -> None:
    assert Service("api", image="x", replicas=3).count == 3
    assert Service("api", image="x", scale=Scale(min=2, max=5, cpu=60)).count == 2


def test_bindings_of_every_kind_are_filled_by_one_set_of_names() -> None:
    expected = {
        Postgres("db"): ["DATABASE_URL", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_USER", "DATABASE_PASSWORD",
                         "DATABASE_NAME"],
        Redis("c"): ["REDIS_URL", "REDIS_HOST", "REDIS_PORT"],
        Redis("c", password=Secret("p")): ["REDIS_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD"],
        RabbitMQ("j"): ["AMQP_URL", "AMQP_HOST", "AMQP_PORT", "AMQP_USER", "AMQP_PASSWORD", "AMQP_QUEUES"],
        Service("my-api", image="x", port=80): ["MY_API_URL", "MY_API_HOST", "MY_API_PORT"],
        Service("worker", image="x"): ["WORKER_HOST"],
    }  # fmt: skip
    for service, keys in expected.items():
        assert list(service.binding()) == keys


def test_no_mutable_default_is_shared() -> None:
    for kind in KINDS.values():
        for field in dataclasses.fields(kind):
            default = field.default
            assert isinstance(default, FieldInfo) or not isinstance(default, list | dict | set), (kind, field.name)


def test_every_public_class_of_the_model_is_a_description() -> None:
    """A kind that forgets the decorator would be neither frozen nor checked."""
    for module in pkgutil.iter_modules(components.model.__path__):
        for name, found in inspect.getmembers(
            importlib.import_module(f"components.model.{module.name}"), inspect.isclass
        ):
            if issubclass(found, Part):
                assert "__dataclass_fields__" in found.__dict__, name
