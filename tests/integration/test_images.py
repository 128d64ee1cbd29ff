"""The contract of upstream's images, checked on what is there under their names: pulled or built."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Generator
from pathlib import Path

import pytest

from components.targets.docker.s3_server import IMAGE as S3_SERVER
from tests.waiting import eventually

pytestmark = pytest.mark.docker

# Those that the set-up brings for these tests (tests/run); tests/offline/test_images_of_tests.py compares.
POSTGRES = ("postgres:15-alpine", "postgres:15.1")
REDIS = ("redis:alpine", "redis:7-alpine")


def docker(*words: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"docker {' '.join(words)}: {done.stderr}{done.stdout}")
    return done.stdout.strip()


class Containers:
    """Starts containers with names of this test only, and removes exactly those."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._volumes: list[str] = []

    def start(self, *words: str) -> str:
        name = f"strata-test-{uuid.uuid4().hex[:8]}"
        self._names.append(name)
        docker("run", "--detach", "--name", name, *words)
        return name

    def stop(self, name: str) -> None:
        docker("rm", "--force", "--volumes", name)
        self._names.remove(name)

    def volume(self) -> str:
        name = f"strata-test-{uuid.uuid4().hex[:8]}"
        docker("volume", "create", name)
        self._volumes.append(name)
        return name

    def clear(self) -> None:
        for name in list(self._names):
            self.stop(name)
        for name in self._volumes:
            docker("volume", "rm", "--force", name)


@pytest.fixture
def containers() -> Generator[Containers, None, None]:
    started = Containers()
    yield started
    started.clear()


