"""Values with a unit."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from components.model.units import Duration, Memory, memory_bytes, seconds

UNITS = {"B": 1, "KB": 1024, "k": 1024, "MB": 1024**2, "MiB": 1024**2, "m": 1024**2, "GB": 1024**3, "g": 1024**3}


@given(st.integers(0, 2**20), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " "]))
def test_memory_is_its_number_times_its_unit(number: int, unit: str, space: str) -> None:
    assert memory_bytes(f"{number}{space}{unit}") == number * UNITS[unit]


@pytest.mark.parametrize("text", ["512", "MB", "-1MB", "1TB", "1 2MB", "", "0x10MB", "1,5GB"])
def test_memory_without_number_or_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape("allowed is a number with a unit B, KB, MB or GB, such as '512MB'")):
        memory_bytes(text)


def test_fractions_of_a_unit() -> None:
    assert memory_bytes("1.5GB") == 1536 * 1024**2


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_duration_is_the_sum_of_its_parts(hours: int, minutes: int, whole: int, milliseconds: int) -> None:
    assert seconds(f"{hours}h{minutes}m{whole}s{milliseconds}ms") == pytest.approx(
        hours * 3600 + minutes * 60 + whole + milliseconds / 1000
    )


@pytest.mark.parametrize(("text", "expected"), [("2s", 2), ("1m30s", 90), ("500ms", 0.5), ("0s", 0), ("1.5s", 1.5)])
def test_durations_as_compose_writes_them(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "30", "s", "1s1m", "-1s", "1 s", "1d", "ms"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="allowed is a duration with units h, m, s or ms, such as '30s' or '1m30s'"):
        seconds(text)


def _accepted(read: object, text: str) -> bool:
    try:
        read(text)  # type: ignore[operator]
    except ValueError:
        return False
    return True


@given(
    st.from_regex(r"\A\d{0,3}[.]?\d{0,2} ?[a-zA-Z]{0,3}\Z") | st.text(alphabet="0123456789hms.kKmMgGiIbB ", max_size=8)
)
def test_the_schema_accepts_exactly_what_the_model_reads(text: str) -> None:
    for unit, read in ((Memory, memory_bytes), (Duration, seconds)):
        pattern = TypeAdapter(unit).json_schema()["pattern"]
        assert (re.search(pattern, text) is not None) == _accepted(read, text), unit
