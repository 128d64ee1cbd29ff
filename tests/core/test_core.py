"""Templates, names, order, secrets, the catalogue of handlers, environment keys, and loading a description back."""

import json
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from components.core import catalog
from components.core.describe import describe, version_of
from components.core.environment import Key, keys
from components.core.given import given as given_value
from components.core.load import load_system
from components.core.naming import Names
from components.core.secrets import ALPHABET, random_value
from components.core.template import fields, fill, is_secret
from components.core.undescribe import load
from components.model.described import Described, description
from components.tiers.tier import in_order
from strata import FileVolume, Postgres, Prometheus, RabbitMQ, Redis, Secret, Service, System, Task
from tests.problems import lines
from tests.strategies import systems

URL = Postgres("db").binding()["DATABASE_URL"]


@example("me", "a/b@c:d?e#f%20 +&")
@given(st.text(min_size=1), st.text(min_size=1))
def test_any_password_survives_a_url(user: str, password: str) -> None:
    try:
        user.encode(), password.encode()
    except UnicodeEncodeError:
        return
    made = urlsplit(fill(URL, {"user": user, "password": password, "host": "db", "port": "5432", "database": "shop"}))
    assert (unquote(made.username or ""), unquote(made.password or "")) == (user, password)
    assert (made.scheme, made.hostname, made.port, made.path) == ("postgresql", "db", 5432, "/shop")


def test_a_plain_template_encodes_nothing() -> None:
    assert fill("{password}", {"password": "a/b@c"}) == "a/b@c"


def test_a_value_with_braces_is_not_a_template() -> None:
    assert fill("{password}", {"password": "{host}"}) == "{host}"


def test_which_templates_are_secret() -> None:
    assert fields(URL) == {"user", "password", "host", "port", "database"}
    assert is_secret(URL) and is_secret("{access_key}") and is_secret("{secret_key}")
    assert not is_secret("{host}:{port}")


def test_names() -> None:
    names = Names("shop", "dev")
    assert names.owner == "shop/dev"
    assert names.of("db") == "shop_dev_db"
    assert names.kept(FileVolume("new", formerly=("first", "second"))) == "shop_dev_first"
    assert names.kept(FileVolume("new", physical_name="theirs")) == "theirs"
    assert names.kept(FileVolume("data")) == "shop_dev_data"
    assert names.full("db") == "shop-dev-db" and names.prefix("db", 37) == "shop-dev-db-"
    assert names.prefix("database", 14) == "shop-dev-data-" and names.prefix("database", 10) == "shop-dev-"


def test_order_is_the_one_given_where_nothing_refers() -> None:
    services = [Redis("c"), Postgres("a"), RabbitMQ("b")]
    assert in_order(services) == services


def test_what_is_referred_to_comes_first() -> None:
    db = Postgres("db")
    migrate = Task("migrate", image="x", needs=[db])
    api = Service("api", image="x", needs=[db.bind(prefix="MAIN"), migrate])
    prometheus = Prometheus(scrapes=[api])
    assert in_order([prometheus, api, migrate, db]) == [db, migrate, api, prometheus]


SET = "pulumi config set --secret --path strata:secrets.key VALUE"


def test_a_secret_is_looked_for_in_config_then_in_the_env_file_then_in_its_default() -> None:
    secret = Secret("key", env="KEY", default="default")
    assert given_value(secret, {"key": "config"}, {"KEY": "env"}, True) == "config"
    assert given_value(secret, {}, {"KEY": "env"}, True) == "env"
    assert given_value(secret, {}, {"KEY": ""}, True) == "default"
    assert given_value(Secret("key"), {}, {"KEY": "env"}, True) is None


def test_a_development_default_is_not_used_where_defaults_are_off() -> None:
    """None: the secret is generated, as one without a default is."""
    assert given_value(Secret("key", default="x"), {}, {}, False) is None
    assert given_value(Secret("key", default="x"), {"key": "config"}, {}, False) == "config"


def test_a_secret_that_must_come_from_config() -> None:
    assert lines(lambda: given_value(Secret("key", source="config"), {}, {}, True)) == [
        f"key (Secret): source: this stack has no value for it; set one: {SET}"
    ]


def test_random_values_have_their_length_and_need_no_escaping() -> None:
    values = {random_value(32) for _ in range(50)}
    assert len(values) == 50
    assert all(len(value) == 32 and set(value) <= set(ALPHABET) for value in values)


@description
class Strange(Described):
    """A kind that no target knows."""


