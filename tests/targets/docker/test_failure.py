"""Failures of the dynamic providers are shown as what they say, and only there."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import traceback
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from docker.errors import APIError
from requests.exceptions import ConnectionError

from components.targets.failure import Failure, speak_plainly

ROOT = Path(__file__).resolve().parents[3]


def told(wrong: Exception) -> str:
    try:
        raise wrong
    except Exception:
        return traceback.format_exc()


def test_elsewhere_a_traceback_stays_one() -> None:
    speak_plainly()
    assert told(Failure("db: ended")).startswith("Traceback")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process as that of the SDK's dynamic providers."""
    monkeypatch.setattr(traceback, "format_exc", traceback.format_exc)
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", ModuleSpec("pulumi.dynamic.__main__", None), raising=False)


def test_in_the_providers_process_a_failure_is_its_message(provider: None) -> None:
    speak_plainly()
    speak_plainly()
    assert told(Failure("db: its container ended")) == "db: its container ended"
    assert told(ValueError("a fault of the program")).startswith("Traceback")


def test_a_daemon_that_refuses_or_is_gone_is_no_fault_of_the_program(provider: None) -> None:
    speak_plainly()
    for wrong in (APIError("no space left on device"), ConnectionError("Connection aborted.")):
        assert told(wrong) == f"the Docker daemon did not do it: {wrong}"


def test_the_sdk_formats_errors_with_what_is_replaced() -> None:
    """If the SDK formats its errors in another way one day, this is how we learn of it."""
    found = importlib.util.find_spec("pulumi.dynamic.__main__")
    assert found and found.origin and "traceback.format_exc()" in Path(found.origin).read_text()


def test_the_providers_process_speaks_plainly_once_a_provider_is_unpickled() -> None:
    script = (
        "import sys, traceback; from importlib.machinery import ModuleSpec; "
        "sys.modules['__main__'].__spec__ = ModuleSpec('pulumi.dynamic.__main__', None); "
        "from components.targets.failure import Failure\n"
        "try: raise Failure('it ended')\nexcept Failure: print(traceback.format_exc())"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "it ended\n"
