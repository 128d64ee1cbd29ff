"""The parts of the drills that need no daemon: the search for values, and the table."""

from __future__ import annotations

import base64

import pytest

from drills import report, secret_values
from drills.report import Result, Searched
from drills.runs import NAMES, all_of, chosen
from drills.search import search
from drills.stage import Moments, Wrong
from drills.suite import DRILLS

VALUE, CANARY = "5f0e3a9c1b7d4826a0c9e8f7b6d5c4a3", "canary0123456789"
ALLOWED = "tasks"
VALUES = {"db-password": VALUE, "other": "not there at all, anywhere"}


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("encoded", [False, True], ids=["as it is", "Base64"])
def test_a_value_is_found_wherever_it_stands(before: str, encoded: bool) -> None:
    text = f"{before}postgresql://app:{VALUE}@db/app".encode()
    found = search("place", [base64.b64encode(text) if encoded else text], VALUES, CANARY)
    assert (found.found, found.canary) == (("db-password",), False)


@pytest.mark.parametrize("size", [1, 7, 31, 500])
def test_pieces_are_searched_across_their_borders(size: int) -> None:
    text = f"{'x' * 100}{VALUE}{'y' * 100}{CANARY}".encode()
    found = search("place", [text[start : start + size] for start in range(0, len(text), size)], VALUES, CANARY)
    assert (found.found, found.canary, found.size) == (("db-password",), True, len(text))


def test_the_secrets_drill_fails_for_a_value_and_for_a_search_that_is_blind() -> None:
    clean = Searched("state", 100, True, ())
    chosen = Searched("inspect", 100, True, (), ("db-password",))
    told = secret_values.judged([clean, chosen], ALLOWED)
    assert "but in `docker inspect` of tasks, as described (db-password)" in told, "as the stage names them"
    with pytest.raises(Wrong, match="logs holds the value of db-password"):
        secret_values.judged([clean, Searched("logs", 100, True, ("db-password",))], ALLOWED)
    with pytest.raises(Wrong, match="not found, so the search proves nothing: logs"):
        secret_values.judged([clean, Searched("logs", 100, False, ())], ALLOWED)


def result(where: str, name: str, came: str = report.OK, *places: Searched) -> Result:
    return Result(where, name, "a | b", 20, came, 61.4, "first line\nsecond", places)


def test_the_document_has_a_row_for_each_drill_and_place() -> None:
    text = report.document([result("Docker", "up-killed", report.OK, Searched("state", 12345, True, ()))], "", NAMES)
    assert "| Docker | up-killed | a / b | 20 | ok | 61 | first line |" in text
    assert "| state | 12,345 | found | nothing |" in text


def test_a_drill_that_runs_alone_leaves_the_others_rows() -> None:
    """Those of other drills, and its own in another place; a drill that is no more loses its row."""
    place = Searched("state", 1, True, ("a",))
    before = report.document(
        [result("rehearsal", "gone"), result("Docker", "gone"), result("Docker", "secrets", report.OK, place),
         result("Docker", "up-killed"), result("Docker", "removed")], "", [*NAMES, "removed"],
    )  # fmt: skip
    after = report.document([result("Docker", "gone", report.FAILED)], before, NAMES)
    lines = [line.split(" | ") for line in after.splitlines() if line.startswith(("| Docker", "| rehearsal"))]
    assert [(line[0], line[1], line[4]) for line in lines] == [
        ("| Docker", "up-killed", "ok"), ("| Docker", "gone", "FAILED"), ("| Docker", "secrets", "ok"),
        ("| rehearsal", "gone", "ok"),
    ]  # fmt: skip
    assert "| state | 1 | found | FOUND: a |" in after


def test_each_stage_keeps_its_own_table_of_places() -> None:
    """A search in one of them leaves what was found in the other."""
    first, second = Searched("state", 1, True, ()), Searched("tasks", 2, True, ())
    before = report.document([result("rehearsal", "secrets", report.OK, second)], "", NAMES)
    assert before.count("| place | bytes |") == 1
    both = report.document([result("Docker", "secrets", report.OK, first)], before, NAMES)
    own, _, rehearsed = both.partition("## Secrets in the rehearsal\n")
    assert "| state | 1 |" in own and "| tasks | 2 |" in rehearsed and both.count("| place | bytes |") == 2
    again = report.document([result("rehearsal", "secrets", report.OK, first)], both, NAMES)
    assert "| tasks |" not in again and again.count("| state | 1 |") == 2


def test_the_page_of_the_docs_is_one_that_drills_write() -> None:
    """If it fails, somebody wrote it by hand: writing it again changes nothing."""
    text = report.DOCUMENT.read_text()
    assert report.document([], text, NAMES) == text


def test_moments_are_the_same_for_the_same_seed_and_within_the_command() -> None:
    one, other = Moments(1, 10), Moments(1, 10)
    drawn = [one.next() for _ in range(50)]
    assert drawn == [other.next() for _ in range(50)] and len({*drawn}) == 50
    assert all(0 < moment < 10 for moment in drawn)


def test_kills_are_as_many_as_the_issue_asks_for() -> None:
    assert (DRILLS["up-killed"].times, DRILLS["destroy-killed"].times) == (20, 10)
    assert {name for name, one in DRILLS.items() if one.own_daemon} == {"daemon-restarted", "disk-full"}


def test_all_drills_are_done_in_every_place_that_they_name() -> None:
    everywhere = {(where, name) for name, one in DRILLS.items() for where in one.where}
    everywhere |= {("Docker", "secrets"), ("rehearsal", "secrets")}
    done = chosen()
    assert {*done} == everywhere and len(done) == len(everywhere)
    assert [where for where, _ in done] == sorted((where for where, _ in done), reverse=True), "the longest first"
    assert chosen(["gone"], "Docker") == [("Docker", "gone")]


def test_drills_side_by_side_each_say_what_they_came_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in a process of its own: here without what a daemon of our own needs, which each has to find out."""
    monkeypatch.setenv("PATH", "/nowhere")
    wanted = chosen(["daemon-restarted", "disk-full"])
    came = [*all_of(wanted, 1, 2)]
    assert {(one.where, one.name, one.came) for one in came} == {(*one, report.NOT_RUN) for one in wanted}
    assert all("dockerd" in one.seen for one in came)
