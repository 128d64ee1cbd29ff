"""What `strata check` prints."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from components.core.check import Checked
from components.core.describe import describe, version_of
from components.core.environment import Key, keys
from components.model.described import Described
from components.model.problems import listed
from components.model.system import System
from strata.cli.summary import image_and_details

TIERS = ("data", "app", "monitoring")
NARROW = 72
"""Columns; below it three columns of a table leave no room for the last."""


def as_data(project: str, checked: Sequence[Checked]) -> str:
    """The check as JSON: for each stack its problems, or its description, environment keys and secrets."""
    return json.dumps({"project": project, "stacks": {one.stack: _stack_data(one) for one in checked}}, indent=2)


def _stack_data(one: Checked) -> dict[str, object]:
    head = {"ok": not one.problems, "target": one.target}
    if one.system is None:
        return {**head, "problems": [dataclasses.asdict(problem) for problem in one.problems]}
    environment = {
        service.name: [dataclasses.asdict(key) for key in found]
        for service in one.system.services()
        if (found := keys(service))
    }
    return {
        **head,
        "problems": [],
        "version": version_of(one.system),
        "description": describe(one.system),
        "environment": environment,
        "secrets": dict(one.sources),
        "extends": one.extends,
        "overrides": [*one.overrides],
        "notes": [*one.notes],
    }


def show(project: str, checked: Sequence[Checked]) -> None:
    """Print every stack: what it comes to, then every problem."""
    console = Console(highlight=False, soft_wrap=False)
    narrow = console.width < NARROW
    shown: dict[str, str] = {}
    for one in checked:
        if one.system is None:
            continue
        version = version_of(one.system)
        console.print(_head(project, one, version))
        if one.overrides:
            console.print(_overrides(one))
        if version in shown:
            console.print(Text(f"  the same as {shown[version]}", style="dim"))
        else:
            shown[version] = one.stack
            console.print(_services(one.system, narrow))
            console.print(_environment(one.system, narrow))
        console.print(_secrets(one))
        if one.notes:
            console.print(_notes(one))
    for names, one in _by_problems(checked):
        console.print(_problems(project, names, one))
    wrong = [one.stack for one in checked if one.problems]
    if wrong:
        console.print(Text(f"{listed(wrong)}: not right yet. The other stacks are OK." if len(wrong) < len(checked)
                           else "Nothing can be brought up until this is mended.", style="bold red"))  # fmt: skip


def _head(project: str, one: Checked, version: str) -> Text:
    return Text.assemble(
        (f"{project} {one.stack}", "bold"), (" OK", "bold green"), f" on {one.target}", (f", version {version}", "dim")
    )


def _services(system: System, narrow: bool) -> RenderableType:
    services = system.services()
    rows: list[tuple[Text, ...]] = []
    for tier in TIERS:
        inside = [service for service in services if _tier(service, system) == tier]
        if inside:
            rows.append((Text(tier, style="bold cyan"),))
        for service in inside:
            image, details = image_and_details(service)
            said = [Text(image)] if image else []
            what = Text("; ").join([*said, *(Text(detail, "dim") for detail in details)])
            rows.append((Text(f"  {service.name}"), Text(type(service).__name__, "cyan"), what))
    return Padding(_columns(rows, narrow), (0, 0, 1, 2))


def _columns(rows: Sequence[tuple[Text, ...]], narrow: bool) -> RenderableType:
    """Rows whose last column is wrapped; on a narrow terminal that column goes below the others."""
    if narrow:
        lines = [(Text("  ").join(row[:-1] or row), Padding(row[-1], (0, 0, 0, 4))) for row in rows]
        return Group(*(part for row, line in zip(rows, lines, strict=True) for part in line[: len(row)]))
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    for _ in range(2):
        table.add_column(max_width=24, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _tier(service: Described, system: System) -> str:
    """The tier that realizes a service: where the system lists it."""
    if any(one is service for one in system.data):
        return "data"
    return "monitoring" if any(one is service for one in system.watchers()) else "app"


def _environment(system: System, narrow: bool) -> RenderableType:
    """The keys, those that several services share once."""
    sharing: dict[tuple[Key, ...], list[str]] = {}
    for service in system.services():
        if found := keys(service):
            sharing.setdefault(found, []).append(service.name)
    if not sharing:
        return Text()
    rows: list[tuple[Text, ...]] = []
    for found, names in sharing.items():
        for number, source in enumerate(dict.fromkeys(key.source for key in found)):
            written = Text(" ").join([_key(key) for key in found if key.source == source])
            rows.append((Text(", ".join(names) if number == 0 else ""), Text(source, "dim"), written))
    title = Text.assemble(("environment keys", "bold cyan"), (" (* secret)", "dim"))
    return Padding(Group(title, Padding(_columns(rows, narrow), (0, 0, 0, 2))), (0, 0, 1, 2))


def _key(key: Key) -> Text:
    return Text.assemble(key.name, ("*", "bold yellow")) if key.secret else Text(key.name)


def _secrets(one: Checked) -> RenderableType:
    if not one.sources:
        return Text()
    by_source: dict[str, list[str]] = {}
    for name, source in one.sources.items():
        by_source.setdefault(source, []).append(name)
    lines = [Text("secrets", style="bold cyan")]
    lines += [Text.assemble(f"  {', '.join(names)} ", (f"({source})", "dim")) for source, names in by_source.items()]
    return Padding(Group(*lines), (0, 0, 1, 2))


def _overrides(one: Checked) -> RenderableType:
    lines = [Text(f"as {one.extends}, but for", style="bold cyan"), *(Text(f"  {said}") for said in one.overrides)]
    return Padding(Group(*lines), (0, 0, 1, 2))


def _notes(one: Checked) -> RenderableType:
    lines = [Text("notes", style="bold cyan"), *(Text(f"  {note}") for note in one.notes)]
    return Padding(Group(*lines), (0, 0, 1, 2))


def _by_problems(checked: Sequence[Checked]) -> list[tuple[list[str], Checked]]:
    """Stacks with problems; those with the same problems together."""
    together: dict[tuple[object, ...], tuple[list[str], Checked]] = {}
    for one in checked:
        if one.problems:
            together.setdefault(one.problems, ([], one))[0].append(one.stack)
    return list(together.values())


def _problems(project: str, stacks: list[str], one: Checked) -> RenderableType:
    count = len(one.problems)
    head = Text.assemble(
        (f"{project} {listed(stacks)}", "bold"), (f" {count} problem{'s' if count > 1 else ''}", "bold red")
    )
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    following = [*(problem.text.partition("\n")[2] for problem in one.problems[1:]), ""]
    for problem, next_place in zip(one.problems, following, strict=True):
        place = f"{problem.where}: {problem.field}" if problem.field else problem.where
        first, *more = problem.text.split("\n")
        text = Text.assemble((f"{place}: ", "bold"), first)
        if "\n".join(more) != next_place:
            text.append("".join(f"\n{line}" for line in more), "dim")
        table.add_row("-", text)
    return Padding(Group(head, Padding(table, (0, 0, 0, 2))), (0, 0, 1, 0))
