"""Images: which recipe makes which tag, substitutions, and what `ensure` does, without Docker."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from offline.images import artefacts, debian, recipes, substitutions
from offline.images.catalogue import CATALOGUE
from offline.images.docker import BUILT, ORIGIN, Docker, Image
from offline.images.ensure import ensure, missing, substituted
from offline.images.recipes import NoRecipe, Plan
from offline.images.references import agrees, parse, starts_with
from offline.steps import Step, StepFailed

REFERENCES = """
postgres:15.1 postgres:15.1 15.1
docker.io/library/redis:7-alpine3.20 redis:7-alpine3.20 7 alpine
python:3.14-slim-bookworm python:3.14-slim-bookworm 3.14 slim bookworm
redis:alpine redis:alpine - alpine
nginx nginx:latest -
prom/prometheus:v3.5.0 prom/prometheus:v3.5.0 v3.5.0
quay.io/minio/mc:latest quay.io/minio/mc:latest -
localhost:5000/app:1 localhost:5000/app:1 1
minio/minio:RELEASE.2025-09-07T16-13-09Z-cpuv1 minio/minio:RELEASE.2025-09-07T16-13-09Z-cpuv1 \
RELEASE.2025-09-07T16-13-09Z cpuv1
"""


@pytest.mark.parametrize("row", REFERENCES.split("\n")[1:-1])
def test_references(row: str) -> None:
    text, short, version, *flavours = row.split()
    reference = parse(text)
    assert (str(reference), reference.version or "-", reference.flavours) == (short, version, set(flavours))


@pytest.mark.parametrize("text", ["", "Post gres", "postgres:", "UPPER/case:1", "a:b:c"])
def test_what_is_no_reference(text: str) -> None:
    with pytest.raises(ValueError, match="not an image reference"):
        parse(text)


def test_versions() -> None:
    assert agrees("15.1", "15.20", 1)
    assert not agrees("16", "17.12", 1)
    assert agrees("7", "7.0.15", 2)
    assert not agrees("7.4", "7.0.15", 2)
    assert agrees("v3.5.0", "3.5.3", 2)
    assert agrees("", "1.2", 2)
    assert starts_with("17.12", "17")
    assert not starts_with("170", "17")


TAGS = """
postgres:15.1 15 bookworm
postgres:15-alpine 15 bookworm
postgres:17 17 trixie
postgres:16-alpine 17 trixie
postgres:18.1 18 forky
redis:alpine 8.0 trixie
redis:7-alpine 7.0 bookworm
redis:7.4-alpine 7.0 bookworm
redis:8-alpine 8.0 trixie
rabbitmq:4-management-alpine 4.0 trixie
rabbitmq:3-management 3.10 bookworm
rabbitmq:3.13-management 3.10 bookworm
nginx:alpine 1.26 trixie
nginx:1.27-alpine 1.26 trixie
python:3.14-slim 3.14 forky
python:3.12-slim 3.13 trixie
python:3.14.2-slim-trixie 3.14 forky
node:24-slim 24.21.0 bookworm
node:22.14-slim 22.23.3 bookworm
minio/minio:latest RELEASE.2025-09-07T16-13-09Z bookworm
minio/minio:RELEASE.2024-01-01T16-36-33Z RELEASE.2025-09-07T16-13-09Z bookworm
golang:1.26-alpine 1.26 bookworm
golang:1.26.5 1.26 bookworm
prom/prometheus:v3.1.0 3.5 forky
prom/prometheus:v2.53.1 2.53 trixie
debian:12-slim 12 bookworm
debian:bookworm-slim 12 bookworm
debian:13-slim 13 trixie
"""


@pytest.mark.parametrize("row", TAGS.split("\n")[1:-1])
def test_recipe_of_a_tag(row: str) -> None:
    text, release, suite = row.split()
    found = recipes.plan(parse(text), CATALOGUE).release
    assert (found.version, found.suite) == (release, suite)


@pytest.mark.parametrize(
    "text",
    [
        "grafana/grafana:11.2.0",
        "python:3.14",
        "node:18-slim",
        "golang:1.25",
        "postgres:9",
        "python:3.12-slim@sha256:00",
        "redis:7-windows",
    ],
)
def test_tags_without_recipe(text: str) -> None:
    with pytest.raises(NoRecipe):
        recipes.plan(parse(text), CATALOGUE)


def test_arguments_keep_upstreams_numbers_and_paths() -> None:
    assert recipes.plan(parse("postgres:15"), CATALOGUE).arguments["IDENTITY"] == "999"
    alpine = recipes.plan(parse("postgres:15-alpine"), CATALOGUE).arguments
    assert (alpine["IDENTITY"], alpine["FLAVOUR"], alpine["DATA"]) == ("70", "alpine", "/var/lib/postgresql/data")
    newest = recipes.plan(parse("postgres:18"), CATALOGUE).arguments
    assert (newest["DATA"], newest["VOLUME"]) == ("/var/lib/postgresql/18/docker", "/var/lib/postgresql")
    managed = recipes.plan(parse("rabbitmq:4-management"), CATALOGUE).arguments
    assert managed["PLUGINS"] == "rabbitmq_management,rabbitmq_prometheus"


def test_every_recipe_has_its_files_and_every_suite_a_name() -> None:
    for recipe in CATALOGUE.values():
        assert (recipe.folder / "Dockerfile").is_file()
        assert set(recipe.modules) <= set(artefacts.MODULES)
        for release in recipe.releases:
            assert release.suite in debian.SUITES
            assert recipes.FOLDER.is_dir()


def test_every_substitution_leads_to_a_release_that_is_made() -> None:
    for entry in substitutions.TABLE:
        recipe = CATALOGUE[entry.repository]
        made = [one for one in recipe.releases if starts_with(one.version, entry.given)]
        assert made, entry
        assert entry.reason


def test_version_check() -> None:
    asked, recipe = parse("postgres:16"), CATALOGUE["postgres"]
    entry = recipes.substitution(asked, recipe, "17.12")
    assert entry and entry.given == "17"
    assert recipes.substitution(parse("postgres:15.1"), recipe, "15.20") is None
    with pytest.raises(ValueError, match=r"postgres:16 asks for 16 and contains PostgreSQL 18\.1"):
        recipes.substitution(asked, recipe, "18.1")
    with pytest.raises(ValueError, match="does not name"):
        recipes.substitution(parse("redis:6"), CATALOGUE["redis"], "7.0.15")
    line = substitutions.line("postgres:16", recipe.product, "17.12", entry.reason)
    assert line == "[set-up] postgres:16 is stood in for by PostgreSQL 17.12 (Debian carries no 16)"


class FakeDocker(Docker):
    """Images by name; a pull succeeds for those named."""

    def __init__(self, present: dict[str, dict[str, str]], pullable: Sequence[str] = (), around: bool = False) -> None:
        self.present = present
        self.pullable = pullable
        self.around = around
        self.calls: list[str] = []

    def inspect(self, names: Sequence[str]) -> list[Image]:
        self.calls.append("inspect")
        return [Image(f"sha256:{name}", (name,), 5, self.present[name]) for name in names if name in self.present]

    def has_way_around(self) -> bool:
        return self.around

    def pull(self, step: Step, name: str) -> None:
        self.calls.append(f"pull {name}")
        if name not in self.pullable:
            raise StepFailed("no such image")
        self.present[name] = {}


class FakeProbe:
    def __init__(self, answer: bool) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def reachable(self, registry: str) -> bool:
        self.asked.append(registry)
        return self.answer


class FakeBuilder:
    def __init__(self, broken: Sequence[str] = ()) -> None:
        self.built: list[str] = []
        self.broken = broken

    def build(self, plan: Plan) -> None:
        if str(plan.reference) in self.broken:
            raise SystemExit(1)
        self.built.append(str(plan.reference))


@contextmanager
def no_lock() -> Generator[None, None, None]:
    yield


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATA_CACHE", str(tmp_path))


def test_all_present_costs_one_question() -> None:
    docker, asked = FakeDocker({"redis:alpine": {}, "nginx:latest": {}}), FakeProbe(True)
    outcome = ensure(["redis:alpine", "docker.io/library/nginx"], docker, asked, FakeBuilder(), CATALOGUE, no_lock)
    assert outcome.code == 0
    assert docker.calls == ["inspect"]
    assert asked.asked == []


def test_what_a_registry_serves_is_pulled() -> None:
    docker, builder = FakeDocker({}, pullable=["redis:alpine"]), FakeBuilder()
    assert ensure(["redis:alpine"], docker, FakeProbe(True), builder, CATALOGUE, no_lock).code == 0
    assert "pull redis:alpine" in docker.calls
    assert builder.built == []


def test_without_a_registry_only_what_is_missing_is_built_each_once() -> None:
    docker, builder = FakeDocker({"redis:alpine": {}}), FakeBuilder()
    texts = ["redis:alpine", "postgres:15.1", "postgres:15.1", "minio/mc"]
    assert ensure(texts, docker, FakeProbe(False), builder, CATALOGUE, no_lock).code == 0
    assert builder.built == ["postgres:15.1", "minio/mc:latest"]
    assert not any(call.startswith("pull") for call in docker.calls)


def test_what_no_recipe_makes_is_reported_and_the_others_are_made() -> None:
    builder = FakeBuilder()
    outcome = ensure(
        ["grafana/grafana:11.2.0", "redis:7"], FakeDocker({}), FakeProbe(False), builder, CATALOGUE, no_lock
    )
    assert list(outcome.unavailable) == ["grafana/grafana:11.2.0"]
    assert outcome.code == 3
    assert builder.built == ["redis:7"]


def test_a_failed_build_is_worse_than_a_missing_recipe() -> None:
    builder = FakeBuilder(broken=["redis:7"])
    texts = ["redis:7", "grafana/grafana", "nginx:alpine"]
    outcome = ensure(texts, FakeDocker({}), FakeProbe(False), builder, CATALOGUE, no_lock)
    assert (outcome.code, outcome.failed, builder.built) == (1, ["redis:7"], ["nginx:alpine"])


def test_a_pull_that_fails_falls_back_to_the_recipe() -> None:
    docker, builder = FakeDocker({}, around=True), FakeBuilder()
    assert ensure(["redis:7"], docker, FakeProbe(False), builder, CATALOGUE, no_lock).code == 0
    assert "pull redis:7" in docker.calls
    assert builder.built == ["redis:7"]


def test_missing_keeps_the_spelling_that_was_given() -> None:
    assert list(missing(["docker.io/library/redis"], FakeDocker({}))) == ["docker.io/library/redis"]


def test_substitutions_of_images_that_are_present() -> None:
    labels = {ORIGIN: BUILT, "strata.version": "17.12"}
    docker = FakeDocker({"postgres:16": labels, "postgres:17": labels, "redis:7": {}})
    lines = substituted(["postgres:16", "postgres:17", "redis:7", "postgres:15"], docker, CATALOGUE)
    assert lines == ["[set-up] postgres:16 is stood in for by PostgreSQL 17.12 (Debian carries no 16)"]
