"""What an update keeps: data under a service's new name, generated secrets, and chosen ports."""

from __future__ import annotations

import pytest

from components.model.problems import DescriptionError
from components.targets.docker import ports
from components.targets.docker.ports import free_port
from strata import (
    Bucket,
    FileVolume,
    Gateway,
    Grafana,
    Monitoring,
    Mount,
    ObjectStore,
    Postgres,
    Prometheus,
    Publish,
    RabbitMQ,
    Redis,
    Secret,
    Service,
    Task,
)  # fmt: skip
from tests.targets.docker.fakes import FakeDaemon
from tests.targets.docker.stage import STASH, VOLUME, mounts, put

OURS = {"strata.stack": "shop/dev"}


def test_a_renamed_service_keeps_its_resources_and_its_children_theirs() -> None:
    ran = put(Service("new", image="a:1", formerly=["first", "second"], health=None, replicas=2, port=80))
    assert ran["new"].aliases == ("first", "second")
    assert ran["new-container"].aliases == ("first-container", "second-container")
    assert ran["new-container-2"].aliases == ("first-container-2", "second-container-2")
    assert ran["new-container"]["name"] == "shop_dev_new"
    assert put(Task("new", image="a:1", formerly=["old"]))["new-run"].aliases == ("old-run",)


RENAMED = [
    Postgres("new", formerly=["first", "old"]),
    RabbitMQ("new", formerly=["first", "old"]),
    ObjectStore("new", formerly=["first", "old"]),
    Redis("new", persistence="aof", formerly=["first", "old"]),
]


@pytest.mark.parametrize("service", RENAMED, ids=lambda one: type(one).__name__)
def test_renamed_data_stays_in_the_volume_of_the_first_name(service: Postgres) -> None:
    """A volume of another name would be an empty one, and the old one removed with all that is in it."""
    ran = put(service, Service("user", image="a:1", needs=[service]))
    volume = ran["new-data-volume"]
    assert volume["name"] == "shop_dev_first-data"
    assert volume.aliases == ("first-data-volume", "old-data-volume")
    assert [source for _, source in mounts(ran["new-container"]).values()] == ["shop_dev_first-data"]
    assert ran["new-ready"].aliases == ("first-ready", "old-ready")
    if not isinstance(service, Redis):
        assert ran["new-password-value"].aliases == ("first-password-value", "old-password-value")


def test_renamed_monitoring_keeps_its_data() -> None:
    prometheus = Prometheus("metrics", formerly=["prometheus"])
    watching = Monitoring(prometheus=prometheus, grafana=Grafana("boards", formerly=["grafana"], prometheus=prometheus))
    ran = put(Service("a", image="a:1"), monitoring=watching)
    names = {one["name"] for one in ran.of(VOLUME)}
    assert names == {"shop_dev_prometheus-data", "shop_dev_grafana-data"}


def test_data_that_a_forgotten_formerly_would_destroy_stops_the_update(fake: FakeDaemon) -> None:
    fake.volumes.add("shop_dev_db-data", {**OURS, "strata.backup": "critical"})
    with pytest.raises(DescriptionError, match=r"shop_dev_db-data: .* say formerly=\('db',\)"):
        put(Postgres("database"))
    assert "database" in put(Postgres("database", formerly=["db"]))


def test_data_that_may_go_or_is_anothers_stops_nothing(fake: FakeDaemon) -> None:
    fake.volumes.add("shop_dev_cache", {**OURS, "strata.backup": "recreatable"})
    fake.volumes.add("shop_prod_db-data", {"strata.stack": "shop/prod", "strata.backup": "critical"})
    assert "a" in put(Service("a", image="a:1"))


