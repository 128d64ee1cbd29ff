"""The demo services in real containers, with RabbitMQ and with Redis as the queue, and with parts taken away."""

import io
import json
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageOps

from apps.lab import DEMO, Lab, docker
from components.targets.docker.s3_server import IMAGE as S3_SERVER
from tests.waiting import eventually

APPS = Path(__file__).resolve().parents[2] / "apps"
WEB = "strata-test-web"

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def images() -> None:
    docker("build", "--quiet", "--tag", DEMO, str(APPS / "demo"))
    docker("build", "--quiet", "--tag", WEB, str(APPS / "web"))


class Demo(Lab):
    """The whole system, with one of the two brokers."""

    def __init__(self, broker: str) -> None:
        super().__init__()
        self.broker = broker
        try:
            self.begin(broker)
        except BaseException:
            self.remove()  # A fixture that fails here has nothing to remove yet.
            raise

    def begin(self, broker: str) -> None:
        """Start everything and wait until the page's API is ready."""
        self.start("db", "postgres:15.1", POSTGRES_USER="shop", POSTGRES_PASSWORD="p@ss", POSTGRES_DB="shop")
        self.start("redis", "redis:alpine", "redis-server", "--save", "", "--requirepass", "hush")
        keys = {"MINIO_ROOT_USER": "minio", "MINIO_ROOT_PASSWORD": "minio-key"}
        self.start("files", S3_SERVER, "server", "/data", **keys)
        self.bindings = {key: value for key, _, value in (line.partition("=") for line in _BINDINGS.split())}
        if broker == "rabbitmq":
            self.start("broker", "rabbitmq:4-management")
            self.bindings["AMQP_URL"] = "amqp://guest:guest@broker:5672/"
        self.task("python", "-c", _MAKE_BUCKET)
        self.migrated = self.task("python", "-m", "demo.migrate")
        self.app("api", port=8000, SERVICE_NAME="api")
        self.app("worker", "python", "-m", "demo.worker", port=9100, JOB_MIN_SECONDS="1.5")
        page = ["--read-only", "--publish", "127.0.0.1::3000"]
        self.start("web", WEB, options=page, API_URL="http://api:8000")
        self.web = self.url("web")
        eventually(lambda: httpx.get(f"{self.web}/api/ready").status_code == 200, "the system is ready")

    @property
    def api(self) -> str:
        return self.url("api")

    def submit(self, **form: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.web}/api/jobs", timeout=20, **form)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def job(self, job: dict[str, Any]) -> dict[str, Any]:
        return httpx.get(f"{self.web}/api/jobs/{job['id']}").raise_for_status().json()

    def reaches(self, job: dict[str, Any], *states: str) -> dict[str, Any]:
        eventually(lambda: self.job(job)["state"] in states, f"{job['id']} is {' or '.join(states)}")
        return self.job(job)

    def ended(self, job: dict[str, Any]) -> dict[str, Any]:
        return self.reaches(job, "done", "failed")


_BINDINGS = """
DATABASE_URL=postgresql://shop:p%40ss@db:5432/shop
REDIS_URL=redis://:hush@redis:6379/0
JOB_QUEUES=urgent,normal
S3_ENDPOINT_URL=http://files:9000
S3_FORCE_PATH_STYLE=true
AWS_REGION=us-east-1
AWS_ACCESS_KEY_ID=minio
AWS_SECRET_ACCESS_KEY=minio-key
S3_BUCKETS=uploads
S3_BUCKET_UPLOADS=shop-uploads
REQUEUE_AFTER_SECONDS=3
"""
_MAKE_BUCKET = """
import os, boto3
from botocore.config import Config
client = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"], config=Config(retries={"max_attempts": 10}))
client.create_bucket(Bucket="shop-uploads")
"""


@pytest.fixture(scope="module", params=["rabbitmq", "redis"])
def demo(request: pytest.FixtureRequest, images: None) -> Iterator[Demo]:
    system = Demo(request.param)
    yield system
    system.remove()