def answer(url: str, credentials: tuple[str, str] | None = None) -> tuple[int, str]:
    manager = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if credentials:
        manager.add_password(None, url, *credentials)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPBasicAuthHandler(manager))
    try:
        with opener.open(url, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, ""
    except OSError:
        return 0, ""


def published(container: str, port: int) -> str:
    return docker("port", container, str(port)).splitlines()[0]


@pytest.mark.parametrize("image", POSTGRES)
def test_postgres(image: str, containers: Containers, tmp_path: Path) -> None:
    volume = containers.volume()
    tmp_path.chmod(0o755)
    (tmp_path / "password").write_text("from-a-file\n")
    (tmp_path / "init").mkdir()
    (tmp_path / "init" / "1.sql").write_text("CREATE TABLE t (i int); INSERT INTO t VALUES (1);")
    (tmp_path / "init" / "2.sh").write_text('psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "INSERT INTO t VALUES (2)"')
    place = docker("image", "inspect", "--format", "{{range $k, $v := .Config.Volumes}}{{$k}}{{end}}", image)

    def start() -> str:
        name = containers.start(
            *("--env", "POSTGRES_USER=shop", "--env", "POSTGRES_DB=orders"),
            *("--env", "POSTGRES_PASSWORD_FILE=/secrets/password", "--volume", f"{tmp_path}:/secrets:ro"),
            *("--volume", f"{tmp_path / 'init'}:/docker-entrypoint-initdb.d:ro", "--volume", f"{volume}:{place}"),
            *(image, "-c", "max_connections=37"),
        )
        # Over TCP: while the initialisation runs, only the socket answers.
        ready = ("exec", name, "sh", "-c", "pg_isready -h 127.0.0.1 >/dev/null && echo yes")
        eventually(lambda: docker(*ready, check=False) == "yes", "PostgreSQL is ready")
        return name

    def remote(name: str, password: str) -> str:
        host = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", name)
        psql = ("psql", "-h", host, "-U", "shop", "orders", "-Atc", "SELECT count(*) FROM t")
        return docker("run", "--rm", "--env", f"PGPASSWORD={password}", image, *psql, check=False)

    first = start()
    assert docker("exec", first, "psql", "-U", "shop", "orders", "-Atc", "SHOW max_connections") == "37"
    assert remote(first, "from-a-file") == "2"
    assert remote(first, "wrong") == ""
    docker("exec", first, "psql", "-U", "shop", "orders", "-c", "ALTER USER shop PASSWORD 'rotated'")
    containers.stop(first)
    second = start()
    assert remote(second, "rotated") == "2", "the volume is used again, and the scripts run once"


@pytest.mark.parametrize("image", ["rabbitmq:4-management"])
def test_rabbitmq(image: str, containers: Containers) -> None:
    name = containers.start(
        *("--env", "RABBITMQ_DEFAULT_USER=shop", "--env", "RABBITMQ_DEFAULT_PASS=secret"),
        *("--env", "RABBITMQ_DEFAULT_VHOST=orders", "--publish", "127.0.0.1::15672", "--publish", "127.0.0.1::15692"),
        image,
    )
    url = f"http://{published(name, 15672)}/api/vhosts"
    eventually(lambda: answer(url, ("shop", "secret"))[0] == 200, "the management API answers")
    assert '"orders"' in answer(url, ("shop", "secret"))[1]
    assert answer(url, ("guest", "guest"))[0] == 401
    metrics = f"http://{published(name, 15692)}/metrics"
    eventually(lambda: "rabbitmq_" in answer(metrics)[1], "metrics")
    ping = ("exec", name, "rabbitmq-diagnostics", "-q", "ping")
    eventually(lambda: docker(*ping, check=False).startswith("Ping succeeded"), "the health check succeeds")


@pytest.mark.parametrize("image", REDIS)
def test_redis(image: str, containers: Containers) -> None:
    volume = containers.volume()

    def start(*command: str) -> str:
        name = containers.start("--volume", f"{volume}:/data", image, *command)
        eventually(lambda: "PONG" in docker("exec", name, "redis-cli", "-a", "pw", "ping", check=False), "PONG")
        return name

    first = start("redis-server", "--appendonly", "yes", "--requirepass", "pw")
    docker("exec", first, "redis-cli", "-a", "pw", "set", "kept", "1")
    assert "NOAUTH" in docker("exec", first, "redis-cli", "get", "kept")
    assert docker("exec", first, "stat", "-c", "%u", "/data/appendonlydir") == "999"
    containers.stop(first)
    second = containers.start("--volume", f"{volume}:/data", image, "--appendonly", "yes")
    host = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", second)
    other = ("run", "--rm", image, "redis-cli", "-h", host, "get", "kept")
    eventually(lambda: docker(*other, check=False) == "1", "another container reads without a password")


def test_minio(containers: Containers, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "user").write_text("keeper\n")
    (tmp_path / "password").write_text("long-enough\n")
    name = containers.start(
        *("--env", "MINIO_ROOT_USER_FILE=/s/user", "--env", "MINIO_ROOT_PASSWORD_FILE=/s/password"),
        *("--volume", f"{tmp_path}:/s:ro", "--publish", "127.0.0.1::9000"),
        *(S3_SERVER, "server", "/data"),
    )
    url = f"http://{published(name, 9000)}/minio/health/live"
    eventually(lambda: answer(url)[0] == 200, "MinIO is alive")
    host = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", name)
    script = f"mc alias set m http://{host}:9000 keeper long-enough && mc mb m/bucket && echo hi | mc pipe m/bucket/x"
    said = docker("run", "--rm", "--entrypoint", "/bin/sh", S3_SERVER, "-c", f"{script} && mc cat m/bucket/x")
    assert said.endswith("hi")


def test_nginx(containers: Containers, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "app.conf").write_text('server { listen 8080; location / { return 200 "of $host"; } }')
    mounted = ("--volume", f"{tmp_path}:/etc/nginx/conf.d:ro", "--publish", "127.0.0.1::8080")
    name = containers.start(*mounted, "nginx:alpine")
    url = f"http://{published(name, 8080)}/"
    eventually(lambda: answer(url) == (200, "of 127.0.0.1"), "nginx answers with the mounted configuration")


@pytest.mark.parametrize("image", ["prom/prometheus:v3.5.0"])
def test_prometheus(image: str, containers: Containers, tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_text(
        "global: {scrape_interval: 1s}\n"
        "scrape_configs: [{job_name: self, static_configs: [{targets: [localhost:9090]}]}]\n"
    )
    (tmp_path / "p.yml").chmod(0o644)
    mounted = ("--volume", f"{tmp_path / 'p.yml'}:/etc/prometheus/prometheus.yml:ro", "--publish", "127.0.0.1::9090")
    name = containers.start(*mounted, image, "--config.file=/etc/prometheus/prometheus.yml")
    url = f"http://{published(name, 9090)}/api/v1/query?query=up==1"
    eventually(lambda: '"self"' in answer(url)[1], "Prometheus scrapes itself, and is up")


@pytest.mark.parametrize("image", ["python:3.14-slim"])
def test_python_keeps_upstreams_layout(image: str) -> None:
    version = docker("run", "--rm", image, "python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    script = (
        "import sysconfig, sys; print(sys.prefix, sysconfig.get_paths()['purelib'], sysconfig.get_paths()['scripts'])"
    )
    assert docker("run", "--rm", image, "python", "-c", script).split() == [
        "/usr/local",
        f"/usr/local/lib/python{version}/site-packages",
        "/usr/local/bin",
    ]
    modules = "ssl, sqlite3, ctypes, lzma, bz2, readline, uuid, curses, zoneinfo"
    docker(
        "run", "--rm", "--user", "1000", image, "python", "-c", f"import {modules}; zoneinfo.ZoneInfo('Europe/Rome')"
    )


@pytest.mark.parametrize("image", ["node:24-slim"])
def test_node_has_its_ordinary_user(image: str) -> None:
    script = "console.log(process.getuid(), process.versions.node.split('.')[0])"
    major = image.partition(":")[2].partition("-")[0]
    assert docker("run", "--rm", "--user", "node", image, "-e", script) == f"1000 {major}"
