"""The longest chain of an update, and what is measured beside it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.measured import run, sum_of_tree
from rehearsal.critical_path import Chain, Spans, longest, waits_for


def resource(urn: str, *needs: str, custom: bool = True, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "custom": custom, "dependencies": list(needs), **more}


def event(name: str, urn: str, op: str = "create") -> dict[str, Any]:
    return {name: {"metadata": {"urn": urn, "op": op}}}


def test_the_longest_chain_is_the_slowest_and_not_the_one_with_most_links() -> None:
    state = [resource("a"), resource("b", "a"), resource("c", "b"), resource("slow", "a"), resource("end", "c", "slow")]
    found = longest(state, {"a": 1, "b": 1, "c": 1, "slow": 10, "end": 2})
    assert found == Chain(13, ("a", "slow", "end"))


def test_a_component_and_what_was_there_already_take_no_time() -> None:
    state = [resource("tree", custom=False), resource("old"), resource("new", "old", parent="tree")]
    assert longest(state, {"tree": 100, "new": 3}) == Chain(3, ("new",))
    assert longest([], {}) == Chain(0, ())


def test_whatever_has_to_be_there_before_counts() -> None:
    one = resource(
        "x", "a", parent="p", provider="urn:prov::aws::id-1", propertyDependencies={"name": ["b"], "tags": None}
    )
    assert waits_for(one) == {"a", "b", "p", "urn:prov::aws"}
    assert waits_for({"urn": "x"}) == set()


def test_spans_come_from_events_as_they_arrive() -> None:
    spans = Spans()
    for now, one in enumerate(
        [
            event("resourcePreEvent", "a"), event("resourcePreEvent", "b", "same"),
            event("resOutputsEvent", "b", "same"),
            event("resourcePreEvent", "c", "replace"), event("resOutputsEvent", "a"), event("resOutputsEvent", "c"),
            event("resourcePreEvent", "c", "create-replacement"), event("resOutputsEvent", "c"), {"summaryEvent": {}},
            event("resourcePreEvent", "unfinished"),
        ]
    ):  # fmt: skip
        spans.take(one, float(now))
    assert spans.durations() == {"a": 4, "c": 4}


def test_memory_is_that_of_the_whole_tree() -> None:
    assert sum_of_tree(1, [(1, 0, 10), (2, 1, 5), (4, 3, 1), (3, 2, 2), (9, 8, 100)]) == 18
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', %r])"
    inner = "held = bytearray(200_000_000); import time; time.sleep(1); print('done')"
    said: list[str] = []
    measured = run([sys.executable, "-c", program % inner], Path.cwd(), os.environ, said.append)
    assert said == ["done\n"]
    assert measured.megabytes > 190 and measured.seconds >= 1


def test_a_command_that_fails_ends_the_benchmark_with_what_it_said() -> None:
    with pytest.raises(SystemExit, match="no good"):
        run([sys.executable, "-c", "print('no good'); raise SystemExit(3)"], Path.cwd(), os.environ)
