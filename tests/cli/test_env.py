"""`eval "$(make env)"`: a shell in which plain pulumi works, in a clone that has seen no other command."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from strata.cli import backend, project
from strata.cli import env as command

SAID = 'eval "$0"; echo "$PATH"; echo "${PULUMI_CONFIG_PASSPHRASE_FILE:-none}"'


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone in a folder whose name a shell has to be given in quotes, and a person who has a backend."""
    made = tmp_path / "a clone"
    made.mkdir()
    for module in (project, backend, command):
        monkeypatch.setattr(module, "ROOT", made)
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    return made


def shell(printed: str) -> list[str]:
    done = subprocess.run(["bash", "-euc", SAID, printed], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_a_shell_finds_pulumi_and_a_passphrase_that_is_made_once(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.env()
    path, file = shell(capsys.readouterr().out)
    assert path.startswith(f"{clone}/.venv/bin:") and path.endswith(f":{os.environ['PATH']}")
    assert file == str(clone / ".strata/passphrase") and Path(file).stat().st_mode & 0o777 == 0o600
    before = Path(file).read_text()
    assert len(before) > 20
    command.env()
    assert Path(file).read_text() == before


@pytest.mark.parametrize(
    ("name", "value"), [("PULUMI_CONFIG_PASSPHRASE", ""), ("PULUMI_CONFIG_PASSPHRASE_FILE", "/home/me/secret")]
)
def test_a_persons_own_passphrase_is_left_alone(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    command.env()
    assert shell(capsys.readouterr().out)[1] == (value or "none") and not (clone / ".strata").exists()


def test_the_passphrase_of_another_clone_is_not_ones_own(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "/another/clone/.strata/passphrase")
    command.env()
    assert shell(capsys.readouterr().out)[1] == str(clone / ".strata/passphrase")
