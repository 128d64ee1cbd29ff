"""What goes into build contexts and is no Debian package: Go programs and modules, npm packages, settings."""

from __future__ import annotations

import ast
import json
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from offline.steps import Step, StepFailed, cache_folder, step

_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_GO_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_GO = ("GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOINSECURE")
_PIP = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "default-timeout", "retries")
_NPM = ("registry", "proxy", "https-proxy", "noproxy", "strict-ssl", "fetch-timeout", "fetch-retries")


@dataclass(frozen=True)
class Module:
    """A program of a Go module at a pinned version; `release` is what it says of itself."""

    path: str
    version: str
    release: str
    minutes: int


# Revisions, not tags: the module proxy has no version for tags of this form, and upstream's repository is archived.
MODULES = {
    "minio": Module("github.com/minio/minio", "v0.0.0-20250907161309-07c3a429bfed", "RELEASE.2025-09-07T16-13-09Z", 5),
    "mc": Module("github.com/minio/mc", "v0.0.0-20250313080218-cf909e1063a9", "DEVELOPMENT.2025-03-13T08-02-18Z", 2),
}


def images_cache() -> Path:
    """Where expensive artefacts are kept, outside the checkout."""
    folder = cache_folder() / "images"
    folder.mkdir(exist_ok=True)
    return folder


def go_program(name: str) -> Path:
    """The folder with the compiled program `name` and its LICENSE, from the cache or compiled now."""
    module = MODULES[name]
    kept = images_cache() / "go" / f"{name}-{module.version}-{platform.machine()}"
    if (kept / name).is_file():
        return kept
    if not shutil.which("go"):
        raise SystemExit(f"[set-up] {name} has to be compiled, and Go is not installed")
    with step(f"compile {name} from its Go module", f"about {module.minutes} min on 2 cores") as running:
        _compile(running, name, module, kept)
    return kept


def _compile(running: Step, name: str, module: Module, kept: Path) -> None:
    downloaded = go_source(f"{module.path}@{module.version}")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        # Built inside a copy of the module: `go install` would refuse the replace lines that some of them have.
        source, made = Path(folder) / "source", Path(folder) / "made"
        shutil.copytree(downloaded, source)
        made.mkdir()
        revision = module.version.rpartition("-")[2]
        day, _, time = module.release.partition(".")[2].partition("T")
        said = {
            "Version": f"{day}T{time.replace('-', ':')}",
            "ReleaseTag": module.release,
            "CopyrightYear": day[:4],
            "CommitID": revision,
            "ShortCommitID": revision,
        }
        flags = " ".join(["-s -w", *(f"-X {module.path}/cmd.{key}={value}" for key, value in said.items())])
        command = [
            "nice",
            "go",
            "build",
            "-trimpath",
            "-tags",
            "kqueue",
            "-ldflags",
            flags,
            "-o",
            str(made / name),
            ".",
        ]
        running.run(command, cwd=source, env={"CGO_ENABLED": "0"})
        shutil.copy(source / "LICENSE", made / f"LICENSE-{name}")
        shutil.rmtree(kept, ignore_errors=True)
        made.rename(kept)


def go_source(module: str) -> Path:
    """The unpacked files of `module@version`, in Go's own cache. Raises StepFailed when it cannot be had."""
    done = subprocess.run(["go", "mod", "download", "-json", module], capture_output=True, text=True, check=False)
    found: dict[str, str] = json.loads(done.stdout or "{}")
    if "Dir" not in found:
        raise StepFailed(f"{module} could not be downloaded: {found.get('Error') or done.stderr.strip()}")
    return Path(found["Dir"])


def go_name(template: str, arguments: Mapping[str, str]) -> str:
    """`golang.org/toolchain@v0.0.1-go{VERSION}.linux-{arch}` for this machine and these build arguments."""
    machine = platform.machine()
    return template.format(arch=_GO_ARCHITECTURES.get(machine, machine), **arguments)


def npm_package(running: Step, package: str) -> Path:
    """An npm package's archive, from the cache or fetched now."""
    kept = images_cache() / "npm" / f"{package.replace('/', '-')}.tgz"
    if kept.is_file():
        return kept
    with tempfile.TemporaryDirectory(dir=images_cache()) as folder:
        running.run(["npm", "pack", "--ignore-scripts", package, "--pack-destination", folder], cwd=Path(folder))
        kept.parent.mkdir(exist_ok=True)
        next(Path(folder).glob("*.tgz")).rename(kept)
    return kept


def npm_name(template: str, arguments: Mapping[str, str]) -> str:
    """`node-linux-{arch}@{VERSION}` for this machine and these build arguments."""
    machine = platform.machine()
    return template.format(arch=_ARCHITECTURES.get(machine, machine), **arguments)


def pip_settings(listing: str) -> str:
    """pip.conf for images from the output of `pip config list`: how to reach the package index, nothing else."""
    chosen = {"cert": "/etc/ssl/certs/ca-certificates.crt"}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2].strip()
        if key in _PIP:
            chosen[key.removeprefix("default-")] = str(ast.literal_eval(value)).replace("\n", "\n    ")
    return "[global]\n" + "".join(f"{key} = {value}\n" for key, value in chosen.items())


def npm_settings(listing: str) -> str:
    """npmrc for images from the output of `npm config list --json`."""
    found: dict[str, object] = json.loads(listing or "{}")
    chosen = {key: _npm_value(found[key]) for key in _NPM if found.get(key) is not None}
    lines = [f"{key}={value}\n" for key, value in chosen.items() if value]
    return "".join([*lines, "cafile=/etc/ssl/certs/ca-certificates.crt\n"])


def _npm_value(value: object) -> str:
    if isinstance(value, list):
        return ",".join(str(one) for one in cast(list[object], value) if one)
    return str(value).lower() if isinstance(value, bool) else str(value)


def go_settings(listing: str) -> str:
    """go.env for images from the output of `go env -json`: where modules come from."""
    found: dict[str, str] = json.loads(listing or "{}")
    return "".join(f"{key}={found[key]}\n" for key in _GO if found.get(key))


def settings_file(name: str) -> str:
    """The text of pip.conf, npmrc or go.env for this machine's images."""
    if name == "go.env":
        command, convert = ["go", "env", "-json"], go_settings
    elif name == "pip.conf":
        command, convert = ["python3", "-m", "pip", "config", "list"], pip_settings
    else:
        command, convert = ["npm", "config", "list", "--json"], npm_settings
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"})
    except FileNotFoundError:
        return convert("")
    return convert(done.stdout if done.returncode == 0 else "")
