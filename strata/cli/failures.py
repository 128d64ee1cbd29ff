"""What went wrong in an update, and what to do: told after pulumi's own output, which is long and in its own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.core.advice import Advisor, Refused

NODE = re.compile(r"^strata:(data|app|monitoring|telemetry):(?P<kind>\w+)$")
"""The type of a service's own component, which its resources lie under."""
COLOURS = re.compile(r"<\{%.*?%\}>")
"""pulumi's marks for colours in the texts of its events."""


@dataclass(frozen=True)
class Explained:
    """A resource that failed, the service that it belongs to ("" for none) and its kind, and why."""

    resource: str
    service: str
    kind: str
    refused: Refused


def read(log: Path) -> Iterator[Mapping[str, Any]]:
    """The events of an update; none of one that did not begin, and not the half of a line that was cut off."""
    for line in log.read_text(errors="replace").splitlines() if log.is_file() else ():
        try:
            event: dict[str, Any] = json.loads(line)
        except ValueError:
            continue
        yield event


def explained(events: Iterable[Mapping[str, Any]], advisor: Advisor) -> list[Explained]:
    """Every failure that the target understands, each once."""
    parents: dict[str, str] = {}
    found: dict[Explained, None] = {}
    for event in events:
        for name in ("resourcePreEvent", "resOutputsEvent"):
            metadata = _part(_part(event, name), "metadata")
            state = _part(metadata, "new") or _part(metadata, "old")
            if metadata and state.get("parent"):
                parents[str(metadata["urn"])] = str(state["parent"])
        said = _part(event, "diagnosticEvent")
        refused = advisor(COLOURS.sub("", str(said.get("message")))) if said.get("severity") == "error" else None
        if refused is not None:
            urn = str(said.get("urn") or "")
            service, kind = _service(urn, parents)
            found[Explained(urn.rpartition("::")[2], service, kind, refused)] = None
    return list(found)


def undeleted(events: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The URNs of what could not be removed."""
    failed = (_part(_part(event, "resOpFailedEvent"), "metadata") for event in events)
    return frozenset(str(one["urn"]) for one in failed if str(one.get("op", "")).startswith("delete"))


def _part(whole: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object inside another; empty where there is none."""
    found: Mapping[str, Any] | None = whole.get(key)
    return found or {}


def _service(urn: str, parents: Mapping[str, str]) -> tuple[str, str]:
    """Name and kind of the service that a resource was made for."""
    while urn:
        kind = NODE.match(_type(urn))
        if kind is not None:
            return urn.rpartition("::")[2], kind["kind"]
        urn = parents.get(urn, "")
    return "", ""


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2] if urn.count("::") >= 3 else ""


def show(failures: list[Explained]) -> None:
    """Print them; the same advice once."""
    if not failures:
        return
    from rich.console import Console  # An update that succeeds need not wait for it.
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text("What went wrong, and what to do", style="bold red"))
    by_advice: dict[str, list[Explained]] = {}
    for one in failures:
        by_advice.setdefault(one.refused.advice, []).append(one)
    for advice, those in by_advice.items():
        for one in those:
            of = f" ({one.kind} {one.service})" if one.service else ""
            text = Text.assemble((f"  {one.resource}{of}: ", "bold"), one.refused.what)
            console.print(text, soft_wrap=True)
        console.print(Text(f"    -> {advice}", style="cyan"), soft_wrap=True)
