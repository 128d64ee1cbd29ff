"""What every test shares."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "strata",
    max_examples=60,
    deadline=None,  # Machines that run this are shared; a slow example is not a wrong one.
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("strata")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the texts in tests/golden anew")
