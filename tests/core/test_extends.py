"""A stack that extends another: what it takes from there, and what it may have of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from components.core.check import check_stack
from components.core.extends import allowed, extended, overrides
from components.core.settings_files import stack_settings
from tests.integration.harness import ROOT
from tests.problems import lines

PROD: dict[str, Any] = {
    "system": "systems.starter.system", "target": "aws", "profile": "standard", "protection": "on",
    "aws": {"region": "eu-central-1", "owner": "shop"}, "services": {"api": {"memory": "1GB"}},
    "secrets": {"db-password": {"secure": "v1:abc"}, "jobs-password": "given-in-plain"},
}  # fmt: skip
MAY = (
    "protection, release, secrets, transforms, aws.endpoint, aws.registry, aws.parts, "
    "services.NAME.variant and services.NAME.tls"
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    write(tmp_path, "prod", PROD)
    return tmp_path


def write(folder: Path, stack: str, values: dict[str, Any]) -> None:
    config = {f"strata:{key}": value for key, value in values.items()}
    (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}))


def test_a_stack_takes_everything_but_its_overrides(folder: Path) -> None:
    own = {"extends": "prod", "protection": "off", "aws": {"endpoint": "http://127.0.0.1:1"}}
    found = extended(folder, own)
    assert found["profile"] == "standard" and found["services"] == {"api": {"memory": "1GB"}}
    assert found["protection"] == "off"
    assert found["aws"] == {"region": "eu-central-1", "owner": "shop", "endpoint": "http://127.0.0.1:1"}
    assert found["secrets"] == {"jobs-password": "given-in-plain"}, "only prod's passphrase opens the other"


def test_a_stack_that_extends_none_is_as_it_says(folder: Path) -> None:
    assert extended(folder, PROD) == PROD
    assert overrides(PROD) == []


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a setting": ({"profile": "frugal"}, "profile: given frugal"),
    "a field of a service": ({"services": {"api": {"memory": "2GB"}}}, "services.api.memory: given 2GB"),
    "a field of the target": ({"aws": {"region": "us-east-1"}}, "aws.region: given us-east-1"),
    "one whose name begins alike": ({"aws": {"endpoints": True}}, "aws.endpoints: given on"),
    "a whole service": ({"services": {"api": "large"}}, "services.api: given large"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_anything_else_is_refused(folder: Path, name: str) -> None:
    values, said = REFUSED[name]
    text = (
        f"settings: strata:{said}; this stack extends 'prod', and may override only {MAY}; set it in Pulumi.prod.yaml"
    )
    assert lines(lambda: extended(folder, {"extends": "prod", **values})) == [text]


def test_every_refused_override_is_named(folder: Path) -> None:
    own = {"extends": "prod", "profile": "frugal", "aws": {"region": "us-east-1", "parts": {"budget": "off"}}}
    assert len(lines(lambda: extended(folder, own))) == 2


def test_the_other_stack_must_be_there(folder: Path) -> None:
    assert lines(lambda: extended(folder, {"extends": "prd"})) == [
        "settings: strata:extends: given 'prd'; there is no Pulumi.prd.yaml; did you mean 'prod'?"
    ]


def test_nobody_extends_one_that_extends(folder: Path) -> None:
    write(folder, "rehearsal", {"extends": "prod"})
    assert lines(lambda: extended(folder, {"extends": "rehearsal"})) == [
        "settings: strata:extends: given 'rehearsal', which extends 'prod' itself; extend that one"
    ]


def test_overrides_say_no_secret() -> None:
    own = {"extends": "prod", "secrets": {"db-password": "very-secret"}, "protection": False, "transforms": ["a:b"]}
    assert overrides(own) == ["secrets.db-password", "protection=off", "transforms=a:b"]


def test_what_a_stack_on_docker_may_override() -> None:
    assert allowed("docker") == ["protection", "release", "secrets", "transforms", "services.NAME.variant"]


def test_the_starter_has_a_rehearsal_that_is_prod_but_for_what_it_says() -> None:
    checked = check_stack(ROOT, "rehearsal")
    assert checked.problems == () and checked.extends == "prod"
    assert list(checked.overrides) == overrides(stack_settings(ROOT, "rehearsal"))
    assert "protection=off" in checked.overrides


def test_the_files_of_this_clone_may_override_no_more(folder: Path) -> None:
    write(folder, "rehearsal", {"extends": "prod"})
    write(folder, "rehearsal.local", {"ports": "free"})
    [problem] = check_stack(folder, "rehearsal").problems
    assert problem.field == "strata:ports"
