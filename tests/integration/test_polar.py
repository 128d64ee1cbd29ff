"""Polar in real containers: what its document names, row by row, and its switches."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import docker
import httpx
import psycopg
import pytest
from docker.errors import APIError, ImageNotFound

from systems.polar import system as polar_system
from tests.integration.conftest import MakeStack
from tests.integration.harness import ROOT
from tests.integration.jobs import STATISTICS, TEXT, Jobs, photograph
from tests.integration.polar import PORTS, QUEUES, SERVICES, TASKS, VOLUMES, Polar
from tests.integration.watch import Watch
from tests.waiting import eventually

pytestmark = pytest.mark.docker

GRAFANA = polar_system.grafana.image


@pytest.fixture(scope="module")
def polar(make_stack: MakeStack) -> Polar:
    stack = make_stack(ROOT / "systems/polar", of=Polar, system="systems.polar.system", target="docker", reload=True)
    assert isinstance(stack, Polar)
    with Watch(stack.owner) as stack.watch:
        stack.up().ok()
    return stack


def test_every_service_is_there_under_its_name_and_healthy(polar: Polar) -> None:
    containers = polar.containers()
    health = {name: one.attrs["State"]["Health"]["Status"] for name, one in containers.items()}
    assert health == dict.fromkeys(SERVICES, "healthy")
    assert {name: one.name for name, one in containers.items()} == {
        name: f"polar_{polar.name}_{name}" for name in SERVICES
    }
    versions = {"db": ["postgres", "--version"], "api": ["python", "--version"], "web": ["node", "--version"]}
    said = [polar.inside(service, *command).strip() for service, command in versions.items()]
    assert [said[0].split()[2][:3], said[1][:11], said[2][:4]] == ["15.", "Python 3.14", "v24."]


def test_volumes_have_the_names_of_the_document(polar: Polar) -> None:
    # As described: what an image asks for beside it (Redis does) gets a volume without a name, gone with its container.
    mounted = {
        name: {mount["Source"] for mount in one.attrs["HostConfig"].get("Mounts") or [] if mount["Type"] == "volume"}
        for name, one in polar.containers().items()
    }
    prefix = f"polar_{polar.name}_"
    assert mounted == {name: {prefix + volume for volume in volumes} for name, volumes in VOLUMES.items()}
    assert polar.left()["volumes"] == sorted(prefix + volume for volume in set[str]().union(*VOLUMES.values()))


def test_names_resolve_and_answer_inside_the_network(polar: Polar) -> None:
    (network,) = polar.left()["networks"]
    assert network == f"polar_{polar.name}_network"
    for name, port in {"db": 5432, "redis": 6379, "minio": 9000, "api": 8000}.items():
        joined = polar.containers()[name].attrs["NetworkSettings"]["Networks"]
        connect = f"import socket; print(socket.create_connection(('{name}', {port}), 5).getpeername()[0])"
        assert polar.inside("worker", "python", "-c", connect).strip() == joined[network]["IPAddress"]


def test_published_ports_answer_on_this_machine_only(polar: Polar) -> None:
    outputs = polar.outputs()["services"]
    for name, one in polar.containers().items():
        published = {port: bound for port, bound in one.attrs["NetworkSettings"]["Ports"].items() if bound}
        assert set(published) == {f"{port}/tcp" for port in PORTS[name]}, name
        for port, endpoint in PORTS[name].items():
            host, chosen = polar.address(name, port)
            assert host == "127.0.0.1"
            assert outputs[name]["endpoints"][endpoint].endswith(f"://127.0.0.1:{chosen}")
    with socket.create_connection(polar.address("redis", 6379), 5) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(16) == b"+PONG\r\n"
    urls = {"api": "/health", "web": "/", "minio": "/minio/health/live"}
    for name, path in urls.items():
        assert httpx.get(polar.endpoint(name) + path).status_code == 200, name
    # The console's own page may be left out of an image; that its port belongs to it shows in any answer.
    assert httpx.get(polar.endpoint("minio", "console")).headers["server"].startswith("MinIO")


def test_the_database_knows_polar_and_nobody_else(polar: Polar) -> None:
    host, port = polar.address("db", 5432)
    with psycopg.connect(host=host, port=port, user="polar", password="polar", dbname="polar") as connection:
        row = connection.execute("select count(*) from jobs").fetchone()
    assert row is not None and row[0] >= 4, "the seed data is there"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=host, port=port, user="polar", password="wrong", dbname="polar")


def test_one_bucket_is_private_and_one_is_read_by_anybody(polar: Polar) -> None:
    for bucket in ("polar-s3", "polar-s3-public"):
        polar.mc(f"printf hello | mc -q pipe polar/{bucket}/greeting.txt")
    store = polar.endpoint("minio")
    assert httpx.get(f"{store}/polar-s3/greeting.txt").status_code == 403
    public = httpx.get(f"{store}/polar-s3-public/greeting.txt")
    assert (public.status_code, public.text) == (200, "hello")
    assert httpx.put(f"{store}/polar-s3-public/mine.txt", content=b"x").status_code == 403
    refused = "export MC_CONFIG_DIR=/tmp/.mc-none; mc -q alias set x http://127.0.0.1:9000 polar guessed-wrong"
    assert polar.containers()["minio"].exec_run(["sh", "-c", refused]).exit_code != 0


def test_the_database_is_checked_every_two_seconds(polar: Polar) -> None:
    database = polar.containers()["db"]
    assert "pg_isready" in " ".join(database.attrs["Config"]["Healthcheck"]["Test"])
    assert database.attrs["Config"]["Healthcheck"]["Interval"] == 2_000_000_000
    assert "accepting connections" in database.attrs["State"]["Health"]["Log"][-1]["Output"]


def test_the_page_has_four_gigabytes(polar: Polar) -> None:
    assert polar.containers()["web"].attrs["HostConfig"]["Memory"] == 4 * 1024**3


def test_everything_starts_in_the_documents_order(polar: Polar) -> None:
    """By the daemon's own events and the buckets' own dates."""
    watch = polar.watch
    api = watch.first("api", "start")
    for service in ("db", "redis", "minio"):
        assert watch.first(service, "health_status: healthy") < api, service
    for task in TASKS:
        assert watch.first(task, "die", exitCode="0") < api, task
    assert watch.first("migrate", "die") < watch.first("seed", "start")
    made = polar.buckets()
    assert set(made) == {"polar-s3", "polar-s3-public"}
    assert all(when < api / 1e9 for when in made.values())
    for service in ("worker", "web"):
        assert watch.first(service, "start") > api, service


def test_jobs_of_all_three_queues_go_through_redis(polar: Polar) -> None:
    """While no worker runs they lie in Redis' lists; then every one is done."""
    info = polar.jobs.info()
    assert (info["queue"], info["queues"], info["storage"]) == ("redis", QUEUES, "polar-s3")
    worker = polar.containers()["worker"]
    worker.stop()
    jobs = {queue: polar.jobs.text(TEXT, queue=queue) for queue in reversed(QUEUES)}
    waiting = {queue: polar.inside("redis", "redis-cli", "LRANGE", f"queue:{queue}", "0", "-1") for queue in QUEUES}
    assert all(jobs[queue]["id"] in waiting[queue] for queue in QUEUES)
    worker.start()
    done = {queue: polar.jobs.done(job) for queue, job in jobs.items()}
    assert {queue: job["queue"] for queue, job in done.items()} == {queue: queue for queue in QUEUES}
    assert all({key: job["result"][key] for key in STATISTICS} == STATISTICS for job in done.values())
    assert sorted(QUEUES, key=lambda queue: done[queue]["started_at"]) == QUEUES