def test_free_ports_are_chosen_once_and_the_rest_reads_the_choice() -> None:
    kept = {"db-ports": {"output": {"5432": 40001}}, "web-ports": {"output": {"8080": 40002, "8443": 40003}}}
    web = Service("web", image="a:1", port=80, publish=[Publish(8080, 80), Publish(8443, 443, bind="0.0.0.0")])
    ran = put(Postgres("db", publish=[5432]), web, Redis("cache"), ports="free", kept=kept)
    stash = ran["db-ports"]
    assert stash.type == STASH and stash.parent == ran["db"].urn and stash.ignore_changes == ("input",)
    assert list(stash["input"]) == ["5432"] and stash["input"]["5432"] not in (5432, 40001)
    assert ran["db-container"]["ports"] == [{"internal": 5432, "external": 40001, "ip": "127.0.0.1", "protocol": "tcp"}]
    assert [(one["external"], one["ip"]) for one in ran["web-container"]["ports"]] == [
        (40002, "127.0.0.1"), (40003, "0.0.0.0"),
    ]  # fmt: skip
    assert ran.value["db"]["endpoints"] == {"": "postgresql://127.0.0.1:40001"}
    assert ran.value["web"]["endpoints"] == {"": "http://127.0.0.1:40002"}
    assert "cache-ports" not in ran


def test_free_ports_follow_a_renamed_service() -> None:
    """Children whose name begins with that of their parent take its aliases; so their names must begin so."""
    ran = put(Service("new", image="a:1", formerly=["old"], publish=[80]), ports="free")
    assert ran["new"].aliases == ("old",) and ran["new-ports"].parent == ran["new"].urn


def test_the_gateway_gets_a_free_port_too() -> None:
    web = Service("web", image="a:1", port=80)
    ran = put(web, Gateway(routes={"/": web}), ports="free", kept={"gateway-ports": {"output": {"8080": 40009}}})
    assert ran.value["gateway"]["endpoints"] == {"": "http://127.0.0.1:40009"}


def test_no_free_port_is_given_twice() -> None:
    taken: set[int] = set()
    chosen = [free_port(taken) for _ in range(50)]
    assert len(set(chosen)) == 50 and taken == set(chosen)
    ran = put(*(Service(f"s{number}", image="a:1", publish=[1000 + number]) for number in range(20)), ports="free")
    inputs = [port for one in ran.of("Stash") for port in one["input"].values()]
    assert len(set(inputs)) == len(inputs) == 20


def test_a_port_that_is_given_already_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system gives a port again as soon as nobody listens on it."""
    offered = iter([5000, 5000, 5001])

    class Probe:
        def __enter__(self) -> Probe:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def bind(self, address: tuple[str, int]) -> None:
            assert address == ("127.0.0.1", 0)

        def getsockname(self) -> tuple[str, int]:
            return "127.0.0.1", next(offered)

    monkeypatch.setattr(ports.socket, "socket", Probe)
    taken: set[int] = set()
    assert [free_port(taken), free_port(taken)] == [5000, 5001]


def test_a_secret_is_one_for_all_who_use_it() -> None:
    token = Secret("token")
    services = [Service(name, image="a:1", secrets={"API_TOKEN": token}) for name in ("a", "b")]
    ran = put(*services)
    assert [one.name for one in ran.of(STASH)] == ["token-value"]
    assert ran["a-container"]["envs"] == ran["b-container"]["envs"]


def test_a_given_secret_comes_before_a_default_and_nothing_is_generated(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = Secret("token", default="the-default", env="SHOP_TOKEN")
    service = Service("a", image="a:1", secrets={"API_TOKEN": token})

    def told(**settings: object) -> str:
        ran = put(service, **settings)
        assert "token-value" not in ran
        return ran["a-container"]["envs"][0]

    assert told() == "API_TOKEN=the-default"
    monkeypatch.setenv("SHOP_TOKEN", "from-the-env")
    assert told() == "API_TOKEN=from-the-env"
    assert told(secrets={"token": "from-the-settings"}) == "API_TOKEN=from-the-settings"


def test_a_file_volume_and_its_users_follow_a_rename() -> None:
    volume = FileVolume("cache", formerly=["uv_cache"])
    ran = put(Service("a", image="a:1", volumes=[Mount(volume, "/c")]), ObjectStore("s3", buckets=[Bucket("b-1")]))
    assert mounts(ran["a-container"]) == {"/c": ("volume", "shop_dev_uv_cache")}
    assert ran["cache-volume"].aliases == ("uv_cache-volume",)
