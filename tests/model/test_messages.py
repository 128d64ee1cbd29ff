"""What people read when a description is wrong: whole messages, word for word."""

import pytest

from components.model.problems import DescriptionError
from strata import (
    Bucket,
    Build,
    Command,
    Gateway,
    Grafana,
    Http,
    Logs,
    Monitoring,
    Mount,
    Network,
    ObjectStore,
    Postgres,
    Prometheus,
    Publish,
    RabbitMQ,
    Redis,
    Scale,
    Secret,
    Service,
    Task,
)  # fmt: skip
from tests.problems import lines

NAME = "allowed is a name of at most 40 lower-case letters, digits, '-' and '_' that begins with a letter"
IMAGE = "allowed is an image reference such as 'postgres:16' or 'ghcr.io/me/app:1.2'"
UNIT = "allowed is a number with a unit B, KB, MB or GB, such as '512MB'"
VERSION = "allowed is an image's version with its major first: '16', '15.1' or '15-alpine'"
web = Service("web", image="w", port=80)
jobs = RabbitMQ("jobs", queues=["thumbnails", "mail"])

WRONG = {
    "a misspelt field": (
        lambda: Postgres("db", memroy="1GB"),
        ["db (Postgres): memroy: there is no such field; did you mean 'memory'?"],
    ),
    "a field like no other": (
        lambda: Bucket("uploads", zzz=1),
        ["uploads (Bucket): zzz: there is no such field; known are name and public"],
    ),
    "a missing field": (lambda: Service("api"), ["api (Service): image: nothing was given; it is required"]),
    "no name": (lambda: Postgres(), ["Postgres: name: nothing was given; it is required"]),
    "a name in capitals": (lambda: Redis("Cache"), [f"Cache (Redis): name: given 'Cache'; {NAME}"]),
    "a name too long": (lambda: Redis("a" * 41), [f"{'a' * 41} (Redis): name: given '{'a' * 41}'; {NAME}"]),
    "a field by position": (
        lambda: Postgres("db", "16"),
        ["db (Postgres): argument 2: given '16' by position; only name may be, give its name"],
    ),
    "a field made by a default, by position": (
        lambda: Postgres("db", Secret("x")),
        ["db (Postgres): argument 2: given x (Secret) by position; only name may be, give its name"],
    ),
    "memory without a unit": (
        lambda: Service("api", image="x", memory="512"),
        [f"api (Service): memory: given '512'; {UNIT}"],
    ),
    "memory as a number": (
        lambda: Service("api", image="x", memory=512),
        ["api (Service): memory: given 512; allowed is a text, in quotes"],
    ),
    "memory under Docker's minimum": (
        lambda: Service("api", image="x", memory="5MB"),
        ["api (Service): memory: given '5MB'; Docker's minimum is 6MB"],
    ),
    "a reservation over its limit": (
        lambda: Redis("c", memory="64MB", memory_reserved="128MB", cpus=0.5, cpus_reserved=1),
        [
            "c (Redis): memory_reserved: given '128MB'; allowed is at most the limit, memory='64MB'",
            "c (Redis): cpus_reserved: given 1.0; allowed is at most the limit, cpus=0.5",
        ],
    ),
    "an impossible port": (
        lambda: Service("api", image="x", port=70000),
        ["api (Service): port: given 70000; input should be less than or equal to 65535"],
    ),
    "an impossible published port": (
        lambda: Publish(0, 80), ["Publish: host: given 0; input should be greater than or equal to 1"],
    ),
    "a literal password": (
        lambda: Service("api", image="x", environment={"DB_PASSWORD": "x", "GITHUB_TOKEN": "y", "MODE": "z"}),
        [
            "api (Service): environment: 'DB_PASSWORD' is a secret by its name; "
            "give it by secrets={'DB_PASSWORD': Secret(...)}",
            "api (Service): environment: 'GITHUB_TOKEN' is a secret by its name; "
            "give it by secrets={'GITHUB_TOKEN': Secret(...)}",
        ],
    ),
    "a secret build argument": (
        lambda: Build("apps/x", args={"NPM_TOKEN": "x"}),
        [
            "apps/x (Build): args: 'NPM_TOKEN' looks like a secret; "
            "build arguments stay readable in the image, use secrets="
        ],
    ),
    "a key given twice": (
        lambda: Task("t", image="x", environment={"A": "1"}, secrets={"A": Secret("a")}),
        ["t (Task): secrets: 'A' is also under environment; give it once"],
    ),
    "a key with a blank": (
        lambda: Task("t", image="x", environment={"A B": "1"}),
        ["t (Task): environment: given the key 'A B'; allowed are letters, digits and '_'"],
    ),
    "replicas of a singleton": (
        lambda: Service("api", image="x", replicas=2, singleton=True),
        ["api (Service): singleton: given replicas=2; a singleton runs once, leave it out"],
    ),
    "a scaled singleton": (
        lambda: Service("api", image="x", scale=Scale(max=2, cpu=50), singleton=True),
        ["api (Service): singleton: given scale=; a singleton runs once, leave it out"],
    ),
    "replicas beside scale": (
        lambda: Service("api", image="x", scale=Scale(max=2, cpu=50), replicas=2),
        ["api (Service): replicas: given 2 with scale=; the number comes from scale"],
    ),
    "scale upside down": (lambda: Scale(min=3, max=2, cpu=50), ["Scale: max: given 2; allowed is at least min, 3"]),
    "scale by nothing": (
        lambda: Scale(max=2),
        ["Scale: max: given 2 with nothing to scale by; give cpu, memory, requests or queue and length"],
    ),
    "a queue without a length": (
        lambda: Scale(max=2, queue=jobs.queue("mail")),
        ["Scale: length: queue and length belong together; give both or neither"],
    ),
    "an unknown queue": (
        lambda: jobs.queue("thumbnail"),
        ["jobs (RabbitMQ): queue: given 'thumbnail'; the broker declares no such queue; did you mean 'thumbnails'?"],
    ),
    "a host port for several containers": (
        lambda: Service("api", image="x", replicas=2, publish=[80]),
        ["api (Service): publish: given with 2 replicas; a host port fits one, put a Gateway in front"],
    ),
    "a check of no port": (
        lambda: Service("api", image="x", health=Http("/")),
        ["api (Service): health: Http has no port to ask; give the service a port or the check one"],
    ),
    "metrics on no port": (
        lambda: Service("api", image="x", metrics="/metrics"),
        ["api (Service): metrics: there is no port to scrape; give port or metrics_port"],
    ),
    "two mounts at one path": (
        lambda: Service("api", image="x", volumes=[Mount("a", "/x"), Mount("b", "/x")]),
        ["api (Service): volumes: '/x' is mounted 2 times; one source fits a path"],
    ),
    "no image name": (lambda: Service("api", image="a b"), [f"api (Service): image: given 'a b'; {IMAGE}"]),
    "a check without a pause": (
        lambda: Command("true", interval="0s"), ["true (Command): interval: given '0s'; allowed is more than 0s"],
    ),
    "a check of no command": (lambda: Command(), ["Command: command: nothing was given; it is required"]),
    "more for Redis than its container has": (
        lambda: Redis("c", memory="64MB", maxmemory="64MB"),
        ["c (Redis): maxmemory: given '64MB'; allowed is less than the limit, memory='64MB'"],
    ),
    "persistence without a volume": (
        lambda: Redis("c", persistence="aof", volume=None),
        ["c (Redis): volume: given None with persistence='aof'; what it writes needs a volume"],
    ),
    "a bucket twice": (
        lambda: ObjectStore("files", buckets=[Bucket("aaa"), Bucket("aaa")]),
        ["files (ObjectStore): buckets: 'aaa' is listed 2 times; a bucket has one entry"],
    ),
    "a short S3 password": (
        lambda: ObjectStore("files", password=Secret("p", default="short")),
        ["files (ObjectStore): password: its default is too short; S3 servers refuse a secret key under 8 characters"],
    ),
    "no routes": (
        lambda: Gateway(),
        ['Gateway: routes: nothing was given; allowed is at least one route, such as routes={"/": web}'],
    ),
    "a relative route": (
        lambda: Gateway(routes={"api": web}),
        ["Gateway: routes: given 'api'; allowed is a path that begins with '/' and has no blanks or quotes"],
    ),
    "a route to no port": (
        lambda: Gateway(routes={"/": Service("batch", image="x")}),
        ["Gateway: routes: '/' leads to 'batch', which has no port; give the service one"],
    ),
    "a default that must come from config": (
        lambda: Secret("key", source="config", default="x"),
        ["key (Secret): default: a secret that must come from config has no default; leave one of the two out"],
    ),
    "another Prometheus": (
        lambda: Monitoring(grafana=Grafana(prometheus=Prometheus())),
        ["Monitoring: grafana: its prometheus is another one than this monitoring's; give both the same"],
    ),
    "too much scraping": (
        lambda: Prometheus(interval="500ms"), ["Prometheus: interval: given '500ms'; allowed is at least 1s"],
    ),
    "no network": (
        lambda: Network(subnet="8.8.8.0/24"),
        ["Network: subnet: given '8.8.8.0/24'; allowed is a private network with at least 16 addresses"],
    ),
    "no log": (lambda: Logs(files=0), ["Logs: files: given 0; input should be greater than or equal to 1"]),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_message(name: str) -> None:
    make, expected = WRONG[name]
    assert lines(make) == expected


def test_all_problems_of_one_object_come_together() -> None:
    assert lines(lambda: Service("Api", image="a b", port=0, memroy="1GB", replicas=-1)) == [
        f"Api (Service): name: given 'Api'; {NAME}",
        f"Api (Service): image: given 'a b'; {IMAGE}",
        "Api (Service): port: given 0; input should be greater than or equal to 1",
        "Api (Service): replicas: given -1; input should be greater than or equal to 0",
        "Api (Service): memroy: there is no such field; did you mean 'memory'?",
    ]


def test_a_wrong_name_hides_no_other_problem_and_makes_none() -> None:
    assert lines(lambda: Postgres("DB", version="x")) == [
        f"DB (Postgres): name: given 'DB'; {NAME}",
        f"DB (Postgres): version: given 'x'; {VERSION}",
    ]


def test_the_error_says_how_many_and_lists_them() -> None:
    with pytest.raises(DescriptionError) as one:
        Redis("C")
    with pytest.raises(DescriptionError) as two:
        Redis("C", port=1)
    assert str(one.value) == f"1 problem in the description:\n  - C (Redis): name: given 'C'; {NAME}"
    assert str(two.value).splitlines()[0] == "2 problems in the description:"
    assert len(str(two.value).splitlines()) == 3