def test_monitoring_adds_prometheus_which_scrapes_the_api(polar: Polar) -> None:
    before = polar.lives()
    polar.write({"monitoring": {"enabled": True, "grafana": False}, "services": {"prometheus": {"interval": "1s"}}})
    added = polar.changed()
    # Nothing waits for Prometheus, so the last gate sees to it.
    assert {name for name in added if "prom" not in name} == {"monitoring", "ready"}
    assert added.pop("ready") == {"update"}
    assert all(done == {"create"} for done in added.values())
    assert {name: one for name, one in polar.lives().items() if name != "prometheus"} == before
    assert "--storage.tsdb.retention.time=1d" in polar.containers()["prometheus"].attrs["Args"]
    eventually(lambda: polar.measured('up{job="api"}') == ["1"], "Prometheus reaches the API")
    eventually(lambda: polar.measured('http_requests_total{job="api",endpoint="/api/jobs"}'), "it has its requests")
    flags = httpx.get(f"{polar.endpoint('prometheus')}/api/v1/status/flags").json()["data"]
    assert flags["storage.tsdb.retention.time"] == "1d"


def test_grafana_comes_with_its_data_source_or_says_how_to_do_without(polar: Polar) -> None:
    """Where its image can be had, it shows Prometheus; elsewhere one line names the image and the setting."""
    before = polar.lives()
    polar.write({"monitoring": True})
    outcome = polar.up()
    if can_be_had(GRAFANA):
        outcome.ok()
        with httpx.Client(base_url=polar.endpoint("grafana"), auth=("polar", "polar")) as grafana:
            sources = grafana.get("/api/datasources").raise_for_status().json()
            assert [(one["type"], one["url"]) for one in sources] == [("prometheus", "http://prometheus:9090")]
            assert grafana.get("/api/datasources/uid/prometheus/health").json()["status"] == "OK"
            assert grafana.get("/api/datasources", auth=("polar", "wrong")).status_code == 401
    else:
        assert outcome.code != 0
        diagnostics = outcome.text.partition("Diagnostics:")[2]
        advice = f"error: {GRAFANA} cannot be had; leave Grafana out with strata:monitoring: {{grafana: false}}"
        assert [line.strip() for line in diagnostics.splitlines() if "strata:monitoring" in line] == [advice]
        assert "Traceback" not in outcome.text
    assert {name: one for name, one in polar.lives().items() if name in SERVICES} == {
        name: before[name] for name in SERVICES
    }


