"""Puts a bridged Terraform provider where the Pulumi engine looks for its plugin."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from offline.engine import mirror
from offline.engine.build import ensure_bridge, ensure_docker_provider, is_program
from offline.engine.recipe import Layout, description, sdk_version
from offline.steps import StepFailed, step


def pulumi_home() -> Path:
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def render(described: dict[str, Any], version: str, folder: Path, engine: str) -> str:
    """provider.json, which the bridge reads beside itself; `engine` makes it differ when the bridge does."""
    return json.dumps({**described, "version": version, "folder": str(folder), "engine": engine}, indent=1) + "\n"


def place(bridge: Path, to: Path) -> None:
    """A hard link where possible: the bridge must find its own provider.json, so a symbolic link would not do."""
    unfinished = to.with_name(f".{to.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    try:
        unfinished.hardlink_to(bridge)
    except OSError:
        shutil.copy2(bridge, unfinished)
    unfinished.replace(to)
    # Where both are links to one file already, replacing does nothing and leaves the first.
    unfinished.unlink(missing_ok=True)


def is_installed(folder: Path, name: str, text: str, bridge: Path) -> bool:
    program, provider = folder / f"pulumi-resource-{name}", folder / "provider.json"
    return (
        is_program(program)
        and provider.is_file()
        and provider.read_text() == text
        and program.stat().st_size == bridge.stat().st_size
    )


def is_foreign(folder: Path) -> bool:
    """A plugin that Pulumi itself has downloaded is as good as ours, or better."""
    return folder.is_dir() and any(folder.iterdir()) and not (folder / "provider.json").is_file()


def provider_folder(described: dict[str, Any], layout: Layout) -> Path:
    """The folder of the Terraform provider's binary, built or found."""
    terraform = described["terraform"]
    if terraform["type"] == "docker":
        return ensure_docker_provider(layout)
    found = mirror.find(terraform["source"], layout.base / "unpacked")
    if found:
        return found.folder
    looked = "\n".join(f"    {one}" for one in mirror.folders(os.environ, Path.home()))
    raise SystemExit(
        f"[set-up] the Terraform provider {terraform['source']} is in none of these folders:\n{looked}\n"
        "    set STRATA_TF_MIRROR to the folder of a Terraform filesystem mirror that has it"
    )


def ensure_plugin(name: str, venv: Path, layout: Layout) -> None:
    described = description(name)
    version = sdk_version(described, venv)
    to = pulumi_home() / "plugins" / f"resource-{name}-v{version}"
    if is_foreign(to):
        return
    ensure_bridge(layout)
    text = render(described, version, provider_folder(described, layout), layout.bridge_root.name)
    if is_installed(to, name, text, layout.bridge):
        return
    with step(f"engine: plugin {name} {version}"):
        try:
            to.mkdir(parents=True, exist_ok=True)
            place(layout.bridge, to / f"pulumi-resource-{name}")
            unfinished = to / f".provider.json.{os.getpid()}"
            unfinished.write_text(text)
            unfinished.replace(to / "provider.json")
        except OSError as failed:
            raise StepFailed(f"plugin {name}: {failed}") from failed
