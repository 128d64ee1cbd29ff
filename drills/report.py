"""What the drills came to: a table on the screen, and the same in docs/drills.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from rich.table import Table

from drills.stage import DOCKER, REHEARSAL
from strata.cli.project import ROOT

DOCUMENT = ROOT / "docs" / "drills.md"
OK, FAILED, NOT_RUN = "ok", "FAILED", "NOT RUN"
ABOUT = """# Drills

Written by `make drills`, which ran them. After each fault the next `make up` converges, or one message names what is
wrong and the one command that mends it; every data row and file is there, what runs is exactly what the state knows
(Docker's by label; the emulated AWS's by tag, by number, and by the containers behind it), a preview changes nothing,
and what is somebody else's, with names like ours, is untouched. A drill that runs alone (`ONLY=name`) writes its own
rows anew.
"""
SECRETS: Mapping[str, str] = {
    DOCKER: """
## Secrets

The starter with a random value for every secret; each is searched for as it is and in Base64. The canary is no secret
and was put into each place: a search that does not find it fails.
""",
    REHEARSAL: """
## Secrets in the rehearsal

The same for the starter's prod stack on the emulated AWS, with the private key that it makes itself. Secrets are in
Secrets Manager; task definitions name them by their ARNs, and ECS gives them to tasks as environment. AWS has no
containers behind RDS and ElastiCache; the emulator gives its own the password that they start with.
""",
}
"""Where secret values are searched for, and what is said of that above the table of its places."""
HEADS = ("where", "drill", "what is done", "times", "", "seconds", "seen")


@dataclass(frozen=True)
class Searched:
    """A place where secret values were searched for, how many bytes it held, and whose values were in it."""

    place: str
    size: int
    canary: bool
    found: tuple[str, ...]
    chosen: tuple[str, ...] = ()

    @property
    def row(self) -> tuple[str, ...]:
        """Its cells."""
        seen = "nothing" if not (self.found or self.chosen) else ""
        by_choice = f"as described (environment): {', '.join(self.chosen)}" if self.chosen else ""
        fault = f"FOUND: {', '.join(self.found)}" if self.found else ""
        return self.place, f"{self.size:,}", "found" if self.canary else "NOT FOUND", seen or fault or by_choice


@dataclass(frozen=True)
class Result:
    """What one drill came to, and where; `places` where it searched."""

    where: str
    name: str
    what: str
    times: int
    came: str
    seconds: float
    seen: str
    places: tuple[Searched, ...] = ()

    @property
    def row(self) -> tuple[str, ...]:
        """Its cells; the first paragraph of what was seen."""
        first = self.seen.strip().splitlines()[0] if self.seen.strip() else ""
        return self.where, self.name, self.what, str(self.times), self.came, f"{self.seconds:.0f}", first


SEARCH_HEADS = ("place", "bytes", "canary", "secret values")


def table(results: Sequence[Result]) -> Table:
    """For the screen."""
    return _table("drills", HEADS, [one.row for one in results])


def searched(places: Sequence[Searched]) -> Table:
    """For the screen."""
    return _table("where secret values were searched for", SEARCH_HEADS, [one.row for one in places])


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    made = Table(title=title, title_justify="left")
    for head in heads:
        made.add_column(head, justify="right" if head in {"times", "seconds", "bytes"} else "left", overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def document(results: Sequence[Result], before: str, names: Sequence[str]) -> str:
    """The page: rows of drills that ran, in place of what it said of them before; all others as they are."""
    rows = {(row[0], row[1]): row for row in [*_rows(before, HEADS), *(one.row for one in results)]}
    order = {name: number for number, name in enumerate(names)}
    known = [row for key, row in rows.items() if key[1] in order]
    parts = [ABOUT, _markdown(HEADS, sorted(known, key=lambda row: (row[0], order[row[1]])))]
    for where, about in SECRETS.items():
        searched = [place.row for one in results if one.where == where for place in one.places]
        searched = searched or _rows(before.partition(f"{_title(about)}\n")[2], SEARCH_HEADS)
        if searched:
            parts += [about, _markdown(SEARCH_HEADS, searched)]
    return "\n".join(parts)


def _title(about: str) -> str:
    return about.strip().splitlines()[0]


def _rows(text: str, heads: Sequence[str]) -> list[tuple[str, ...]]:
    """The rows of the table with these heads in a page."""
    lines = iter(text.splitlines())
    for line in lines:
        if line == _line(heads):
            next(lines)
            return [tuple(each[2:-2].split(" | ")) for each in takewhile(lambda each: each.startswith("| "), lines)]
    return []


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"{_line(line)}\n" for line in (heads, ["---"] * len(heads), *rows))