def photo() -> bytes:
    """A photograph taken with the camera turned: 1200 x 800, to be seen as 800 x 1200."""
    image = ImageOps.fit(Image.radial_gradient("L"), (1200, 800)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def test_a_photograph_comes_back_as_an_upright_thumbnail(demo: Demo) -> None:
    data = photo()
    job = demo.ended(demo.submit(files={"file": ("été.jpg", data, "image/jpeg")}))
    assert (job["state"], job["result"]["width"], job["result"]["height"]) == ("done", 800, 1200)
    thumbnail = httpx.get(demo.web + job["thumbnail_url"]).raise_for_status()
    assert Image.open(io.BytesIO(thumbnail.content)).size == (213, 320)
    assert httpx.get(demo.web + job["file_url"]).content == data


def test_a_text_is_counted_and_every_state_is_seen_live(demo: Demo) -> None:
    seen: list[str] = []
    with httpx.stream("GET", f"{demo.web}/api/events", timeout=20) as events:
        lines = events.iter_lines()
        assert any(line == "event: hello" for line in lines)
        job = demo.submit(data={"text": "one two two", "queue": "normal"})
        while "done" not in seen:
            line = next(lines)
            if line.startswith("data: ") and job["id"] in line:
                seen.append(json.loads(line.removeprefix("data: "))["state"])
    assert seen[-2:] == ["processing", "done"]
    assert demo.job(job)["result"]["words"] == 3


def test_the_list_shows_a_job_as_soon_as_it_is_submitted(demo: Demo) -> None:
    for number in range(5):
        httpx.get(f"{demo.api}/api/jobs")
        job = demo.submit(data={"text": f"number {number}"})
        assert httpx.get(f"{demo.api}/api/jobs").json()["jobs"][0]["id"] == job["id"]
    eventually(lambda: "queued" not in httpx.get(f"{demo.api}/api/jobs").text, "all are in work")
    httpx.get(f"{demo.api}/api/jobs")
    httpx.get(f"{demo.api}/jobs")
    metrics = httpx.get(f"{demo.api}/metrics").text
    assert 'http_requests_total{endpoint="/api/jobs",method="GET",status="200"}' in metrics
    assert 'db_query_duration_seconds_count{query_type="list_jobs"}' in metrics
    hits = next(line for line in metrics.splitlines() if line.startswith('cache_hits_total{cache_type="jobs_list"}'))
    assert float(hits.split()[-1]) > 0


def test_the_job_of_a_killed_worker_is_finished_after_its_restart(demo: Demo) -> None:
    job = demo.submit(files={"file": ("photo.jpg", photo(), "image/jpeg")})
    demo.reaches(job, "processing")
    demo.on("worker", "kill")
    assert demo.job(job)["state"] == "processing"
    demo.on("worker", "start")
    ended = demo.ended(job)
    assert (ended["state"], ended["attempts"]) == ("done", 2)


def test_urgent_jobs_overtake(demo: Demo) -> None:
    demo.on("worker", "stop")
    normal = [demo.submit(data={"text": "later", "queue": "normal"}) for _ in range(2)]
    urgent = demo.submit(data={"text": "now", "queue": "urgent"})
    demo.on("worker", "start")
    finished = demo.ended(urgent)["finished_at"]
    assert all(finished < demo.ended(job)["started_at"] for job in normal)


def test_a_stopped_worker_finishes_its_job_within_five_seconds(demo: Demo) -> None:
    job = demo.submit(data={"text": "the last one"})
    demo.reaches(job, "processing")
    started = time.monotonic()
    demo.on("worker", "stop")
    assert time.monotonic() - started < 5
    assert (demo.job(job)["state"], demo.job(job)["attempts"]) == ("done", 1)
    demo.on("worker", "start")


def test_the_database_may_be_restarted(demo: Demo) -> None:
    job = demo.submit(data={"text": "before the restart"})
    demo.on("db", "stop")
    ready = httpx.get(f"{demo.api}/api/ready", timeout=10)
    assert (ready.status_code, ready.json()["down"]) == (503, ["database"])
    refused = httpx.post(f"{demo.web}/api/jobs", data={"text": "meanwhile"}, timeout=20)
    assert (refused.status_code, "database" in refused.json()["detail"]) == (503, True)
    assert httpx.get(f"{demo.api}/health").status_code == 200
    demo.on("db", "start")
    assert eventually(lambda: demo.ended(job), "the job is done")["state"] == "done"
    assert demo.ended(demo.submit(data={"text": "after the restart"}))["state"] == "done"


def test_a_job_taken_in_while_the_broker_is_away_is_done_later(demo: Demo) -> None:
    broker = "broker" if demo.broker == "rabbitmq" else "redis"
    demo.on(broker, "stop")
    job = demo.submit(data={"text": "patience"})
    assert demo.job(job)["state"] == "queued"
    assert "queue" in httpx.get(f"{demo.api}/api/ready", timeout=10).json()["down"]
    demo.on(broker, "start")
    assert demo.ended(job)["state"] == "done"
    eventually(lambda: httpx.get(f"{demo.api}/api/ready", timeout=10).status_code == 200, "the API is ready again")


def test_jobs_that_the_broker_has_lost_are_sent_again(demo: Demo) -> None:
    demo.on("worker", "stop")
    job = demo.submit(data={"text": "lost and found"})
    if demo.broker == "rabbitmq":
        demo.on("broker", "exec", "rabbitmqctl", "purge_queue", "urgent")
    else:
        demo.on("redis", "exec", "redis-cli", "-a", "hush", "FLUSHALL")
    demo.on("worker", "start")
    assert demo.ended(job)["state"] == "done"


def test_the_api_stops_within_five_seconds_while_someone_listens(demo: Demo) -> None:
    with httpx.stream("GET", f"{demo.web}/api/events", timeout=20) as events:
        next(events.iter_lines())
        started = time.monotonic()
        demo.on("api", "stop")
        assert time.monotonic() - started < 5
    assert httpx.get(f"{demo.web}/api/jobs").status_code == 502
    demo.on("api", "start")
    eventually(lambda: httpx.get(f"{demo.web}/api/ready").status_code == 200, "the API is back")


def test_migrating_and_seeding_again_change_nothing(demo: Demo) -> None:
    assert "0001_jobs.sql" in demo.migrated
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(demo.task, "python", "-m", "demo.migrate") for _ in range(2)]
    assert all('"applied": 0' in run.result() for run in runs)
    assert '"added": 4' in demo.task("python", "-m", "demo.seed")
    assert '"added": 0' in demo.task("python", "-m", "demo.seed")


