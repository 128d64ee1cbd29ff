"""What the drills came to: a table on the screen, and the same in docs/drills.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter
from rich.table import Table

from strata.cli.project import ROOT

KEPT = ROOT / ".strata" / "drills"
"""The last result of each drill, so that one that runs alone leaves the others' rows."""
DOCUMENT = ROOT / "docs" / "drills.md"
OK, FAILED, NOT_RUN = "ok", "FAILED", "NOT RUN"
ABOUT = """# Drills on {stage}

Written by `make drills`, which ran them. After each fault the next `make up` converges, or one message names what is
wrong and the one command that mends it; every data row and file is there, Docker holds by label exactly what the state
knows, a preview changes nothing, and a container, a volume and a network of somebody else's, with names like ours, are
untouched. A drill that runs alone (`ONLY=name`) writes its own row anew.
"""
SECRETS = """
## Secrets

The starter with a random value for every secret; each is searched for as it is and in Base64. The canary is no secret
and was put into each place: a search that does not find it fails.
"""
HEADS = ("drill", "what is done", "times", "", "seconds", "seen")


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
    """What one drill came to; `places` where it searched."""

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
        return self.name, self.what, str(self.times), self.came, f"{self.seconds:.0f}", first

    def keep(self) -> None:
        """Keep it as this drill's last result."""
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / f"{self.name}.json").write_bytes(_RESULT.dump_json(self))


_RESULT = TypeAdapter(Result)


def kept(names: Iterable[str]) -> list[Result]:
    """The last results of drills."""
    return [_RESULT.validate_json(path.read_text()) for name in names if (path := KEPT / f"{name}.json").is_file()]


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


def document(stage: str, results: Sequence[Result]) -> str:
    """The page: written by the command that ran them, never by hand."""
    parts = [ABOUT.format(stage=stage), _markdown(HEADS, [one.row for one in results])]
    places = [place for one in results for place in one.places]
    if places:
        parts += [SECRETS, _markdown(SEARCH_HEADS, [one.row for one in places])]
    return "\n".join(parts)


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)