def test_a_kind_that_the_target_cannot_realize_is_named() -> None:
    (problem,) = catalog.missing("docker", [Postgres("db"), Strange("odd")])
    kinds = sorted({kind for kind, variant in catalog.entries("docker") if variant is None})
    assert str(problem) == (
        f"odd (Strange): target 'docker' cannot realize a Strange; it realizes {', '.join(kinds[:-1])} and {kinds[-1]}"
    )


def test_the_catalogue_names_the_module_of_every_handler() -> None:
    assert catalog.find("docker", Postgres("db")) == catalog.Entry(
        "Postgres", None, "components.targets.docker.postgres"
    )
    assert catalog.find("docker", Strange("odd")) is None


def test_every_environment_key_and_which_are_secret() -> None:
    api = Service(
        "api", image="x", needs=[Redis("cache", password=Secret("p"))], environment={"MODE": "a"},
        secrets={"API_TOKEN": Secret("t")},
    )  # fmt: skip
    assert keys(api) == (
        Key("REDIS_URL", "cache", secret=True),
        Key("REDIS_HOST", "cache"),
        Key("REDIS_PORT", "cache"),
        Key("REDIS_PASSWORD", "cache", secret=True),
        Key("MODE", "environment"),
        Key("API_TOKEN", "secrets", secret=True),
    )
    assert keys(Postgres("db")) == ()


def test_secrets_as_files_are_keys_of_their_paths() -> None:
    task = Task("t", image="x", needs=[Postgres("db")], secrets={"API_TOKEN": Secret("t")}, secrets_as="files")
    secret = [key.name for key in keys(task) if key.secret]
    assert secret == ["DATABASE_URL_FILE", "DATABASE_PASSWORD_FILE", "API_TOKEN_FILE"]
    assert all(key.file == key.secret for key in keys(task))


@given(systems())
def test_a_description_loads_back(system: System) -> None:
    plain = describe(system)
    through_json = json.loads(json.dumps(plain, sort_keys=True))
    assert describe(load(through_json)) == plain
    assert version_of(load(through_json)) == version_of(system)


def test_a_description_keeps_what_is_empty_where_the_default_is_not() -> None:
    system = System("s", app=[Service("api", image="x", publish=[])], monitoring=None)
    bare = System("s", data=[Redis("c")], app=[])
    for one in (system, bare):
        assert describe(load(describe(one))) == describe(one)
    scraped = load(describe(System("s", app=[Prometheus(publish=[])])))
    assert scraped.app[0].publish == ()


def test_a_description_tells_references_from_mappings() -> None:
    task = Task("t", image="x", environment={"ref": "a", "part": "b", "kind": "c"})
    assert dict(load(describe(System("s", app=[task]))).app[0].environment) == {"ref": "a", "part": "b", "kind": "c"}


def test_a_loaded_description_shares_its_objects() -> None:
    db = Postgres("db")
    loaded = load(describe(System("s", [db], app=[Task("a", image="x", needs=[db]), Task("b", image="x", needs=[db])])))
    assert loaded.app[0].needs[0] is loaded.app[1].needs[0] is loaded.data[0]


def test_the_version_follows_the_description() -> None:
    first = version_of(System("s", [Postgres("db")]))
    assert first == version_of(System("s", [Postgres("db")]))
    assert first != version_of(System("s", [Postgres("db", version="16")]))
    assert len(first) == 12


def test_loading_what_is_wrong() -> None:
    plain = describe(System("s", [Postgres("db")]))
    plain["data"] = [{"ref": "Postgres/bd"}]
    assert lines(lambda: load(plain)) == [
        "Postgres/bd: the description has no such object; did you mean 'Postgres/db'?"
    ]
    circle = {"Task/a": {"kind": "Task", "name": "a", "image": "x", "needs": [{"ref": "Task/a"}]}}
    assert lines(lambda: load({"system": "s", "objects": circle, "app": [{"ref": "Task/a"}]})) == [
        "Task/a: it refers to itself: Task/a -> Task/a"
    ]
    odd = {"Tsk/a": {"kind": "Tsk", "name": "a"}}
    assert lines(lambda: load({"system": "s", "objects": odd, "app": [{"ref": "Tsk/a"}]})) == [
        "Tsk: there is no such kind; did you mean 'Task'?"
    ]


@pytest.mark.parametrize("module", ["systems.nothing.system", "nothing"])
def test_a_module_that_is_not_there(module: str) -> None:
    assert lines(lambda: load_system(module)) == [
        f"settings: strata:system: given {module!r}; there is no such module (it is looked for from the project's root)"
    ]


def test_a_module_without_a_system() -> None:
    assert lines(lambda: load_system("tests.problems")) == [
        "settings: strata:system: given 'tests.problems'; the module has no `system = System(...)`"
    ]
