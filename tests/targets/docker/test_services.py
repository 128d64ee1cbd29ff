"""What Service and DevTool become, and when they start."""

from __future__ import annotations

from typing import Any

import pytest

from strata import (
    Build,
    DevTool,
    Http,
    Mount,
    Postgres,
    Redis,
    Reload,
    Scale,
    Secret,
    Service,
    Task,
    completed,
    healthy,
    started,
)  # fmt: skip
from tests.targets.docker.stage import (
    CONTAINER,
    ROOT,
    deploy,
    environment,
    files,
    is_secret_file,
    labels,
    mounts,
    put,
    system_of,
)  # fmt: skip

db = Postgres("db", password=Secret("pw", default="p@ss/word"))
UP = Http("/up")


def test_replicas_are_containers_under_one_alias() -> None:
    ran = put(Service("api", image="a:1", port=80, replicas=3))
    containers = ran.of(CONTAINER)
    assert [one.name for one in containers] == ["api-container", "api-container-2", "api-container-3"]
    assert [one["name"] for one in containers] == ["shop_dev_api", "shop_dev_api_2", "shop_dev_api_3"]
    assert all(one["networksAdvanced"][0]["aliases"] == ["api"] for one in containers)
    assert ran.value["api"]["facts"] == {"host": "api", "port": "80"}


def test_scale_runs_its_minimum_and_none_is_none() -> None:
    assert len(put(Service("api", image="a:1", scale=Scale(min=2, max=9, cpu=50))).of(CONTAINER)) == 2
    none = put(Service("api", image="a:1", replicas=0, health=UP, port=80), Service("b", image="a:1", after=[]))
    assert [one.name for one in none.of(CONTAINER)] == ["b-container"] and "api-ready" not in none


def test_a_command_is_split_as_a_shell_does() -> None:
    assert put(Service("a", image="a:1", command="run --name 'a b'"))["a-container"]["command"] == [
        "run",
        "--name",
        "a b",
    ]
    assert put(Service("a", image="a:1", command=["run", "a b"]))["a-container"]["command"] == ["run", "a b"]
    assert put(Service("a", image="a:1", stop_seconds=60))["a-container"]["destroyGraceSeconds"] == 60


def test_the_environment_is_what_the_bindings_and_the_description_say() -> None:
    token = Secret("token", default="t0ken-value")
    api = Service("api", image="a:1", needs=[db], environment={"MODE": "x=y"}, secrets={"API_TOKEN": token})
    container = put(db, api)["api-container"]
    assert environment(container) == {
        "API_TOKEN": "t0ken-value",
        "DATABASE_HOST": "db",
        "DATABASE_NAME": "app",
        "DATABASE_PASSWORD": "p@ss/word",
        "DATABASE_PORT": "5432",
        "DATABASE_URL": "postgresql://app:p%40ss%2Fword@db:5432/app",
        "DATABASE_USER": "app",
        "MODE": "x=y",
    }
    hidden = {
        line.split("=")[0]
        for number, line in enumerate(container["envs"])
        if container.inputs.is_secret(f"envs.{number}")
    }
    assert hidden == {"API_TOKEN", "DATABASE_PASSWORD", "DATABASE_URL"}
    assert container["envs"] == sorted(container["envs"])


def test_secrets_as_files_leave_only_paths_in_the_environment() -> None:
    token = Secret("token", default="t0ken-value")
    api = Service("api", image="a:1", needs=[db], secrets={"API_TOKEN": token}, secrets_as="files")
    container = put(db, api)["api-container"]
    told = environment(container)
    assert {key: value for key, value in told.items() if key.endswith("_FILE")} == {
        "API_TOKEN_FILE": "/run/secrets/API_TOKEN",
        "DATABASE_PASSWORD_FILE": "/run/secrets/DATABASE_PASSWORD",
        "DATABASE_URL_FILE": "/run/secrets/DATABASE_URL",
    }
    assert not {"API_TOKEN", "DATABASE_PASSWORD", "DATABASE_URL"} & set(told)
    assert files(container)["/run/secrets/API_TOKEN"] == "t0ken-value" and len(files(container)) == 3
    assert all(is_secret_file(container, path) for path in files(container))


