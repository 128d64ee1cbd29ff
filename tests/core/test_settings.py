"""A stack's settings: parsing, and reading them from files."""

from pathlib import Path
from typing import Any

import pytest

from components.core.settings import MonitoringSettings, parse_settings
from components.core.settings_files import ENCRYPTED, find_project, merged, read_stack, stack_settings, strata_keys
from tests.problems import lines

WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no system": ({}, ["settings: strata:system: nothing was given; it is required"]),
    "a misspelt setting": (
        {"system": "s", "taget": "docker"},
        ["settings: strata:taget: there is no such setting; did you mean 'target'?"],
    ),
    "a misspelt part of a setting": (
        {"system": "s", "monitoring": {"grafanna": True}},
        ["settings: strata:monitoring.grafanna: there is no such setting; did you mean 'grafana'?"],
    ),
    "neither on nor off": (
        {"system": "s", "monitoring": "maybe"},
        ["settings: strata:monitoring: given 'maybe'; input should be a valid boolean, unable to interpret input"],
    ),
    "no choice": (
        {"system": "s", "ports": "any"}, ["settings: strata:ports: given 'any'; input should be 'fixed' or 'free'"],
    ),
    "several": (
        {"system": "a/b", "reload": "maybe"},
        [
            "settings: strata:system: given 'a/b'; allowed is a Python module, such as 'systems.starter.system'",
            "settings: strata:reload: given 'maybe'; input should be a valid boolean, unable to interpret input",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_message(name: str) -> None:
    values, expected = WRONG[name]
    assert lines(lambda: parse_settings(values)) == expected


def test_defaults() -> None:
    found = parse_settings({"system": "s"})
    assert (found.target, found.ports, found.protection, found.defaults, found.reload) == (
        "docker", "fixed", False, True, False,
    )  # fmt: skip
    assert found.monitoring is None and found.services == {} and found.secrets == {}


@pytest.mark.parametrize(("given", "expected"), [("on", True), ("off", False), (True, True), (False, False)])
def test_on_and_off(given: Any, expected: bool) -> None:
    found = parse_settings({"system": "s", "protection": given, "defaults": given, "reload": given})
    assert (found.protection, found.defaults, found.reload) == (expected, expected, expected)


def test_monitoring_says_more_than_on_or_off() -> None:
    assert parse_settings({"system": "s"}).monitors(True) == MonitoringSettings(enabled=True, grafana=True)
    assert parse_settings({"system": "s"}).monitors(False) == MonitoringSettings(enabled=False, grafana=True)
    assert parse_settings({"system": "s", "monitoring": False}).monitors(True).enabled is False
    assert parse_settings({"system": "s", "monitoring": {"grafana": False}}).monitors(False) == MonitoringSettings(
        enabled=True, grafana=False
    )


def test_secret_values_are_not_printed() -> None:
    found = parse_settings({"system": "s", "secrets": {"token": "hunter2"}})
    assert "hunter2" not in repr(found) + str(found)
    assert found.secrets["token"].get_secret_value() == "hunter2"


def test_merging_goes_key_by_key_and_changes_neither() -> None:
    base = {"services": {"api": {"replicas": 1, "memory": "1GB"}, "db": {"version": "16"}}, "ports": "fixed"}
    over = {"services": {"api": {"replicas": 2}}, "ports": "free"}
    assert merged(base, over) == {
        "services": {"api": {"replicas": 2, "memory": "1GB"}, "db": {"version": "16"}}, "ports": "free",
    }  # fmt: skip
    assert base["services"] == {"api": {"replicas": 1, "memory": "1GB"}, "db": {"version": "16"}}


def test_only_strata_keys() -> None:
    assert strata_keys({"strata:system": "s", "aws:region": "x", "stratagem:a": 1}) == {"system": "s"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: shop\nconfig:\n  strata:target: {value: docker}\n  strata:ports: free\n"
    )
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "encryptionsalt: x\nconfig:\n  aws:region: y\n  strata:system: shop\n  strata:ports: fixed\n"
        "  strata:secrets: {token: {secure: AAA}, plain: text}\n  strata:services: {api: {memory: 64MB, replicas: 2}}\n"
    )
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  strata:system: shop\n  strata:secrets: {secure: BBB}\n")
    (tmp_path / "Pulumi.dev.local.yaml").write_text("config:\n  strata:services: {api: {memory: 32MB}}\n")
    return tmp_path


def test_a_projects_stacks_are_its_files_less_the_clones_own(project: Path) -> None:
    below = project / "a" / "b"
    below.mkdir(parents=True)
    for start in (project, below):
        found = find_project(start)
        assert (found.folder, found.name, found.stacks) == (project, "shop", ("dev", "prod"))


def test_the_stacks_file_wins_over_the_projects_and_the_clones_own_over_both(project: Path) -> None:
    assert stack_settings(project, "dev") == {
        "target": "docker", "ports": "fixed", "system": "shop", "secrets": {"token": ENCRYPTED, "plain": "text"},
        "services": {"api": {"memory": "32MB", "replicas": 2}},
    }  # fmt: skip


def test_secrets_that_are_encrypted_as_a_whole_are_left_out(project: Path) -> None:
    assert read_stack(project, "prod") == {"target": "docker", "ports": "free", "system": "shop"}


def test_no_project(tmp_path: Path) -> None:
    assert lines(lambda: find_project(tmp_path)) == [
        f"Pulumi.yaml: there is none in '{tmp_path}' or above it; say where the project is: --project DIR"
    ]


def test_a_file_that_is_no_yaml_says_where(project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text("config:\n  strata:system: [\n")
    (found,) = lines(lambda: read_stack(project, "dev"))
    assert found.startswith("Pulumi.dev.yaml: line 3: ")


def test_a_file_that_is_no_mapping(project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text("- a\n")
    assert lines(lambda: read_stack(project, "dev")) == [
        "Pulumi.dev.yaml: allowed is a mapping, `key: value` on each line"
    ]
