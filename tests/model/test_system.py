"""What is checked between the objects of a system: whole messages, word for word."""

import pytest

from strata import (
    FileVolume,
    Gateway,
    Grafana,
    Monitoring,
    Mount,
    Network,
    Postgres,
    Publish,
    RabbitMQ,
    Redis,
    Secret,
    Service,
    System,
    Task,
    completed,
    healthy,
    started,
)  # fmt: skip
from tests.problems import lines

db = Postgres("db")
cache = Redis("cache")
web = Service("web", image="w", port=3000)
migrate = Task("migrate", image="m", needs=[db])


def api(name: str = "api", **fields: object) -> Service:
    return Service(name, image="x", port=8000, **fields)  # type: ignore[arg-type]


WRONG = {
    "two services of one name": (
        lambda: System("s", [db], app=[api("db")]),
        ["db: name: 2 services have this name (Postgres and Service); names are unique in a system"],
    ),
    "two secrets of one name": (
        lambda: System("s", app=[api(secrets={"A": Secret("k"), "B": Secret("k")})]),
        ["k: name: 2 secrets have this name (Secret and Secret); names are unique in a system"],
    ),
    "two volumes of one name": (
        lambda: System("s", [Postgres("a", volume=FileVolume("v")), Postgres("b", volume=FileVolume("v"))]),
        ["v: name: 2 volumes have this name (FileVolume and FileVolume); names are unique in a system"],
    ),
    "an old name that is somebody's": (
        lambda: System("s", [db, Postgres("orders", formerly=("db",))]),
        ["orders (Postgres): formerly: given 'db', which another service is called now"],
    ),
    "one host port twice": (
        lambda: System("s", [Postgres("db", publish=[5432])], app=[api(publish=[Publish(5432, 8000)])]),
        ["api (Service): publish: host port 5432 is published by db and api; choose another"],
    ),
    "the gateway's host port": (
        lambda: System("s", app=[web, api(publish=[8080])], gateway=Gateway(routes={"/": web})),
        ["gateway (Gateway): publish: host port 8080 is published by api and gateway; choose another"],
    ),
    "a data service that needs an application": (
        lambda: System("s", [Task("t", image="x", needs=[web])], app=[web]),
        ["t (Task): needs: a data service cannot need web (Service): data starts before applications"],
    ),
    "an application under data": (
        lambda: System("s", [web]), ["web (Service): data: an application goes under app="],
    ),
    "a data service under app": (
        lambda: System("s", app=[cache]), ["cache (Redis): app: a data service goes under data="],
    ),
    "a gateway under app": (
        lambda: System("s", app=[web, Gateway(routes={"/": web})]),
        ["gateway (Gateway): app: a Gateway is not listed here"],
    ),
    "a need that is not listed": (
        lambda: System("s", app=[api(needs=[db])]),
        ["api (Service): needs: db (Postgres) is not part of the system; list it there"],
    ),
    "a condition on what is not listed": (
        lambda: System("s", app=[api(after=[completed(migrate)])]),
        ["api (Service): needs: migrate (Task) is not part of the system; list it there"],
    ),
    "completed of a service": (
        lambda: System("s", app=[web, api(after=[completed(web)])]),
        ["api (Service): after: completed(web) waits for a Task; web (Service) never ends"],
    ),
    "started of a task": (
        lambda: System("s", [db], app=[migrate, api(after=[started(migrate)])]),
        ["api (Service): after: started(migrate): a Task is awaited with completed(...)"],
    ),
    "healthy of what has no check": (
        lambda: System("s", app=[web, api(after=[healthy(web)])]),
        ["api (Service): after: healthy(web) can never be true: it has no health check; give it one"],
    ),
    "a key that a need writes": (
        lambda: System("s", [db], app=[
            api(needs=[db], environment={"DATABASE_URL": "x"}, secrets={"DATABASE_HOST": Secret("h")}),
        ]),
        [
            "api (Service): environment: 'DATABASE_URL' is already written by needs=db",
            "api (Service): secrets: 'DATABASE_HOST' is already written by needs=db",
        ],
    ),
    "a secret's key as plain text": (
        lambda: System("s", app=[api(environment={"STRIPE": "x"}, secrets={"OTHER": Secret("stripe", env="STRIPE")})]),
        ["api (Service): environment: 'STRIPE' is a declared Secret's key; give it by secrets="],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_message(name: str) -> None:
    make, expected = WRONG[name]
    assert lines(make) == expected


def test_two_needs_that_write_the_same_keys_are_told_to_bind_with_a_prefix() -> None:
    orders = Postgres("old-orders")
    assert lines(lambda: System("s", [db, orders], app=[api(needs=[db, orders])])) == [
        "api (Service): needs: db and old-orders would both write DATABASE_URL and 5 more; "
        'give one a prefix: old-orders.bind(prefix="OLD_ORDERS")'
    ]


def test_a_prefix_keeps_two_databases_apart() -> None:
    orders = Postgres("orders")
    made = System("s", [db, orders], app=[api(needs=[db, orders.bind(prefix="ORDERS")])])
    (_, first), (_, second) = made.app[0].bindings()
    assert "DATABASE_URL" in first
    assert second["ORDERS_DATABASE_URL"] == "postgresql://{user}:{password}@{host}:{port}/{database}"
    assert not set(first) & set(second)


def test_a_data_service_needs_one_in_its_tier() -> None:
    seed = Task("seed", image="x", needs=[db])
    assert System("s", [db, seed], app=[]).data == (db, seed)


def test_problems_of_all_objects_come_together() -> None:
    assert lines(lambda: System("s", [web, db], app=[cache, api(after=[completed(db)])])) == [
        "web (Service): data: an application goes under app=",
        "cache (Redis): app: a data service goes under data=",
        "api (Service): after: completed(db) waits for a Task; db (Postgres) never ends",
    ]


def test_what_a_system_reaches() -> None:
    token, kept = Secret("token"), FileVolume("kept")
    grafana_off = Monitoring(enabled=False)
    made = System(
        "s", [db], app=[api(secrets={"TOKEN": token}, volumes=[Mount(kept, "/kept")])], monitoring=grafana_off
    )
    assert made.secrets() == (db.password, token)
    assert made.volumes() == (db.volume, kept)
    assert [one.name for one in made.services()] == ["db", "api"]


def test_monitoring_is_part_of_the_services_only_while_it_is_on() -> None:
    on = Monitoring()
    on = Monitoring(prometheus=on.prometheus, grafana=Grafana(prometheus=on.prometheus))
    assert [one.name for one in System("s", [db], monitoring=on).services()] == ["db", "prometheus", "grafana"]
    off = Monitoring(enabled=False, prometheus=on.prometheus, grafana=on.grafana)
    assert [one.name for one in System("s", [db], monitoring=off).services()] == ["db"]


def test_every_system_has_a_network_of_its_own() -> None:
    first, second = System("a", [db]), System("b", [db])
    assert isinstance(first.network, Network)
    assert first.network is not second.network


def test_a_service_and_a_volume_may_share_a_name() -> None:
    made = System("s", [RabbitMQ("jobs", volume=FileVolume("jobs"))])
    assert [one.name for one in (*made.services(), *made.volumes())] == ["jobs", "jobs"]
