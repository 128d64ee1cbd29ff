"""Where a Terraform provider is looked for, and which version is taken."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from offline.engine import mirror

SOURCE = "hashicorp/aws"


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def provider(mirrored: Path, version: str, host: str = "registry.example") -> Path:
    folder = mirrored / host / SOURCE / version / mirror.target()
    return program(folder / f"terraform-provider-aws_v{version}_x5").parent


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


def found(home: Path, **env: str | Path) -> mirror.Found | None:
    chosen = {"XDG_DATA_DIRS": str(home / "share"), **{key: str(value) for key, value in env.items()}}
    return mirror.find(SOURCE, home / "unpacked", chosen, home, home / "packages")


def test_nothing_is_found_where_nothing_is(home: Path) -> None:
    assert found(home) is None


@pytest.mark.parametrize("place", [".terraform.d/plugins", ".local/share/terraform/plugins", "share/terraform/plugins"])
def test_terraforms_own_places_are_searched(home: Path, place: str) -> None:
    folder = provider(home / place, "5.1.0")
    assert found(home) == mirror.Found(folder, "5.1.0")


def test_a_mirror_among_the_add_on_packages_is_found_last(home: Path) -> None:
    (home / "packages" / "other").mkdir(parents=True)
    folder = provider(home / "packages" / "terraform", "6.2.0")
    assert found(home) == mirror.Found(folder, "6.2.0")
    standard = provider(home / ".terraform.d" / "plugins", "5.1.0")
    assert found(home) == mirror.Found(standard, "5.1.0")


@pytest.mark.parametrize("name", ["STRATA_TF_MIRROR", "TF_PLUGIN_CACHE_DIR"])
def test_a_place_named_in_the_environment_comes_first(home: Path, tmp_path: Path, name: str) -> None:
    provider(home / ".terraform.d" / "plugins", "6.0.0")
    folder = provider(tmp_path / "chosen", "5.1.0")
    assert found(home, **{name: tmp_path / "chosen"}) == mirror.Found(folder, "5.1.0")


def test_terraforms_configuration_is_read(home: Path, tmp_path: Path) -> None:
    folder = provider(tmp_path / "mirrored", "5.1.0")
    config = tmp_path / "terraform.rc"
    config.write_text(
        f'provider_installation {{\n  # filesystem_mirror {{ path = "/commented" }}\n'
        f'  filesystem_mirror {{\n    path    = "{tmp_path / "mirrored"}"\n    include = ["*/*/*"]\n  }}\n'
        '  direct { exclude = ["*/*/*"] }\n}\n'
    )
    assert found(home, TF_CLI_CONFIG_FILE=config) == mirror.Found(folder, "5.1.0")
    config.rename(home / ".terraformrc")
    assert found(home) == mirror.Found(folder, "5.1.0")
    assert Path("/commented") not in mirror.folders({}, home)


def test_a_configuration_may_name_a_folder_below_home(home: Path) -> None:
    (home / ".terraformrc").write_text('plugin_cache_dir = "$HOME/cached"\n')
    folder = provider(home / "cached", "5.1.0")
    assert found(home, HOME=home) == mirror.Found(folder, "5.1.0")


def test_the_newest_version_is_taken_by_number(home: Path) -> None:
    mirrored = home / ".terraform.d" / "plugins"
    for version in ("5.9.0", "5.100.0", "5.100.0-beta1", "5.99.1"):
        provider(mirrored, version)
    result = found(home)
    assert result and result.version == "5.100.0"


def test_another_platform_or_an_empty_folder_does_not_count(home: Path) -> None:
    mirrored = home / ".terraform.d" / "plugins" / "registry.example" / SOURCE
    program(mirrored / "5.1.0" / "plan9_mips" / "terraform-provider-aws_v5.1.0")
    (mirrored / "5.2.0" / mirror.target()).mkdir(parents=True)
    assert found(home) is None


def test_a_packed_provider_is_unpacked_once(home: Path) -> None:
    folder = home / ".terraform.d" / "plugins" / "registry.example" / SOURCE
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / f"terraform-provider-aws_5.3.0_{mirror.target()}.zip", "w") as packed:
        packed.writestr("terraform-provider-aws_v5.3.0_x5", "#!/bin/sh\n")
    first = found(home)
    assert first and first.version == "5.3.0"
    assert os.access(first.folder / "terraform-provider-aws_v5.3.0_x5", os.X_OK)
    (first.folder / "kept").touch()
    assert found(home) == first and (first.folder / "kept").exists()
