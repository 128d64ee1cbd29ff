"""Finds a Terraform provider's binary in the places where Terraform itself looks without a network."""

from __future__ import annotations

import os
import platform
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGES = Path("/opt")
"""Add-on packages, one folder each (FHS 3.0, 3.13): a mirror that somebody put on the machine as one of them."""


@dataclass(frozen=True)
class Found:
    """A provider in a mirror: `folder` holds its binary."""

    folder: Path
    version: str


def target() -> str:
    """Terraform's name of this platform."""
    machine = platform.machine().lower()
    return f"linux_{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


def config_file(env: Mapping[str, str], home: Path) -> Path:
    return Path(env.get("TF_CLI_CONFIG_FILE") or home / ".terraformrc")


def configured_folders(text: str, env: Mapping[str, str], home: Path) -> Iterator[Path]:
    """The folders that a Terraform CLI configuration names."""
    text = re.sub(r"(?m)^\s*(#|//).*$|/\*.*?\*/", "", text)
    for block in re.finditer(r"\bfilesystem_mirror\s*\{([^}]*)\}", text):
        path = re.search(r'\bpath\s*=\s*"([^"]+)"', block[1])
        if path:
            yield Path(os.path.expandvars(path[1]).replace("~", str(home), 1))
    for cache in re.finditer(r'(?m)^\s*plugin_cache_dir\s*=\s*"([^"]+)"', text):
        yield Path(cache[1].replace("$HOME", env.get("HOME", str(home))).replace("~", str(home), 1))


def folders(env: Mapping[str, str], home: Path, packages: Path | None = None) -> list[Path]:
    """Where to look, the most deliberate choice first; last, what lies among the machine's add-on packages."""
    places = [Path(env[name]) for name in ("STRATA_TF_MIRROR", "TF_PLUGIN_CACHE_DIR") if env.get(name)]
    config = config_file(env, home)
    if config.is_file():
        places += configured_folders(config.read_text(errors="replace"), env, home)
    data = [Path(env.get("XDG_DATA_HOME") or home / ".local" / "share")]
    data += [Path(one) for one in (env.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":") if one]
    places.append(home / ".terraform.d" / "plugins")
    places += [one / "terraform" / "plugins" for one in data]
    places += sorted(one for one in (packages or PACKAGES).glob("*") if one.is_dir())
    return list(dict.fromkeys(places))


def order(version: str) -> tuple[tuple[int, ...], bool]:
    """Sorts versions; a pre-release comes before its release."""
    numbers, _, pre = version.partition("-")
    return tuple(int(one) for one in re.findall(r"\d+", numbers)), not pre


def candidates(place: Path, source: str, unpacked: Path) -> Iterator[tuple[str, Path, Path | None]]:
    """Version, folder of the binary and, if it is still packed, the archive. The registry's host does not matter."""
    kind = source.rpartition("/")[2]
    for folder in place.glob(f"*/{source}/*/{target()}"):
        if any(folder.glob(f"terraform-provider-{kind}*")):
            yield folder.parent.name, folder, None
    for archive in place.glob(f"*/{source}/terraform-provider-{kind}_*_{target()}.zip"):
        version = archive.name.split("_")[1]
        yield version, unpacked / kind / version, archive


def unpack(archive: Path, to: Path) -> None:
    if to.is_dir():
        return
    unfinished = to.with_name(f".{to.name}.{os.getpid()}")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(unfinished)
    for program in unfinished.glob("terraform-provider-*"):
        program.chmod(0o755)
    unfinished.rename(to)


def find(
    source: str,
    unpacked: Path,
    env: Mapping[str, str] | None = None,
    home: Path | None = None,
    packages: Path | None = None,
) -> Found | None:
    """The newest version in the first place that has any."""
    for place in folders(os.environ if env is None else env, home or Path.home(), packages):
        best = max(candidates(place, source, unpacked), key=lambda one: order(one[0]), default=None)
        if best:
            version, folder, archive = best
            if archive:
                unpack(archive, folder)
            return Found(folder.resolve(), version)
    return None