def can_be_had(image: str) -> bool:
    """Whether an image is on this machine or a registry serves it."""
    client = docker.from_env()
    try:
        return client.images.get(image) is not None
    except ImageNotFound:
        try:
            return client.images.pull(image) is not None
        except APIError:
            return False


COPY = """
from dataclasses import replace
from pathlib import Path

from components.core.resolve import rebuild
from strata import Mount, Service
from systems.polar.system import system as polar

HERE = Path(__file__).parent


def elsewhere(one):
    if not isinstance(one, Service) or one.reload is None:
        return {}
    mounts = tuple(Mount(str(HERE / mount.source), mount.target) for mount in one.reload.mounts)
    return {"reload": replace(one.reload, mounts=mounts)}


system = rebuild(polar, elsewhere, [])
"""
"""Polar, but for the folders that hot reload mounts."""


@pytest.fixture(scope="module")
def sources(polar: Polar, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the applications' sources, which the stack mounts from now on."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        ROOT / "apps", folder / "apps", ignore=shutil.ignore_patterns("node_modules", "__pycache__", "dist")
    )
    (folder / "polar_copy.py").write_text(COPY)
    polar.variables["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    polar.write({"system": "polar_copy"})
    polar.up().ok()
    return folder / "apps"


def test_an_edit_of_the_backend_shows_without_a_new_container(polar: Polar, sources: Path) -> None:
    """The API answers with the new version, and the worker has begun again, in the containers that ran before."""
    before, begun = polar.lives(), worker_starts(polar)
    assert polar.jobs.info()["version"] == "1.0.0"
    (sources / "demo/demo/__init__.py").write_text('__version__ = "1.0.1-edited"\n')
    api = polar.jobs
    eventually(lambda: api.info()["version"] == "1.0.1-edited", "the API answers with the edit")
    eventually(lambda: worker_starts(polar) > begun, "the worker has begun again")
    assert polar.lives() == before
    assert api.done(api.text(TEXT))["state"] == "done"


def worker_starts(polar: Polar) -> int:
    """How often the worker's program has begun inside its container."""
    return polar.containers()["worker"].logs().decode().count('"event": "started"')


def test_an_edit_of_the_page_shows_without_a_new_container(polar: Polar, sources: Path) -> None:
    before, page = polar.lives(), f"{polar.endpoint('web')}/src/app.tsx"
    source = sources / "web/src/app.tsx"
    heading = "Hand in a picture or a text."
    assert heading in httpx.get(page).raise_for_status().text
    source.write_text(source.read_text().replace(heading, "Hand in what you like."))
    eventually(lambda: "Hand in what you like." in httpx.get(page).text, "the page has the edit")
    assert polar.lives() == before


def test_the_starter_runs_beside_it(polar: Polar, make_stack: MakeStack) -> None:
    """Both are healthy at the same time, each with its own network, database and jobs."""
    starter = make_stack(ROOT, system="systems.starter.system", target="docker")
    before = polar.lives()
    starter.up().ok()
    for stack in (polar, starter):
        health = {one.attrs["State"]["Health"]["Status"] for one in stack.containers().values()}
        assert health == {"healthy"}
    assert {name: polar.lives()[name] for name in SERVICES} == {name: before[name] for name in SERVICES}
    theirs = Jobs(str(starter.outputs()["url"]))
    job, other = polar.jobs.picture(photograph()), theirs.picture(photograph())
    assert polar.jobs.thumbnail(polar.jobs.done(job)).size == theirs.thumbnail(theirs.done(other)).size == (320, 213)
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        theirs.get(job)
