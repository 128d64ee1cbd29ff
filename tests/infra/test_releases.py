"""The resource that keeps a stack's releases."""

from __future__ import annotations

from typing import Any

from infra.releases import ReleasesProvider

FIRST: dict[str, Any] = {"images": {"api": "a"}, "digests": {"migrate": "d1"}}
SECOND: dict[str, Any] = {"images": {"api": "b"}, "digests": {"migrate": "d2"}}


def state(outs: dict[str, Any]) -> dict[str, Any]:
    """Outputs as the engine hands them back: numbers are floats there."""
    releases = [{**one, "number": float(one["number"])} for one in outs["releases"]]
    return {**outs, "release": float(outs["release"]), "releases": releases}


def created() -> dict[str, Any]:
    return ReleasesProvider().create(FIRST).outs or {}


def test_the_first_update_is_release_one() -> None:
    made = created()
    (one,) = made["releases"]
    assert (made["release"], one["number"], one["images"], one["tasks"]) == (1, 1, {"api": "a"}, ["migrate"])
    assert one["time"].endswith("+00:00") and len(one["time"]) == 25


def test_the_same_again_is_no_difference() -> None:
    assert ReleasesProvider().diff("releases", state(created()), FIRST).changes is False


def test_other_images_are_another_release() -> None:
    before = state(created())
    assert ReleasesProvider().diff("releases", before, SECOND).changes is True
    made = ReleasesProvider().update("releases", before, SECOND).outs or {}
    assert made["release"] == 2 and [one["number"] for one in made["releases"]] == [1, 2]
    assert made["releases"][0] == before["releases"][0] and made["releases"][1]["tasks"] == ["migrate"]
    assert ReleasesProvider().diff("releases", state(made), SECOND).changes is False


def test_a_task_that_ran_again_is_no_other_release() -> None:
    again = {**FIRST, "digests": {"migrate": "d2", "seed": "d3"}}
    assert ReleasesProvider().diff("releases", state(created()), again).changes is True
    made = ReleasesProvider().update("releases", state(created()), again).outs or {}
    assert len(made["releases"]) == 1 and made["releases"][0]["tasks"] == ["migrate", "seed"]


def test_a_task_that_will_run_is_a_difference_in_a_preview() -> None:
    assert ReleasesProvider().diff("releases", state(created()), {**FIRST, "digests": {}}).changes is True


def test_pinned_and_left_again() -> None:
    second = ReleasesProvider().update("releases", state(created()), SECOND).outs or {}
    back = {"images": {"api": "a"}, "digests": SECOND["digests"], "pinned": 1.0}
    assert ReleasesProvider().diff("releases", state(second), back).changes is True
    pinned = ReleasesProvider().update("releases", state(second), back).outs or {}
    assert (pinned["release"], pinned["releases"]) == (1, second["releases"])
    assert ReleasesProvider().diff("releases", state(pinned), back).changes is False
    left = ReleasesProvider().update("releases", state(pinned), SECOND).outs or {}
    assert (left["release"], left["releases"]) == (2, second["releases"])