def test_logs_are_json_and_one_id_follows_a_job(demo: Demo) -> None:
    answer = httpx.post(f"{demo.web}/api/jobs", data={"text": "follow me"}, headers={"X-Request-ID": "trail-1"})
    assert answer.headers["x-request-id"] == "trail-1"
    demo.ended(answer.json())
    for service in ("api", "worker"):
        said = demo.on(service, "logs").splitlines()
        assert [line for line in said if not line.startswith("{")] == [], service
        lines = [json.loads(line) for line in said]
        assert any(line.get("request_id") == "trail-1" for line in lines), service
    assert httpx.get(f"{demo.url('worker')}/health").text == "ok\n"


@pytest.fixture
def lab(images: None) -> Iterator[Lab]:
    alone = Lab()
    yield alone
    alone.remove()


def test_without_bindings_the_api_runs_and_says_what_it_lacks(lab: Lab) -> None:
    lab.app("api", port=8000)
    api = lab.url("api")
    eventually(lambda: httpx.get(f"{api}/health").status_code == 200, "the API answers")
    checks = httpx.get(f"{api}/api/ready").json()["checks"]
    assert set(checks.values()) == {"not bound"}
    refused = httpx.post(f"{api}/api/jobs", data={"text": "hello"})
    assert (refused.status_code, "not bound" in refused.json()["detail"]) == (503, True)
    assert lab.on("api", "exec", "id", "-u") == "1001"


def test_an_edited_source_shows_in_the_running_api(lab: Lab, tmp_path: Path) -> None:
    shutil.copytree(APPS / "demo" / "demo", tmp_path / "demo")
    tmp_path.chmod(0o755)
    source = tmp_path / "demo" / "__init__.py"
    mounted = ["--volume", f"{tmp_path}:/app", "--publish", "127.0.0.1::8000"]
    lab.start("api", DEMO, "uvicorn", "demo.api:app", "--reload", options=mounted)
    api = lab.url("api")
    eventually(lambda: httpx.get(f"{api}/api/info").json()["version"] == "1.0.0", "the API answers")
    source.write_text('__version__ = "1.0.1"\n')
    eventually(lambda: httpx.get(f"{api}/api/info").json()["version"] == "1.0.1", "the edit shows")