def test_a_read_only_container_gets_its_files_by_a_volume() -> None:
    """The daemon refuses uploads into it."""
    token = Secret("token", default="t0ken-value")
    api = Service(
        "api", image="a:1", read_only=True, secrets={"API_TOKEN": token}, secrets_as="files", formerly=["old"]
    )
    ran = put(api, kept={"api-files-run-secrets-content": {"version": "ab12"}})
    container, content = ran["api-container"], ran["api-files-run-secrets-content"]
    assert container["readOnly"] is True and container["tmpfs"] == {"/tmp": "rw,nosuid,nodev"}
    assert container.get("uploads") is None
    assert mounts(container) == {"/run/secrets": ("volume", "shop_dev_old-files-run-secrets")}
    assert container["mounts"][0]["readOnly"] is True
    assert {key: content[key] for key in ("volume", "names", "contents", "modes", "owner", "image")} == {
        "volume": "shop_dev_old-files-run-secrets", "names": ["API_TOKEN"], "contents": ["t0ken-value"],
        "modes": ["0444"], "owner": "shop/dev", "image": "sha256:image-a-1",
    }  # fmt: skip
    assert content.inputs.is_secret("contents.0")
    assert "api-files-run-secrets-content" in ran.awaited("api-container"), "it would start without its files"
    assert labels(container)["strata.files"] == "ab12", "new files would not reach the container that runs"
    assert [one.name for one in ran.below("api-files-run-secrets")] == [
        "api-files-run-secrets-volume", "api-files-run-secrets-content",
    ]  # fmt: skip
    assert "strata.files" not in labels(put(Service("b", image="a:1", read_only=True))["b-container"])


source = [Mount("apps/demo", "/app", read_only=True)]
reloads: list[tuple[Any, list[str], str]] = [
    (source[0], ["run"], "build-apps-demo"),
    (Reload(source), ["run"], "build-apps-demo"),
    (Reload(source, "run --reload"), ["run", "--reload"], "build-apps-demo"),
    (Reload(source, target="tools"), ["run"], "build-apps-demo-tools"),
]


@pytest.mark.parametrize(("reload", "command", "image"), reloads, ids=["mount", "mounts", "command", "stage"])
def test_hot_reload_only_where_the_settings_switch_it_on(reload: Any, command: list[str], image: str) -> None:
    system = system_of(Service("api", image=Build("apps/demo"), command="run", reload=reload))
    on = deploy(system, reload=True)["api-container"]
    assert mounts(on) == {"/app": ("bind", str(ROOT / "apps/demo"))} and on["mounts"][0]["readOnly"] is True
    assert on["command"] == command and on["image"] == f"sha256:{image}"
    off = deploy(system, reload=False)["api-container"]
    assert mounts(off) == {} and off["command"] == ["run"] and off["image"] == "sha256:build-apps-demo"


def test_a_dev_tool_is_a_container_on_loopback() -> None:
    tool = DevTool(
        "mail", image="mail:1", port=8025, publish=[8025], command="serve", health=UP, environment={"A": "b"}
    )
    ran = put(tool)
    container = ran["mail-container"]
    assert container.parent == ran["mail"].urn and ran["mail"].type == "strata:app:DevTool"
    assert container["ports"] == [{"internal": 8025, "external": 8025, "ip": "127.0.0.1", "protocol": "tcp"}]
    assert container["command"] == ["serve"] and environment(container) == {"A": "b"}
    assert [one["service"] for one in ran["ready"]["checks"]] == ["mail"]
    assert ran.value["mail"] == {"facts": {"host": "mail"}, "endpoints": {"": "http://127.0.0.1:8025"}}


api = Service("api", image="a:1", port=80, health=UP)
plain = Service("plain", image="a:1")
migrate = Task("migrate", image="a:1")
CONDITIONS: list[tuple[list[Any], list[Any], set[str]]] = [
    ([api], [], {"api-ready"}),
    ([plain], [], {"plain-container"}),
    ([api], [started(api)], {"api-container"}),
    ([api], [healthy(api)], {"api-ready"}),
    ([], [started(plain)], {"plain-container"}),
    ([], [completed(migrate)], {"migrate-run"}),
    ([db, api], [started(api), completed(migrate)], {"db-ready", "api-container", "migrate-run"}),
    ([db.bind(prefix="MAIN")], [started(db)], {"db-container"}),
    ([], [], set()),
]


@pytest.mark.parametrize(
    ("needs", "after", "waits"),
    CONDITIONS,
    ids=["default", "without a check", "started", "healthy", "only after", "completed", "several", "bound", "none"],
)
def test_start_conditions(needs: list[Any], after: list[Any], waits: set[str]) -> None:
    """Just these, and nothing more: started(api) must not wait for the gate."""
    worker = Service("worker", image="w:1", needs=needs, after=after, secrets_as="files")
    ran = put(db, Redis("cache"), api, plain, migrate, worker)
    assert {one for one in ran.awaited("worker-container") if not one.startswith("image-")} - {"network"} == waits


def test_a_task_waits_as_a_service_does() -> None:
    ran = put(db, api, Task("seed", image="a:1", needs=[db], after=[started(api), completed(migrate)]), migrate)
    assert ran.awaited("seed-run") >= {"db-ready", "api-container", "migrate-run"}
    assert "api-ready" not in ran.awaited("seed-run")
