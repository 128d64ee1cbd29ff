"""The engine's set-up: what it skips, where it looks, what it writes. Nothing here builds or uses a network."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offline.engine import __main__ as command
from offline.engine import build, links, mirror, needed, plugins, recipe
from offline.engine.recipe import MARKER, Layout, description, digest, sdk_version

FAILING_GO = """#!/bin/sh
while [ "$1" != -o ]; do shift; done
echo half a program > "$2"
echo no such module >&2
exit 7
"""


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("STRATA_TF_MIRROR", "TF_PLUGIN_CACHE_DIR", "TF_CLI_CONFIG_FILE", "XDG_DATA_HOME", "XDG_DATA_DIRS"):
        monkeypatch.delenv(name, raising=False)
    made = tmp_path / "home"
    made.mkdir()
    monkeypatch.setattr(mirror, "PACKAGES", made / "packages")
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.setenv("PULUMI_HOME", str(made / ".pulumi"))
    monkeypatch.setenv("STRATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return made


@pytest.fixture
def built(home: Path) -> Layout:
    """Every program in its place, as after a set-up."""
    layout = Layout.current()
    helpers = (layout.cli, layout.language_host, layout.executor, layout.dynamic, layout.dynamic_from_sdk)
    for path in (*helpers, layout.bridge, layout.docker_provider):
        program(path)
    return layout


def copied(tmp_path: Path) -> Path:
    recipes = tmp_path / "recipes"
    program(recipes / "cli" / "go.mod", "module cli\n")
    program(recipes / "bridge" / "main.go", "package main\n")
    return recipes


def test_a_change_of_one_part_leaves_the_others_built(tmp_path: Path) -> None:
    recipes = copied(tmp_path)
    before = {part: digest(part, recipes) for part in ("cli", "bridge")}
    (recipes / "bridge" / "main.go").write_text("package main // changed\n")
    assert digest("bridge", recipes) != before["bridge"]
    assert digest("cli", recipes) == before["cli"]


def test_a_new_or_renamed_file_is_a_change_and_a_test_is_none(tmp_path: Path) -> None:
    recipes = copied(tmp_path)
    before = digest("bridge", recipes)
    (recipes / "bridge" / "main_test.go").write_text("package main\n")
    assert digest("bridge", recipes) == before
    (recipes / "bridge" / "main.go").rename(recipes / "bridge" / "other.go")
    assert digest("bridge", recipes) != before


def test_the_recipes_pin_one_version_of_the_engine() -> None:
    assert build.engine_version(recipe.RECIPES / "cli") == "3.259.0"
    for part in ("cli", "bridge", "docker-provider"):
        assert (recipe.RECIPES / part / "go.sum").stat().st_size > 1000


@pytest.fixture
def no_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: Any, **_: Any) -> None:
        raise AssertionError(f"started {words}")

    monkeypatch.setattr(subprocess, "run", refuse)


@pytest.mark.usefixtures("no_commands")
def test_with_everything_built_only_the_plugin_is_placed_and_then_nothing(
    built: Layout, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(tmp_path / ".venv" / "bin" / "python")
    arguments = ["ensure", "--venv", str(tmp_path / ".venv"), "--plugin", "docker"]
    assert command.main(arguments) == 0
    assert "plugin docker 5.2.0" in capsys.readouterr().out
    plugin = home / ".pulumi" / "plugins" / "resource-docker-v5.2.0"
    assert json.loads((plugin / "provider.json").read_text())["folder"] == str(built.docker_root)
    assert os.access(plugin / "pulumi-resource-docker", os.X_OK)
    assert not (plugin / "pulumi-resource-docker").is_symlink()
    for link in (tmp_path / ".venv" / "bin" / "pulumi", home / ".pulumi" / "bin" / "pulumi"):
        assert link.resolve() == built.pulumi

    assert command.main(arguments) == 0
    assert capsys.readouterr().out == ""


def test_what_is_missing_is_built(built: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def pretend(_: Any, module: Path, package: str, to: Path, **__: Any) -> None:
        made.append(to.name)
        program(to)

    monkeypatch.setattr(build, "go_build", pretend)
    built.bridge.unlink()
    built.docker_provider.write_text("")
    build.ensure_cli(built)
    build.ensure_bridge(built)
    build.ensure_docker_provider(built)
    assert made == ["pulumi-terraform-bridge", "terraform-provider-docker"]


@pytest.mark.parametrize("spoil", ["program", "description", "bridge"])
def test_an_outdated_plugin_is_placed_anew(built: Layout, home: Path, tmp_path: Path, spoil: str) -> None:
    plugins.ensure_plugin("docker", tmp_path, built)
    folder = home / ".pulumi" / "plugins" / "resource-docker-v5.2.0"
    if spoil == "program":
        (folder / "pulumi-resource-docker").unlink()
    elif spoil == "description":
        (folder / "provider.json").write_text("{}")
    else:
        built.bridge.unlink()
        program(built.bridge, "#!/bin/sh\n# another\n")
    plugins.ensure_plugin("docker", tmp_path, built)
    assert (folder / "pulumi-resource-docker").read_text() == built.bridge.read_text()
    assert json.loads((folder / "provider.json").read_text())["name"] == "docker"


def test_a_plugin_fetched_by_pulumi_is_left_alone(built: Layout, home: Path, tmp_path: Path) -> None:
    real = program(home / ".pulumi" / "plugins" / "resource-docker-v5.2.0" / "pulumi-resource-docker", "real")
    plugins.ensure_plugin("docker", tmp_path, built)
    assert real.read_text() == "real"
    assert not (real.parent / "provider.json").exists()


def test_a_failing_build_names_the_step_and_its_log(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(tmp_path / "path" / "go", FAILING_GO)
    with pytest.raises(SystemExit):
        build.ensure_bridge(Layout.current())
    shown = capsys.readouterr().err
    assert "FAILED engine: Terraform bridge" in shown
    assert "no such module" in shown
    assert "engine-terraform-bridge.log" in shown
    assert not list(Layout.current().bridge_root.iterdir())


def test_a_missing_provider_is_a_plain_error_with_the_places(built: Layout, home: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as failed:
        plugins.ensure_plugin("aws", tmp_path, built)
    assert "hashicorp/aws" in str(failed.value)
    assert str(home / ".terraform.d" / "plugins") in str(failed.value)
    assert "STRATA_TF_MIRROR" in str(failed.value)


def test_the_command_sets_what_is_needed_and_keeps_what_is_set(tmp_path: Path) -> None:
    shown = 'echo "$PULUMI_SKIP_UPDATE_CHECK/$PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION/$*"\n'
    cli = program(tmp_path / "a folder's" / "pulumi", "#!/bin/sh\n" + shown)
    run = program(tmp_path / "pulumi", build.wrapper(cli))

    def ask(**env: str) -> str:
        return subprocess.run([run, "up", "-y"], env=env, capture_output=True, text=True, check=True).stdout.strip()

    assert ask() == "true/true/up -y"
    assert ask(PULUMI_SKIP_UPDATE_CHECK="false") == "false/true/up -y"


def test_provider_json_differs_when_the_bridge_does(tmp_path: Path) -> None:
    described = description("docker")
    first = plugins.render(described, "5.9.9", tmp_path, "bridge-1")
    assert json.loads(first)["version"] == "5.9.9"
    assert json.loads(first)["resources"] == described["resources"]
    assert first != plugins.render(described, "5.9.9", tmp_path, "bridge-2")


@pytest.mark.parametrize("name", ["docker", "aws"])
def test_descriptions_are_complete(name: str) -> None:
    described = description(name)
    assert described["name"] == name
    tokens = [one["token"] for one in described["resources"].values()]
    assert len(tokens) == len(set(tokens))
    for one in (*described["resources"].values(), *described["functions"].values()):
        module, _, last = one["token"].partition("/")
        assert module and last
        for field in one.get("fields", {}).values():
            assert set(field) <= {"name", "maxItemsOne", "autoName", "lower"} and field
    for kind in described["resources"]:
        assert kind.startswith(f"{described['terraform']['type']}_")


def test_a_container_is_deleted_before_it_is_replaced_and_replaced_after_a_failed_create() -> None:
    container = description("docker")["resources"]["docker_container"]
    assert container["deleteBeforeReplace"] and container["replaceFailed"]


def test_an_unknown_plugin_is_named(home: Path) -> None:
    with pytest.raises(SystemExit, match="'azure'; known are aws, docker"):
        description("azure")


def test_the_version_is_the_installed_one_else_the_locked_else_the_described(tmp_path: Path) -> None:
    venv = tmp_path / ".venv"
    described = {"python": "pulumi-docker", "version": "1.0.0"}
    assert sdk_version(described, venv) == "1.0.0"
    (tmp_path / "requirements.lock").write_text("pulumi==3.1.0\npulumi-docker==2.0.0 \\\n    --hash=x\n")
    assert sdk_version(described, venv) == "2.0.0"
    (venv / "lib" / "python3.11" / "site-packages" / "pulumi_docker-3.0.0.dist-info").mkdir(parents=True)
    assert sdk_version(described, venv) == "3.0.0"


def test_a_link_gives_way_only_to_our_own_command(tmp_path: Path) -> None:
    old, new = program(tmp_path / "old" / "pulumi"), program(tmp_path / "new" / "pulumi")
    for one in (old, new):
        (one.parent / MARKER).touch()
    to = tmp_path / "bin" / "pulumi"
    links.link(to, old)
    links.link(to, new)
    assert to.readlink() == new

    real = program(tmp_path / "real" / "pulumi")
    to.unlink()
    to.symlink_to(real)
    links.link(to, new)
    assert to.readlink() == real
    to.unlink()
    program(to, "installed")
    links.link(to, new)
    assert to.read_text() == "installed"


def test_a_link_to_a_removed_cache_is_renewed(tmp_path: Path) -> None:
    to = tmp_path / "pulumi"
    to.symlink_to(tmp_path / "gone" / "pulumi")
    links.link(to, program(tmp_path / "new" / "pulumi"))
    assert to.exists()


@pytest.mark.usefixtures("no_commands")
def test_a_pulumi_of_somebody_else_is_used_as_it_is(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real = program(tmp_path / "path" / "pulumi")
    assert command.main(["ensure", "--venv", str(tmp_path), "--plugin", "docker"]) == 0
    assert str(real) in capsys.readouterr().out
    assert not (home / ".pulumi").exists()


def refuse_to_ask() -> bool:
    raise AssertionError("asked the network")


@pytest.mark.parametrize("where", ["path", "home/.pulumi/bin"])
def test_not_needed_where_pulumi_is_installed(home: Path, tmp_path: Path, where: str) -> None:
    found = program(tmp_path / where / "pulumi")
    is_needed, why = needed.decide(plugins.pulumi_home(), tmp_path / "none", refuse_to_ask)
    assert (is_needed, why) == (False, f"pulumi is installed: {found}")


def test_needed_where_it_was_before(built: Layout, home: Path, tmp_path: Path) -> None:
    build.ensure_cli(built)
    links.link(tmp_path / "path" / "pulumi", built.pulumi)
    is_needed, why = needed.decide(plugins.pulumi_home(), built.pulumi, refuse_to_ask)
    assert is_needed and "built on this machine" in why


@pytest.mark.parametrize(("answers", "expected"), [(True, 1), (False, 0)])
def test_otherwise_the_network_decides(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answers: bool, expected: int
) -> None:
    def decide(home: Path, made: Path, _: Callable[[], bool] = refuse_to_ask) -> tuple[bool, str]:
        return original(home, made, lambda: answers)

    original = needed.decide
    monkeypatch.setattr(needed, "decide", decide)
    assert command.main(["needed"]) == expected
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_site_that_refuses_or_hangs_does_not_answer() -> None:
    assert not needed.site_answers("http://127.0.0.1:9", patience=0.5)
    assert not needed.site_answers("not a site", patience=0.5)
