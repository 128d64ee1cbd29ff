"""What the engine is made of, and where its parts lie in the cache folder."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offline.steps import cache_folder

RECIPES = Path(__file__).resolve().parent
MARKER = ".strata-engine"


def digest(part: str, recipes: Path = RECIPES) -> str:
    """Names one state of one part's recipe, so that a change of the bridge does not build the CLI again."""
    total = hashlib.sha256()
    folder = recipes / part
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.endswith("_test.go"):
            total.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
            total.update(path.read_bytes())
    return total.hexdigest()[:16]


@dataclass(frozen=True)
class Layout:
    """Where the programs are in the cache folder: each part in a folder of its own, named by its recipe's digest."""

    base: Path
    cli_root: Path
    bridge_root: Path
    docker_root: Path

    @classmethod
    def current(cls, recipes: Path = RECIPES) -> Layout:
        base = cache_folder() / "engine"
        parts = [base / f"{part}-{digest(part, recipes)}" for part in ("cli", "bridge", "docker-provider")]
        return cls(base, *parts)

    @property
    def pulumi(self) -> Path:
        """What users run: the CLI with the settings it needs here."""
        return self.cli_root / "pulumi"

    @property
    def cli(self) -> Path:
        return self.cli_root / "bin" / "pulumi"

    @property
    def language_host(self) -> Path:
        return self.cli_root / "bin" / "pulumi-language-python"

    @property
    def executor(self) -> Path:
        return self.cli_root / "bin" / "pulumi-language-python-exec"

    @property
    def dynamic(self) -> Path:
        return self.cli_root / "bin" / "pulumi-resource-pulumi-python"

    @property
    def dynamic_from_sdk(self) -> Path:
        return self.cli_root / "bin" / "sdk" / "pulumi-resource-pulumi-python"

    @property
    def bridge(self) -> Path:
        return self.bridge_root / "pulumi-terraform-bridge"

    @property
    def docker_provider(self) -> Path:
        return self.docker_root / "terraform-provider-docker"


def description(name: str, recipes: Path = RECIPES) -> dict[str, Any]:
    """How one provider's Terraform names map to its Pulumi SDK."""
    path = recipes / "providers" / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in path.parent.glob("*.json")))
        raise SystemExit(f"there is no description of a plugin {name!r}; known are {known}")
    return json.loads(path.read_text())


def sdk_version(described: dict[str, Any], venv: Path) -> str:
    """The version of the Python SDK in use, for a plugin is found by it: installed, else locked, else as described."""
    wanted: str = described["python"]
    for metadata in venv.glob(f"lib/python*/site-packages/{wanted.replace('-', '_')}-*.dist-info"):
        return metadata.name.removesuffix(".dist-info").rpartition("-")[2]
    for lock in (venv.parent / "requirements.lock", venv.parent / "requirements.txt"):
        if lock.is_file():
            found = re.search(rf"^{re.escape(wanted)}==([\w.]+)", lock.read_text(), re.MULTILINE)
            if found:
                return found[1]
    return str(described["version"])
