"""What the program of every project exports: the contract with whoever refers to a stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from components.core.load import load_system
from components.targets.docker import daemon
from infra import program
from infra.outputs import CONTRACT, Outputs
from tests.programs import run
from tests.ran import Ran
from tests.targets.docker.fakes import FakeDaemon

SCHEMA = Outputs.model_json_schema()
VALUES = {"db-password": "S3cret/db", "files-password": "S3cret/files", "jobs-password": "S3cret/jobs"}


@pytest.fixture(autouse=True)
def no_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(daemon, "client", FakeDaemon)


RECORD = {"number": 4, "time": "2026-01-02T03:04:05+00:00", "images": {"api": "0123456789ab"}, "tasks": ["migrate"]}


def exported(folder: Path, system: str, **settings: Any) -> Ran:
    """The program's run with a stack's settings, as Pulumi hands them over; the releases are those of its provider."""
    kept = {"releases": {"release": 4, "releases": [RECORD]}}
    given = {"system": f"systems.{system}.system", **settings}
    config = {f"strata:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
    return run(program.run, project=system, folder=str(folder), config=config, kept=kept)


@pytest.fixture
def starter(tmp_path: Path) -> Ran:
    return exported(tmp_path, "starter", secrets=VALUES, services={"db": {"publish": [5432]}})


def test_the_outputs_keep_their_contract(starter: Ran, tmp_path: Path) -> None:
    jsonschema.validate(starter.exports.value, SCHEMA)
    outputs = Outputs.model_validate(starter.exports.value)
    assert (outputs.contract, outputs.system, outputs.target) == (CONTRACT, "starter", "docker")
    assert outputs.release == 4 and [one.model_dump() for one in outputs.releases] == [RECORD]
    assert len(outputs.version) == 12 and outputs.url == "http://127.0.0.1:8080"
    system = load_system("systems.starter.system")
    assert set(outputs.services) == {one.name for one in system.services()}
    assert outputs.services["db"].kind == "Postgres"
    assert outputs.services["db"].endpoints == {"": "postgresql://127.0.0.1:5432"}
    assert outputs.services["db"].facts == {"host": "db", "port": "5432", "user": "shop", "database": "shop"}
    jsonschema.validate(exported(tmp_path, "polar", monitoring=True).exports.value, SCHEMA)


def test_a_system_without_a_gateway_has_no_url(tmp_path: Path) -> None:
    assert exported(tmp_path, "polar").exports.value.get("url") is None


def test_what_the_contract_forbids_is_found() -> None:
    """The schema is no empty one."""
    right = {"contract": "1.1", "system": "s", "version": "v", "target": "t", "services": {}, "secrets": {}}
    jsonschema.validate(right, SCHEMA)
    wrong: list[dict[str, Any]] = [
        right | {"more": 1}, right | {"contract": "1.0"}, right | {"releases": [RECORD | {"number": 0}]},
        right | {"releases": [RECORD] * 11}, right | {"releases": [{"number": 1}]},
        {key: right[key] for key in right if key != "services"},
        right | {"services": {"db": {"facts": {}}}}, right | {"services": {"db": {"kind": "x", "facts": {"a": 1}}}},
    ]  # fmt: skip
    for one in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(one, SCHEMA)


def test_secrets_are_secret_and_nowhere_else(starter: Ran) -> None:
    secrets = starter.exports.value["secrets"]
    assert starter.exports.is_secret("secrets")
    assert secrets["db"] == {"password": "S3cret/db"}
    assert set(secrets["files"]) == {"access_key", "secret_key"} and secrets["jobs"] == {"password": "S3cret/jobs"}
    plain = [str(value) for _, value, hidden in starter.exports.leaves() if not hidden]
    assert plain and not [text for text in plain if "S3cret" in text]


def test_the_releases_resource_is_told_what_ran_and_waits_for_all(starter: Ran) -> None:
    """By what it is given and by nothing that the state records: a destroy could not keep it without what it needs."""
    found = starter["releases"]
    images = found["images"]
    assert set(images) == {"migrate", "api", "worker", "web"}
    assert images["migrate"] == images["api"] == images["worker"] != images["web"]
    assert found.inputs.is_secret("digests") and found.get("pinned") is None
    assert (found.parent, found.depends_on) == ("", frozenset())
    assert starter.names()[-1] == "releases"


def test_a_pinned_stack_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(program.pulumi.log, "warn", said.append)
    tag = "0123456789ab"
    monkeypatch.setattr(daemon, "client", lambda: holding({"starter/demo:" + tag, "starter/web:" + tag}))
    release = {"number": 2, "images": dict.fromkeys(("migrate", "api", "worker", "web"), tag)}
    found = exported(tmp_path, "starter", secrets=VALUES, release=release)
    assert found["releases"]["pinned"] == 2 and set(found["releases"]["images"].values()) == {tag}
    (line,) = said
    assert line.startswith("pinned to release 2 (strata:release)") and line.endswith(
        "make rollback SYSTEM=starter STACK=dev RELEASE=latest"
    )


def holding(images: set[str]) -> FakeDaemon:
    """A daemon with these images."""
    made = FakeDaemon()
    made.images.there = dict.fromkeys(images)
    return made


def test_the_clones_own_file_is_over_the_stacks(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.local.yaml").write_text("config:\n  strata:services: {db: {database: mine}}\n")
    found = exported(tmp_path, "starter", services={"db": {"database": "theirs", "user": "me"}})
    facts = found.exports.value["services"]["db"]["facts"]
    assert (facts["database"], facts["user"]) == ("mine", "me")


def test_another_description_is_another_version(tmp_path: Path, starter: Ran) -> None:
    again = exported(tmp_path, "starter", secrets=VALUES, services={"db": {"publish": [5432]}})
    other = exported(tmp_path, "starter", services={"db": {"version": "16"}})
    versions = [one.exports.value["version"] for one in (starter, again, other)]
    assert versions[0] == versions[1] != versions[2]


def test_a_persons_mistake_ends_the_program_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(program.pulumi.log, "error", said.append)
    with pytest.raises(SystemExit) as ended:
        exported(tmp_path, "starter", services={"bd": {}}, ports="open")
    assert ended.value.code == 1 and len(said) == 1 and "strata:ports" in said[0]
