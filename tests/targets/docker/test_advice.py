"""What Docker's errors are said to mean."""

from __future__ import annotations

import pytest

from components.core import catalog
from components.targets.docker.advice import explain


@pytest.mark.parametrize(
    ("said", "what", "advice"),
    [
        ("write /x: No space left on device", "the Docker daemon's disk is full", "docker system prune"),
        ("Cannot connect to the Docker daemon at unix:///x", "does not answer at its usual socket", "make setup"),
        ("Error pinging Docker server: refused", "does not answer at its usual socket", "make setup"),
        ("error while removing network: network shop id 4414 has active endpoints", "attached to it", "disconnect"),
        (
            "timeout while waiting for state to become 'removed' (last state: 'pending', timeout: 30s)",
            "will not remove the network",
            "restart Docker",
        ),
    ],
)
def test_what_a_person_can_mend_is_explained(said: str, what: str, advice: str) -> None:
    found = explain(f"Error response from daemon: {said}")
    assert found is not None and what in found.what and advice in found.advice


def test_what_says_itself_what_to_do_is_not() -> None:
    assert explain("timeout while waiting for state to become 'removed' (last state: 'in_use', timeout: 30s)") is None
    assert explain("Bind for 0.0.0.0:80 failed: port is already allocated") is None
    assert catalog.advisor("docker") is explain
