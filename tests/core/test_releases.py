"""The list of releases: how it goes on, and what going back means."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from components.core.naming import Names
from components.core.releases import MOST, Release, gone, pins, ran_since, recorded

IMAGES = some.dictionaries(some.sampled_from(["api", "web", "migrate"]), some.sampled_from(["a", "b", "c"]), min_size=1)
PINNED = some.sampled_from([None, None, None, None, 3, 12])
UPDATES = some.lists(
    some.tuples(IMAGES, some.sets(some.sampled_from(["migrate", "seed"])), PINNED),
    min_size=20, max_size=40,
)  # fmt: skip


def of(number: int, tasks: list[str] | None = None, **images: str) -> Release:
    return {"number": number, "time": f"t{number}", "images": images, "tasks": tasks or []}


@given(UPDATES)
def test_the_list_over_any_updates(updates: list[tuple[dict[str, str], set[str], int | None]]) -> None:
    """At most ten, oldest first, no number twice, none lost but the oldest, the newest what was deployed last."""
    releases: list[Release] = []
    ever: dict[int, dict[str, str]] = {}
    for step, (images, ran, pinned) in enumerate(updates):
        before, releases = releases, recorded(releases, images, ran, f"t{step}", pinned)
        numbers = [one["number"] for one in releases]
        assert 1 <= len(releases) <= MOST and numbers == sorted(set(numbers))
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        for one in releases:
            assert ever.setdefault(one["number"], one["images"]) == one["images"], "a number was used again"
        assert set(ran) <= set(releases[-1]["tasks"])
        if pinned is None:
            assert releases[-1]["images"] == images
        elif before:
            assert [one["number"] for one in before] == numbers
        again = recorded(releases, images, [], "later", pinned)
        assert again == releases, "an update without a change is no release"


def test_numbers_go_on_when_the_oldest_is_forgotten() -> None:
    releases: list[Release] = []
    for step in range(25):
        releases = recorded(releases, {"api": str(step)}, [], "", None)
    assert [one["number"] for one in releases] == list(range(16, 26))


def test_a_stack_made_anew_while_pinned_begins_with_that_number() -> None:
    assert recorded([], {"api": "a"}, ["t"], "now", 7) == [
        {"number": 7, "time": "now", "images": {"api": "a"}, "tasks": ["t"]}
    ]


def test_what_ran_without_another_image_belongs_to_the_newest() -> None:
    releases = [of(1, api="a"), of(2, ["migrate"], api="b")]
    after = recorded(releases, {"api": "b"}, ["seed"], "now", None)
    assert after == [releases[0], {**releases[1], "tasks": ["migrate", "seed"]}]
    assert releases[1]["tasks"] == ["migrate"], "the former list is left alone"


RELEASES = [
    of(1, ["migrate"], api="a1", migrate="m1", old="o1"), of(2, ["migrate"], api="a2", migrate="m2"),
    of(3, api="a3", migrate="m2", new="n3"), of(4, ["seed", "migrate"], api="a4", migrate="m4", new="n4"),
]  # fmt: skip


def test_services_go_back_and_tasks_and_what_is_new_do_not() -> None:
    assert pins(RELEASES, 1, ["migrate"]) == {"api": "a1", "migrate": "m4", "new": "n4"}
    assert pins(RELEASES, 3, ["migrate"]) == {"api": "a3", "migrate": "m4", "new": "n3"}
    assert pins(RELEASES, 4, ["migrate"]) == RELEASES[-1]["images"]


def test_the_tasks_that_ran_since() -> None:
    assert ran_since(RELEASES, 1) == ["migrate (in 2, 4)", "seed (in 4)"]
    assert ran_since(RELEASES, 3) == ["migrate (in 4)", "seed (in 4)"]
    assert ran_since(RELEASES, 4) == []


def test_what_is_said_of_an_image_that_is_gone() -> None:
    assert gone(3, "shop/demo:abc", ["api", "worker"], "on this machine", Names("shop", "prod")) == (
        "release 3 ran shop/demo:abc (api, worker), which is not on this machine any more; go back to another "
        "(make rollback SYSTEM=shop STACK=prod RELEASE=n), or leave it (make rollback SYSTEM=shop STACK=prod "
        "RELEASE=latest), check out the source of that time and run make up"
    )
