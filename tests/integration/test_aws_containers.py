"""The containers that the AWS target runs instead of managed services, run here as their task definitions say.

What Docker cannot show of it: EFS (its user and its locks between machines), Cloud Map and ECS itself.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from components.model.described import Described
from components.targets.aws.settings import BRIDGE
from strata import Gateway, Monitoring, Postgres, Prometheus, Secret, Service
from tests.integration.test_images import Containers, docker
from tests.integration.test_images import containers as containers
from tests.ran import Ran
from tests.targets.aws.conftest import nobody as nobody
from tests.targets.aws.stage import containers as defined
from tests.targets.aws.stage import put
from tests.waiting import eventually

pytestmark = pytest.mark.docker


def words(ran: Ran, name: str, secrets: Mapping[str, str], *more: str) -> list[str]:
    """`docker run` words for the container of a task definition."""
    one: dict[str, Any] = defined(ran[f"{name}-task"])[name]
    given = {pair["name"]: pair["value"] for pair in one["environment"]}
    asked = [pair["name"] for pair in one.get("secrets", [])]
    environment = {**given, **{key: secrets[key] for key in asked}}
    check = one["healthCheck"]
    said = ["--health-cmd", check["command"][1], "--health-interval", "1s", "--health-retries", "100"]
    keys = [word for key, value in environment.items() for word in ("--env", f"{key}={value}")]
    entry = one.get("entryPoint", [])
    begin = ["--entrypoint", entry[0]] if entry else []
    return [*keys, *said, *more, *begin, one["image"], *entry[1:], *one.get("command", [])]


def healthy(name: str) -> bool:
    state = json.loads(docker("inspect", "--format", "{{json .State}}", name))
    assert state["Status"] == "running", docker("logs", name)
    return state["Health"]["Status"] == "healthy"


def tls(ran: Ran, name: str) -> dict[str, str]:
    made = ran[f"{name}-certificate"]["input"]
    return {"TLS_CERTIFICATE": made["certificate"], "TLS_KEY": made["key"]}


def database(password: str) -> Described:
    return Postgres("db", version="15.1", variant="container", user="shop", database="orders",
                    password=Secret("pw", default=password), extensions=["pg_trgm"],
                    init=["first.sql"])  # fmt: skip


def test_postgres(containers: Containers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "first.sql").write_text("CREATE TABLE t (i int); INSERT INTO t VALUES (1);\n")
    volume, mount = containers.volume(), "/data"

    def start(password: str) -> str:
        monkeypatch.setattr("components.targets.aws.checks.ROOT", tmp_path)
        ran = put(database(password), root=tmp_path)
        return containers.start(
            *words(ran, "db", {"POSTGRES_PASSWORD": password, **tls(ran, "db")}, "--volume", f"{volume}:{mount}")
        )

    def ask(name: str, password: str, sql: str) -> str:
        # By its own address: the image trusts whoever comes by loopback.
        host = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", name)
        url = f"postgresql://shop:{password}@{host}/orders?sslmode=require"
        return docker("exec", name, "psql", "-X", "-At", "-c", sql, url, check=False)

    first = start("one + o'ne")
    eventually(lambda: healthy(first), "the server is prepared")
    assert ask(first, "one%20%2B%20o%27ne", "SELECT i FROM t") == "1", "init scripts ran, and TLS is spoken"
    assert ask(first, "one%20%2B%20o%27ne", "SELECT extname FROM pg_extension WHERE extname = 'pg_trgm'") == "pg_trgm"
    assert docker("exec", first, "stat", "-c", "%u", "/proc/1") != "0", "the server does not run as root"
    dump = "/data/dumps/orders.dump"
    eventually(lambda: docker("exec", first, "ls", dump, check=False) == dump, "a first dump")
    assert "TABLE DATA public t" in docker("exec", first, "pg_restore", "--list", dump)

    second = start("two")
    eventually(lambda: "lock" in docker("exec", second, "sh", "-c", "ls /data"), "it has begun")
    time.sleep(5)
    assert not healthy(second), "it waits for the data"
    assert docker("logs", second) == ""
    docker("exec", "--detach", first, "psql", "-U", "shop", "-d", "orders", "-c", "SELECT pg_sleep(600)")
    docker("stop", "--time", "60", first)
    assert docker("inspect", "--format", "{{.State.ExitCode}}", first) == "0", (
        "it ended by itself, though a client is busy"
    )
    eventually(lambda: healthy(second), "it has the data now")
    assert ask(second, "two", "SELECT i FROM t") == "1", "an older volume follows a new password"
    assert ask(second, "one%20%2B%20o%27ne", "SELECT 1") == ""


ECHO = 'server { listen 80; location / { return 200 "$http_x_forwarded_proto $http_host $uri\\n"; } }'


@contextmanager
def cloud_map(containers: Containers) -> Generator[str]:
    """A network, whose aliases stand for Cloud Map's names."""
    network = f"strata-test-{uuid.uuid4().hex[:8]}"
    docker("network", "create", network)
    try:
        yield network
    finally:
        containers.clear()
        docker("network", "rm", network)


def address_of(name: str, network: str) -> str:
    return docker("inspect", "--format", f'{{{{(index .NetworkSettings.Networks "{network}").IPAddress}}}}', name)


