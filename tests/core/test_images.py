"""The images that a system needs before it starts."""

import pytest

from components.core import catalog
from components.targets.docker.dockerfile import base_images, instructions
from components.targets.docker.image_names import image_of, images
from components.targets.docker.s3_server import IMAGE
from strata import (
    Bucket,
    Build,
    FileVolume,
    Gateway,
    Grafana,
    Monitoring,
    ObjectStore,
    Postgres,
    Prometheus,
    RabbitMQ,
    Redis,
    Service,
    System,
    Task,
)  # fmt: skip

MULTI = """# syntax=docker/dockerfile:1
ARG VERSION=22
ARG BASE="node:${VERSION}-alpine"
FROM --platform=$BUILDPLATFORM ${BASE} AS Build
COPY --from=registry.example/uv:0.8 /uv /bin/uv
RUN --mount=type=bind,from=busybox:1,target=/b \\
    # a comment inside
    true
RUN <<EOT
FROM nothing:1
EOT
FROM build AS test
FROM scratch AS empty
FROM nginx:${NGINX:-alpine}
COPY --from=build /a /a
COPY --from=0 /b /b
"""


def test_the_images_of_a_dockerfile() -> None:
    assert base_images(MULTI, {}) == ["node:22-alpine", "registry.example/uv:0.8", "busybox:1", "nginx:alpine"]


def test_build_arguments_stand_for_their_values() -> None:
    assert base_images(MULTI, {"VERSION": "24"})[0] == "node:24-alpine"
    assert base_images(MULTI, {"BASE": "mine:1"})[0] == "mine:1"


def test_what_comes_after_the_target_is_left_out() -> None:
    assert base_images(MULTI, {}, "build") == ["node:22-alpine", "registry.example/uv:0.8", "busybox:1"]


def test_lower_case_instructions_and_one_stage() -> None:
    assert base_images("from python:3.14 as base\nfrom base\n", {}) == ["python:3.14"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN a \\\n  b\n", [("RUN", "a    b")]),
        ("\n# c\n  env A=1\n", [("ENV", "A=1")]),
        ("COPY <<A <<B /x/\none\nA\ntwo\nB\nUSER me\n", [("COPY", "<<A <<B /x/"), ("USER", "me")]),
    ],
)
def test_instructions(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(word, " ".join(rest.split())) for word, rest in instructions(text)] == [
        (word, " ".join(rest.split())) for word, rest in expected
    ]


def test_the_image_of_every_kind() -> None:
    web = Service("web", image="registry.example/me/web:1", port=80)
    expected = {
        Postgres("db", version="16"): "postgres:16",
        Postgres("db", version="16", image="pgvector/pgvector:pg16"): "pgvector/pgvector:pg16",
        Redis("c", version="7-alpine"): "redis:7-alpine",
        RabbitMQ("j", version="4"): "rabbitmq:4-management",
        RabbitMQ("j", version="4", management=False): "rabbitmq:4",
        ObjectStore("f"): IMAGE,
        web: "registry.example/me/web:1",
        Gateway(routes={"/": web}): "nginx:alpine",
        FileVolume("v"): None,
    }
    assert {service: image_of(service) for service in expected} == expected


def test_the_images_of_a_system_each_once_and_monitoring_only_while_it_is_on() -> None:
    code = Build("apps/demo")
    prometheus = Prometheus(image="prom:1")
    data = [Postgres("db"), Redis("c", version="7"), ObjectStore("f", buckets=[Bucket("uploads")])]
    app = [Task("t", image=code), Service("a", image=code, port=80), Service("b", image="x:1"), Task("u", image="x:1")]

    def needed(enabled: bool) -> list[str]:
        watching = Monitoring(
            enabled=enabled, prometheus=prometheus, grafana=Grafana(image="graf:1", prometheus=prometheus)
        )
        return list(images(System("s", data, app=app, monitoring=watching)))

    off = ["postgres:17", "redis:7", IMAGE, "python:3.14-slim", "x:1"]
    assert needed(False) == off
    assert needed(True) == [*off, "prom:1", "graf:1"]


def test_a_target_without_such_a_module_needs_none(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    system = System("s", [Postgres("db")])
    assert catalog.images("docker", system) == ["postgres:17"]
    monkeypatch.setattr(catalog, "TARGETS", tmp_path)
    monkeypatch.setattr("components.targets.docker.EXTENDS", None)
    assert catalog.images("docker", system) == []
