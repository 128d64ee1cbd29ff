"""Builds the programs from Go modules. Each appears under its final name only when it is complete."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from offline.engine.recipe import MARKER, RECIPES, Layout
from offline.steps import Step, StepFailed, step

SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
CLI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
DOCKER_PACKAGE = "github.com/terraform-providers/terraform-provider-docker"


def is_program(path: Path) -> bool:
    return os.access(path, os.X_OK) and path.stat().st_size > 0


def engine_version(module: Path) -> str:
    found = re.search(r"/pulumi/pkg/v3 v([\d.]+)", (module / "go.mod").read_text())
    if not found:
        raise StepFailed(f"{module / 'go.mod'} names no version of the engine")
    return found[1]


def go_build(
    running: Step, module: Path, package: str, to: Path, *, tags: Sequence[str] = (), values: Sequence[str] = ()
) -> None:
    """Build one program of a committed module; go.sum vouches for everything that is downloaded."""
    to.parent.mkdir(parents=True, exist_ok=True)
    unfinished = to.with_name(f".{to.name}.{os.getpid()}")
    flags = " ".join(["-s", "-w", *(f"-X {value}" for value in values)])
    command = ["go", "build", "-mod=readonly", "-ldflags", flags, "-trimpath", "-buildvcs=false"]
    command += ["-tags", ",".join(tags)] if tags else []
    try:
        running.run([*command, "-o", unfinished, package], cwd=module, env={"GOWORK": "off"})
        unfinished.replace(to)
    finally:
        unfinished.unlink(missing_ok=True)


def copy_program(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    unfinished = to.with_name(f".{to.name}.{os.getpid()}")
    shutil.copyfile(source, unfinished)
    unfinished.chmod(0o755)
    unfinished.replace(to)


def sdk_folder(module: Path) -> Path:
    asked = subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", SDK_MODULE], cwd=module, env={**os.environ, "GOWORK": "off"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if asked.returncode != 0 or not asked.stdout.strip():
        raise StepFailed(f"the Go module {SDK_MODULE} could not be found: {asked.stderr.strip()}")
    return Path(asked.stdout.strip())


def wrapper(cli: Path) -> str:
    """The `pulumi` that users run: nothing it needs can be fetched, so it must not try, nor wait for the network."""
    quoted = str(cli).replace("'", "'\\''")
    return f"""#!/bin/sh
: "${{PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true}}" "${{PULUMI_SKIP_UPDATE_CHECK=true}}"
export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION PULUMI_SKIP_UPDATE_CHECK
exec '{quoted}' "$@"
"""


def ensure_cli(layout: Layout, recipes: Path = RECIPES) -> None:
    if not is_program(layout.cli):
        with step("engine: pulumi", "about 5 min") as running:
            module = recipes / "cli"
            # Without its version the CLI takes itself for older than any that a project may require.
            value = f"{SDK_MODULE}/go/common/version.Version=v{engine_version(module)}"
            go_build(running, module, CLI_PACKAGE, layout.cli, values=[value])
    helpers = (layout.language_host, layout.executor, layout.dynamic, layout.dynamic_from_sdk)
    if not all(is_program(one) for one in helpers):
        with step("engine: Python language host", "about 10 s") as running:
            module = recipes / "cli"
            sdk = sdk_folder(module) / "python"
            copy_program(sdk / "cmd" / layout.executor.name, layout.executor)
            copy_program(sdk / "dist" / layout.dynamic.name, layout.dynamic_from_sdk)
            copy_program(module / layout.dynamic.name, layout.dynamic)
            value = f"main.version={engine_version(module)}"
            go_build(running, module, f"./{layout.language_host.name}", layout.language_host, values=[value])
    text = wrapper(layout.cli)
    if not is_program(layout.pulumi) or layout.pulumi.read_text() != text:
        (layout.cli_root / MARKER).touch()
        unfinished = layout.cli_root / f".pulumi.{os.getpid()}"
        unfinished.write_text(text)
        unfinished.chmod(0o755)
        unfinished.replace(layout.pulumi)


def ensure_bridge(layout: Layout, recipes: Path = RECIPES) -> None:
    if not is_program(layout.bridge):
        with step("engine: Terraform bridge", "about 2 min") as running:
            go_build(running, recipes / "bridge", ".", layout.bridge)


def ensure_docker_provider(layout: Layout, recipes: Path = RECIPES) -> Path:
    program = layout.docker_provider
    if not is_program(program):
        with step("engine: Terraform docker provider", "about 3 min") as running:
            go_build(running, recipes / "docker-provider", DOCKER_PACKAGE, program, tags=["no_compose"])
    return program.parent
