"""Durations as the daemon reports them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.model.units import seconds
from components.targets.docker.container import go_duration


@given(st.integers(0, 99), st.integers(0, 90), st.integers(0, 90))
def test_whole_seconds_keep_their_length(hours: int, minutes: int, whole: int) -> None:
    text = f"{hours}h{minutes}m{whole}s"
    assert seconds(go_duration(text)) == seconds(text)


@given(st.integers(0, 999))
def test_milliseconds_keep_their_length(milliseconds: int) -> None:
    assert seconds(go_duration(f"{milliseconds}ms")) == pytest.approx(milliseconds / 1000)


@given(st.integers(0, 99), st.integers(0, 90), st.integers(0, 90), st.integers(0, 999))
def test_written_again_it_stays_the_same(hours: int, minutes: int, whole: int, milliseconds: int) -> None:
    once = go_duration(f"{hours}h{minutes}m{whole}s{milliseconds}ms")
    assert go_duration(once) == once


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", "1m30s"), ("1h", "1h0m0s"), ("500ms", "500ms"), ("0s", "0s"), ("2s", "2s"), ("3600s", "1h0m0s")],
)
def test_as_go_prints_it(text: str, expected: str) -> None:
    assert go_duration(text) == expected
