"""Generated secrets are kept, changed ones reach old data, and no value is to be read anywhere."""

from __future__ import annotations

import json
import secrets

import pytest

from tests.integration.behaviour import describe, ids, inside, sql
from tests.integration.conftest import MakeStack
from tests.integration.harness import Stack

pytestmark = pytest.mark.docker

SHOP = """
db = Postgres("db", version="15-alpine")
cache = Redis("cache", version="7-alpine", persistence="aof", password=Secret("cache-password"))
jobs = RabbitMQ("jobs")
first = 'psql "$DATABASE_URL" -c "select 1" && touch /tmp/connected; exec tail -f /dev/null'
api = Service("api", image="postgres:15-alpine", needs=[db, cache, jobs], stop_seconds=0, command=["sh", "-c", first])
quiet = Service("quiet", image="postgres:15-alpine", needs=[db, cache], stop_seconds=0, command="tail -f /dev/null",
                secrets_as="files", read_only=True)
system = System("scratch", data=[db, cache, jobs], app=[api, quiet])
"""
NAMES = ("db", "cache", "jobs")


@pytest.fixture(scope="module")
def shop(make_stack: MakeStack) -> Stack:
    stack = make_stack(description="")
    describe(stack, SHOP)
    return stack


def values(shop: Stack) -> dict[str, str]:
    hidden = shop.outputs("--show-secrets")["secrets"]
    return {name: hidden[name]["password"] for name in NAMES}


def accepted(shop: Stack, name: str, value: str) -> bool:
    """Whether a data service lets a client in with a password."""
    api = shop.containers()["api"]
    if name == "db":
        return inside(api, "psql", f"postgresql://app:{value}@db/app", "-c", "select 1").code == 0
    if name == "cache":
        asked = inside(api, "sh", "-c", 'printf "AUTH $0\\r\\nPING\\r\\nQUIT\\r\\n" | nc -w 5 cache 6379', value)
        return "PONG" in asked.text
    script = 'wget -q -O- --header "Authorization: Basic $(printf "app:$0" | base64 -w0)" http://jobs:15672/api/whoami'
    return '"name":"app"' in inside(api, "sh", "-c", script, value).text


def test_values_are_made_once_and_written_nowhere(shop: Stack) -> None:
    """Not in the output, the event log, the outputs, a preview or the state; nor for files in `docker inspect`."""
    events = shop.folder / "events.json"
    shop.variables["PULUMI_DEBUG_COMMANDS"] = "1"  # `--event-log` is there only with it.
    said = shop.up("--event-log", str(events), "--show-full-output").ok().text
    made = values(shop)
    assert len(set(made.values())) == 3 and all(len(value) == 32 for value in made.values())
    assert all(accepted(shop, name, value) for name, value in made.items())
    preview = shop.pulumi("preview", "--stack", shop.name, "--diff", "--show-sames").ok().text
    places = {
        "output": said,
        "events": events.read_text(),
        "preview": preview,
        "outputs": json.dumps(shop.outputs()),
        "state": "".join(path.read_text() for path in shop.state.rglob("*") if path.is_file()),
        "inspect": json.dumps([one.attrs for name, one in shop.containers().items() if name != "api"]),
    }
    assert all(places.values())
    shown = [(place, name) for place, text in places.items() for name, value in made.items() if value in text]
    assert shown == []


def test_they_survive_ups_and_down(shop: Stack) -> None:
    before = values(shop)
    sql(shop, "api", "create table rows as select 1")
    shop.up().ok()
    assert values(shop) == before
    shop.make_down().ok()
    assert shop.left()["containers"] == []
    shop.make_up().ok()
    assert values(shop) == before
    assert sql(shop, "api", "select count(*) from rows") == "1"


def test_a_changed_password_reaches_old_volumes_before_users_start(shop: Stack) -> None:
    """The new ones are accepted and the old ones refused; a user that connects only once, at its start, gets in."""
    old, before = values(shop), ids(shop)
    new = {name: secrets.token_hex(12) for name in NAMES}
    for name, value in new.items():
        key = f"strata:secrets.{name}-password"
        shop.pulumi("config", "set", "--secret", "--path", key, value, "--stack", shop.name).ok()
    said = shop.up().ok().text
    assert not any(value in said for value in new.values())
    assert values(shop) == new
    assert [name for name in NAMES if not accepted(shop, name, new[name])] == []
    assert [name for name in NAMES if accepted(shop, name, old[name])] == []
    assert ids(shop)["api"] != before["api"]
    assert inside(shop.containers()["api"], "ls", "/tmp/connected").code == 0
    assert sql(shop, "api", "select count(*) from rows") == "1"
    assert shop.changes() == {}


def test_a_read_only_service_gets_secret_files_and_their_new_content(shop: Stack) -> None:
    """Uploads into a read-only container are refused by the daemon; its files lie in a small volume."""

    def content(key: str) -> str:
        return inside(shop.containers()["quiet"], "sh", "-c", f'cat "${key}"').ok().text

    assert inside(shop.containers()["quiet"], "touch", "/somewhere").code != 0
    assert content("DATABASE_PASSWORD_FILE") == values(shop)["db"]
    assert content("REDIS_PASSWORD_FILE") == values(shop)["cache"]
    assert sql(shop, "quiet", "select count(*) from rows", '$(cat "$DATABASE_URL_FILE")') == "1"
    shop.destroy().ok()
    assert shop.left() == {"containers": [], "networks": [], "volumes": []}
