"""What every container has, whatever its kind; and the network, volumes and images that it stands on."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.targets.docker import checks
from strata import (
    Build,
    Command,
    FileVolume,
    Http,
    Logs,
    Mount,
    Network,
    Postgres,
    Publish,
    Redis,
    Service,
    Task,
    Tcp,
)  # fmt: skip
from tests.targets.docker.stage import CONTAINER, ROOT, VOLUME, deploy, labels, mounts, put, system_of

web = Service("web", image="nginx:alpine", port=80)


def test_a_container_is_named_labelled_and_reached_by_its_service() -> None:
    ran = put(web, project="shop", stack="test")
    container = ran["web-container"]
    assert container.type == CONTAINER and container.parent == ran["web"].urn
    assert container["name"] == "shop_test_web"
    assert labels(container) == {"strata.stack": "shop/test", "strata.service": "web"}
    assert container["networksAdvanced"] == [{"name": "shop_test_network", "aliases": ["web"]}]
    assert container["image"] == "sha256:image-nginx-alpine"
    assert container["restart"] == "unless-stopped" and container["mustRun"] is True
    assert container["destroyGraceSeconds"] == 10
    for absent in (
        "command",
        "uploads",
        "mounts",
        "ports",
        "healthcheck",
        "cpus",
        "memory",
        "readOnly",
        "tmpfs",
        "user",
    ):
        assert container.get(absent) is None, absent


def test_a_container_is_deleted_before_its_successor_is_made_and_a_leftover_before_both() -> None:
    """Names and ports fit one container; so a singleton never runs twice either."""
    ran = put(Service("clock", image="a:1", singleton=True))
    assert ran["clock-container"].delete_before_replace
    assert ran["clock-container"].hooks == {"before_create": ("strata-free-container-name",)}
    assert ran["network"].hooks == {"before_create": ("strata-free-network-name",)}
    assert ran["network"].delete_before_replace
    assert set(ran.hooks) >= {"strata-free-container-name", "strata-free-network-name", "strata-check-volume-owner"}


def test_logs_rotate() -> None:
    container = put(web)["web-container"]
    assert (container["logDriver"], container["logOpts"]) == ("json-file", {"max-size": "10485760", "max-file": "3"})
    little = put(Service("a", image="a:1", logs=Logs(size="64MB", files=1)))["a-container"]
    assert little["logOpts"] == {"max-size": "67108864", "max-file": "1"}


def test_limits() -> None:
    limited = Service("a", image="a:1", cpus=1.5, memory="1GB", memory_reserved="100000KB", restart="no", user="12:0")
    container = put(limited)["a-container"]
    assert (container["cpus"], container["memory"], container["memoryReservation"]) == ("1.5", 1024, 98)
    assert (container["restart"], container["user"]) == ("no", "12:0")
    assert put(Service("a", image="a:1", cpus=2))["a-container"]["cpus"] == "2"


def test_ports_are_published_on_loopback_unless_described_otherwise() -> None:
    ran = put(Service("a", image="a:1", port=80, publish=[80, Publish(8081, 81), Publish(82, 82, bind="0.0.0.0")]))
    assert ran["a-container"]["ports"] == [
        {"internal": 80, "external": 80, "ip": "127.0.0.1", "protocol": "tcp"},
        {"internal": 81, "external": 8081, "ip": "127.0.0.1", "protocol": "tcp"},
        {"internal": 82, "external": 82, "ip": "0.0.0.0", "protocol": "tcp"},
    ]
    assert ran.value["a"]["endpoints"] == {"": "http://127.0.0.1:80"}


@pytest.mark.parametrize(
    ("health", "test"),
    [
        (Command("exit 0"), ["CMD-SHELL", "exit 0"]),
        (Command(["/bin/check", "a b"]), ["CMD", "/bin/check", "a b"]),
        (Http("/up"), "http://127.0.0.1:80/up"),
        (Http("/up", port=9), "http://127.0.0.1:9/up"),
        (Tcp(), "127.0.0.1 80"),
        (Tcp(port=9), "127.0.0.1 9"),
    ],
    ids=str,
)
def test_a_health_check_is_asked_inside_the_container(health: Command | Http | Tcp, test: list[str] | str) -> None:
    ran = put(Service("a", image="a:1", port=80, health=health))
    tests = ran["a-container"]["healthcheck"]["tests"]
    assert tests == test if isinstance(test, list) else tests[0] == "CMD-SHELL" and test in tests[1]


def test_the_timing_of_a_health_check_is_written_as_the_daemon_reports_it() -> None:
    health = Command("true", interval="90s", timeout="500ms", retries=7, start_period="1h")
    checked = put(Service("a", image="a:1", health=health))["a-container"]["healthcheck"]
    del checked["tests"]
    assert checked == {"interval": "1m30s", "timeout": "500ms", "retries": 7, "startPeriod": "1h0m0s"}


def test_a_gate_waits_for_every_replica_and_its_patience_is_that_of_the_check() -> None:
    a = Service("a", image="a:1", port=80, health=Http("/", interval="2s", timeout="5s"), replicas=2)
    ran = put(a, Service("b", image="b:1", needs=[a]))
    gate = ran["a-ready"]
    assert gate["checks"] == [{"service": "a", "containers": ["a-container-id", "a-container-2-id"], "patience": 60}]
    assert gate["then"] == [] and "ready" not in ran
    assert ran.awaited("a-ready") == {"a-container", "a-container-2"} and gate.parent == ran["a"].urn
    assert "web-ready" not in put(web) and "ready" not in put(web)


def test_one_gate_sees_to_all_that_nothing_waits_for() -> None:
    check = Http("/", interval="2s", timeout="5s")
    first = Service("first", image="a:1", port=80, health=check)
    ran = put(
        first,
        Service("a", image="a:1", port=80, health=check, replicas=2),
        Service("b", image="b:1", port=80, health=Http("/", interval="1m", timeout="5s"), needs=[first]),
        Service("c", image="c:1"),
    )  # fmt: skip
    gate = ran["ready"]
    assert gate["checks"] == [
        {"service": "a", "containers": ["a-container-id", "a-container-2-id"], "patience": 60},
        {"service": "b", "containers": ["b-container-id"], "patience": 390},
    ]
    assert gate.parent == ran["foundation"].urn and {one for one in ran.names() if one.endswith("-ready")} == {
        "first-ready"
    }


def test_the_network() -> None:
    ran = put(web, network=Network("inner", subnet="172.28.5.0/24"))
    network = ran["network"]
    assert (network["name"], network["driver"]) == ("shop_dev_inner", "bridge")
    assert network["ipamConfigs"] == [{"subnet": "172.28.5.0/24"}]
    assert labels(network) == {"strata.stack": "shop/dev"}
    theirs = put(web, network=Network(physical_name="docker_examples"))
    assert theirs["network"]["name"] == "docker_examples" and theirs["network"].get("ipamConfigs") is None
    assert theirs["web-container"]["networksAdvanced"][0]["name"] == "docker_examples"


def test_a_volume_is_made_once_for_all_who_mount_it() -> None:
    shared = FileVolume("shared", backup="important")
    ran = put(
        shared,
        Service("a", image="a:1", volumes=[Mount(shared, "/a", read_only=True)]),
        Service("b", image="a:1", volumes=[Mount(shared, "/b")]),
    )
    volume = ran["shared-volume"]
    assert ran.of(VOLUME) == [volume] and volume["name"] == "shop_dev_shared"
    assert labels(volume) == {"strata.stack": "shop/dev", "strata.backup": "important"}
    assert volume.hooks == {"before_create": ("strata-check-volume-owner",)}
    assert mounts(ran["a-container"]) == {"/a": ("volume", "shop_dev_shared")}
    assert mounts(ran["b-container"]) == {"/b": ("volume", "shop_dev_shared")}
    assert [ran[name]["mounts"][0]["readOnly"] for name in ("a-container", "b-container")] == [True, False]
    assert put(FileVolume("v", physical_name="their_data"))["v-volume"]["name"] == "their_data"


def test_a_bound_folder_makes_no_volume(tmp_path: Path) -> None:
    bound = FileVolume("src", bind="apps/x")
    service = Service("a", image="a:1", volumes=[Mount(bound, "/src"), Mount("conf", "/conf", read_only=True)])
    ran = put(bound, service, root=tmp_path)
    assert not [one for one in ran.made if one.type == VOLUME] and ran["src"].outputs is not None
    assert mounts(ran["a-container"]) == {
        "/src": ("bind", str(tmp_path / "apps/x")), "/conf": ("bind", str(tmp_path / "conf")),
    }  # fmt: skip


def test_an_image_is_one_resource_for_all_who_run_it() -> None:
    code = Build("apps/demo", args={"A": "b"}, target="base")
    ran = put(Task("t", image=code), Service("a", image=Build("apps/demo", args={"A": "b"}, target="base")), web)
    built, pulled = sorted(ran.of("RemoteImage"), key=lambda one: one.name)
    assert pulled["name"] == "nginx:alpine" and pulled["keepLocally"] is True and pulled.get("build") is None
    assert built["build"] == {
        "context": str(ROOT / "apps/demo"), "dockerfile": "Dockerfile", "buildArgs": {"A": "b"}, "target": "base",
        "tags": [],
    }  # fmt: skip
    repository, _, tag = built["name"].partition(":")
    assert repository == "shop/demo" and len(tag) == len("0123456789ab-base") and tag.endswith("-base")
    assert ran["a-container"]["image"] == ran["t-run"]["image"] == f"sha256:{built.name}"
    assert all(one.parent == ran["foundation"].urn for one in (built, pulled))


def test_two_builds_of_one_folder_are_two_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Dockerfile", "Dockerfile.dev"):
        (tmp_path / name).write_text("FROM scratch\n")
    builds = [Build("."), Build(".", dockerfile="Dockerfile.dev"), Build(".", args={"A": "1"}), Build(".", target="x")]
    root, _ = tmp_path.rename(tmp_path.with_name("Some App")), tmp_path.mkdir()
    system = system_of(*(Service(f"s{number}", image=build) for number, build in enumerate(builds)))
    monkeypatch.setattr(checks, "ROOT", root)
    ran = deploy(system, project="Shop", root=root)
    images = ran.of("RemoteImage")
    assert len({one["name"] for one in images}) == len({one.name for one in images}) == 4
    assert images[0].name == "build-root" and images[0]["name"].startswith("shop/some-app:")


def test_the_provider_talks_to_the_users_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = put(web)
    assert ran["docker"].get("host") is None
    assert ran["web-container"].provider == ran["docker"].urn
    assert {one.provider for one in ran.made if one.type.startswith("docker:")} == {ran["docker"].urn}
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.2:2375")
    assert put(web)["docker"]["host"] == "tcp://10.0.0.2:2375"


def test_nothing_of_a_stack_is_without_its_label() -> None:
    """What is not labelled is never found again by `strata stop` or `strata down`."""
    service = Service("a", image="a:1", read_only=True, secrets_as="files", needs=[Redis("r", persistence="aof")])
    ran = put(Postgres("db"), service.needs[0], service)  # type: ignore[arg-type]
    found = [one for one in ran.made if one.type in {CONTAINER, VOLUME} or one.name == "network"]
    assert len(found) == 6
    assert all(labels(one)["strata.stack"] == "shop/dev" for one in found)