def web_server(containers: Containers, network: str, configuration: str) -> str:
    """nginx under the name that a service `web` has in Cloud Map."""
    where = ("--network", network, "--network-alias", "web.shop-prod.internal", "--env", f"CONF={configuration}")
    written = 'printf %s "$CONF" > /etc/nginx/conf.d/default.conf; exec nginx -g "daemon off;"'
    return containers.start(*where, "nginx:alpine", "sh", "-c", written)


def curl(*words: str) -> str:
    done = subprocess.run(["curl", "--noproxy", "*", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_gateway(containers: Containers, tmp_path: Path) -> None:
    """Its own start-up script, names and certificate."""
    web = Service("web", image="nginx:alpine", port=80)
    ran = put(web, Gateway(routes={"/": web}, variant="container", rate=2))
    (tmp_path / "ca").write_text(tls(ran, "gateway")["TLS_CERTIFICATE"])
    with cloud_map(containers) as network:
        web_server(containers, network, ECHO)
        gateway = containers.start(*words(ran, "gateway", tls(ran, "gateway"), "--network", network))
        eventually(lambda: healthy(gateway), "nginx answers")
        address = address_of(gateway, network)
        form = ("--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}")
        assert curl("--silent", *form, f"http://{address}/a") == f"301 https://{address}/a"

        trusted = ("--cacert", str(tmp_path / "ca"), "--resolve", f"gateway.shop-prod.internal:443:{address}")
        url = "https://gateway.shop-prod.internal/a"
        said = [curl("--silent", *trusted, "--write-out", "%{http_code}", url) for _ in range(4)]
        assert said[0] == "https gateway.shop-prod.internal /a\n200"
        assert said[3].endswith("429"), "the rate of two a minute, and as many at once"
        assert docker("exec", gateway, "stat", "-c", "%a", "/etc/nginx/tls.key") == "600"


def test_gateway_on_a_shared_host(containers: Containers, tmp_path: Path) -> None:
    """Docker's bridge as on such a host: it finds a service at the host's own address, and again when that is replaced
    without being started anew; who asks is told apart by their address."""
    with socket.create_server((BRIDGE, 0)) as taken:
        port = taken.getsockname()[1]
    web = Service("web", image="nginx:alpine", port=port)
    shared = {"capacity": "ec2", "nat": "none", "hosts": {"network": "bridge"}}
    ran = put(web, Gateway(routes={"/": web}, variant="container", rate=1000), aws=shared)
    (tmp_path / "ca").write_text(tls(ran, "gateway")["TLS_CERTIFICATE"])
    listens = defined(ran["web-task"])["web"]["portMappings"]
    assert [one["hostPort"] for one in listens] == [port]
    seen = ECHO.replace("listen 80", f"listen {port}").replace("$uri", "$http_x_real_ip")

    def serve() -> str:
        written = 'printf %s "$CONF" > /etc/nginx/conf.d/default.conf; exec nginx -g "daemon off;"'
        where = ("--publish", f"{BRIDGE}:{port}:{port}", "--env", f"CONF={seen}")
        return containers.start(*where, "nginx:alpine", "sh", "-c", written)

    server = serve()
    gateway = containers.start(*words(ran, "gateway", tls(ran, "gateway")))
    eventually(lambda: healthy(gateway), "nginx answers")
    address = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", gateway)
    trusted = ("--cacert", str(tmp_path / "ca"), "--resolve", f"gateway.shop-prod.internal:443:{address}")

    def said() -> str:
        return curl("--silent", *trusted, "https://gateway.shop-prod.internal/a")

    assert said() == f"https gateway.shop-prod.internal {BRIDGE}\n", "the client is this machine, not the gateway"
    containers.stop(server)
    assert "502 Bad Gateway" in said()
    serve()
    eventually(lambda: said().startswith("https "), "the new one is found at the same place", 20)


METRICS = 'server { listen 80; location /metrics { default_type text/plain; return 200 "http_requests_total 1\\n"; } }'


def test_prometheus(containers: Containers) -> None:
    """It reads its configuration and rules, finds a task by its name, and says so when that is gone."""
    web = Service("web", image="nginx:alpine", port=80, metrics="/metrics")
    watching = Monitoring(prometheus=Prometheus(interval="1s"))
    ran = put(web, Gateway(routes={"/": web}), monitoring=watching)
    with cloud_map(containers) as network:
        server = web_server(containers, network, METRICS)
        prometheus = containers.start(*words(ran, "prometheus", {}, "--network", network))
        eventually(lambda: healthy(prometheus), "it is ready")
        place = f"http://{address_of(prometheus, network)}:9090/api/v1"

        def rules() -> dict[str, tuple[str, str]]:
            groups = json.loads(curl("--silent", f"{place}/rules"))["data"]["groups"]
            return {one["name"]: (one["state"], one["health"]) for group in groups for one in group["rules"]}

        def up() -> list[str]:
            found = json.loads(curl("--silent", f"{place}/query", "--data-urlencode", 'query=up{job="web"}'))
            return [one["value"][1] for one in found["data"]["result"]]

        eventually(lambda: up() == ["1"], "the task is scraped")
        well = dict.fromkeys(("web-running", "web-errors", "web-latency"), ("inactive", "ok"))
        eventually(lambda: rules() == well, "every rule was understood", 30)
        docker("stop", "--time", "1", server)
        eventually(lambda: rules()["web-running"] == ("pending", "ok"), "a task that is gone is missed")
