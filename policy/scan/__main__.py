"""`python -m policy.scan`: exit code 0 when every finding is answered, 1 when not, 2 when it cannot be judged."""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from components.model.problems import DescriptionError
from policy.scan import ROOT, ScanError, canary, environment, exported, findings, judge, stacks
from policy.scan.assertions import own
from policy.scan.findings import Answered, Finding
from policy.scan.render import render
from policy.scan.stack import Stack
from policy.scan.terraform import Terraform

SOURCE = "source"
AT_ONCE = 2
"""Plans and judgements at the same time; each is a process or two."""


@dataclass(frozen=True)
class Row:
    """One line of the table; `resources` is None for the source, which has none."""

    name: str
    resources: int | None
    passed: int
    failed: tuple[Finding, ...]
    seconds: float


class Scan:
    """One run, in a folder that is gone afterwards: plans hold values that may be secret."""

    def __init__(self, work: Path, provider: Path | None) -> None:
        self.work = work
        self.checkov = environment.checkov()
        self.terraform = Terraform(work, provider)
        self.kinds = self.terraform.kinds()

    def stack(self, stack: Stack) -> Row:
        """The verdict on a stack: checkov's, and that of our own rules."""
        began = time.monotonic()
        rendered = render(stack, self.kinds)
        plan = self.terraform.plan(stack.name, rendered.document, stack.region)
        verdict = judge.of_plan(self.checkov, plan, stack.name, rendered)
        failed = (*verdict.failed, *own(stack))
        return Row(stack.name, len(rendered.addresses), verdict.passed, failed, time.monotonic() - began)

    def source(self) -> Row:
        """The verdict on the secrets in this checkout, once an access key in another has been found."""
        began = time.monotonic()
        canary.source(self.work / "canary-source")
        found = judge.of_source(self.checkov, self.work / "canary-source", canary.NAME).failed
        if not found:
            raise ScanError("checkov did not find the access key that is in the canary's source")
        judge.copy_source(ROOT, self.work / SOURCE)
        verdict = judge.of_source(self.checkov, self.work / SOURCE, SOURCE)
        return Row(SOURCE, None, verdict.passed, tuple(verdict.failed), time.monotonic() - began)


def trusted(row: Row) -> None:
    """Raises ScanError unless the canary has exactly the failures that it must have."""
    found = {f"{one.rule} {one.resource}" for one in row.failed}
    lost, added = sorted(canary.expected() - found), sorted(found - canary.expected())
    if lost or added:
        raise ScanError(
            f"the canary must fail exactly as {canary.EXPECTED_IN.name} says; not found: {', '.join(lost) or '-'}; "
            f"found beside it: {', '.join(added) or '-'}"
        )


def everything(scan: Scan, wanted: list[stacks.Prod]) -> list[Row]:
    """The canary, the prod stacks and the source."""
    # Recordings share the SDK's settings, so they come one after the other.
    made = [canary.recorded(scan.kinds), *(one.recorded(scan.kinds) for one in wanted)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        source = pool.submit(scan.source)
        rows = list(pool.map(scan.stack, made))
        trusted(rows[0])
        return [*rows[1:], source.result()]


def of_export(scan: Scan, stack: Stack) -> list[Row]:
    """The stack of an export, once the canary has been found."""
    trusted(scan.stack(canary.recorded(scan.kinds)))
    return [scan.stack(stack)]


def table(rows: list[Row], found: Answered) -> Table:
    made = Table(title="what checkov and our own rules say of the prod stacks", title_justify="left")
    made.add_column("stack")
    for name in ("resources", "passed", "failed", "with a reason", "open", "seconds"):
        made.add_column(name, justify="right")
    for row in rows:
        left = sum(one.stack == row.name for one in found.open)
        answered = sum(one.stack == row.name for one in found.answered)
        made.add_row(
            row.name, "" if row.resources is None else str(row.resources), str(row.passed), str(left + answered),
            str(answered), str(left), f"{row.seconds:.0f}", style="red" if left else None,
        )  # fmt: skip
    return made


def report(rows: list[Row], whole: bool) -> bool:
    """Print the table and the verdict; whether everything is answered. `whole`: unused reasons count."""
    found = findings.answer((one for row in rows for one in row.failed), findings.read())
    console = Console(width=120 if not sys.stdout.isatty() else None, highlight=False)
    console.print(table(rows, found))
    for one in found.open:
        console.print(f"open: {one}", markup=False, soft_wrap=True)
    unused = found.unused if whole else ()
    for one in unused:
        console.print(
            f"unused: {findings.TABLE.name} gives a reason for {one}, and nothing fails it",
            markup=False,
            soft_wrap=True,
        )
    if found.open or unused:
        console.print(f"[red]FAILED[/]: fix what is open, or write its reason into policy/scan/{findings.TABLE.name}")
        return False
    console.print(f"[green]passed[/]: {len(found.answered)} findings, each with a written reason; the canary was found")
    return True


def main(
    provider: Annotated[
        str, typer.Option(help="folder of the Terraform AWS provider's binary; without it terraform gets its own")
    ] = "",
    system: Annotated[list[str] | None, typer.Option(help="only this system; can be repeated")] = None,
    profile: Annotated[list[str] | None, typer.Option(help="only this profile; can be repeated")] = None,
    stack_export: Annotated[
        Path | None,
        typer.Option(help="scan the stack in this file of `pulumi stack export --show-secrets`, not the descriptions"),
    ] = None,
) -> None:
    """Scan the prod stacks of this project, and its source."""
    for given, known in ((system, stacks.SYSTEMS), (profile, stacks.PROFILES)):
        for one in given or ():
            if one not in known:
                raise typer.BadParameter(f"{one!r}; allowed are {', '.join(known)}")
    wanted = [
        one
        for one in stacks.every()
        if (not system or one.system in system) and (not profile or one.profile in profile)
    ]
    try:
        with tempfile.TemporaryDirectory(prefix="strata-scan-") as work:
            scan = Scan(Path(work), Path(provider) if provider else None)
            if stack_export is None:
                rows = everything(scan, wanted)
            else:
                label = f"{system[0]}-{profile[0]}" if system and profile else None
                rows = of_export(scan, exported.read(stack_export, label))
    except (ScanError, DescriptionError) as wrong:
        print(f"[scan] {wrong}", file=sys.stderr)
        raise typer.Exit(2) from None
    whole = stack_export is None and len(wanted) == len(stacks.every())
    raise typer.Exit(0 if report(rows, whole) else 1)


if __name__ == "__main__":
    typer.run(main)
