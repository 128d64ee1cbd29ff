"""Logs: whatever a process says is one JSON object on a line."""

import json
import subprocess
import sys

PROGRAM = """
import logging, warnings
from demo.logs import configure_logging, get_logger
configure_logging("api")
get_logger("ours").info("hello", count=2)
logging.getLogger("a.library").error("theirs")
warnings.warn("a coroutine was never awaited", RuntimeWarning, stacklevel=1)
"""


def test_our_lines_a_librarys_and_a_warning_are_json() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["logger"] for line in lines] == ["ours", "a.library", "py.warnings"]
    assert lines[0]["event"] == "hello" and lines[0]["count"] == 2 and lines[1]["event"] == "theirs"
    assert "a coroutine was never awaited" in lines[2]["event"]
    assert {line["service"] for line in lines} == {"api"} and done.stderr == ""
