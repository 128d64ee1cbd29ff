"""What Docker cannot do is found before any resource exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.core.resolve import resolve
from components.core.settings import StackSettings
from components.targets.docker import checks
from strata import Build, DevTool, Postgres, Publish, Service, Task
from tests.problems import lines
from tests.targets.docker.stage import system_of


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "init.sql").write_text("SELECT 1;\n")
    return tmp_path


def found(*services: object, **settings: object) -> list[str]:
    chosen = StackSettings(system="none", **settings)  # type: ignore[arg-type]
    return lines(lambda: resolve(system_of(*services), chosen))  # type: ignore[arg-type]


def test_what_is_there_is_no_problem() -> None:
    services = [Service("a", image=Build("app")), Postgres("db", init=["init.sql"]), Task("t", image="a:1")]
    assert resolve(system_of(*services), StackSettings(system="none"))


@pytest.mark.parametrize("kind", [Service, Task, DevTool])
def test_a_build_needs_its_folder_and_its_dockerfile(kind: type[Service]) -> None:
    assert found(kind("a", image=Build("nowhere"))) == [
        f"a ({kind.__name__}): image.context: given 'nowhere'; there is no such folder"
    ]
    assert found(kind("a", image=Build("app", dockerfile="Other"))) == [
        f"a ({kind.__name__}): image.dockerfile: given 'Other'; there is no such file in 'app'"
    ]


def test_an_init_file_must_be_there() -> None:
    assert found(Postgres("db", init=["init.sql", "other.sql", "app"])) == [
        "db (Postgres): init: given 'other.sql'; there is no such file",
        "db (Postgres): init: given 'app'; there is no such file",
    ]


def test_a_host_port_fits_one_container() -> None:
    """The number of replicas and the published port may come from two places: the description and the settings."""
    service = Service("a", image="a:1", publish=[80])
    text = "a (Service): publish: given with 2 replicas; a host port fits one, put a Gateway in front"
    assert found(service, services={"a": {"replicas": 2}}) == [text]


def test_an_address_must_be_one() -> None:
    wrong = Service("a", image="a:1", publish=[Publish(80, 80, bind="1.2.3.4.5"), Publish(81, 81, bind="::1")])
    assert found(wrong) == ["a (Service): publish.bind: given '1.2.3.4.5'; allowed is an IP address"]


def test_all_problems_are_told_together() -> None:
    assert (
        len(found(Service("a", image=Build("no")), Task("b", image=Build("no")), Postgres("db", init=["x.sql"]))) == 3
    )
