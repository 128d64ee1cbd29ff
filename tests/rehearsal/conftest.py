"""What the tests of an emulated AWS share: the emulator and a registry, each started once for a module."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from rehearsal.emulator import Emulator, moto
from rehearsal.registry import registry

# Assertions of helpers say what they compared, as those of tests do.
pytest.register_assert_rewrite("tests.rehearsal.moto_round")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with moto(tmp_path_factory.mktemp("moto") / "moto.log") as running:
        yield running


@pytest.fixture(scope="module")
def images() -> Iterator[str]:
    with registry(f"strata-test-registry-{secrets.token_hex(3)}") as place:
        yield place
