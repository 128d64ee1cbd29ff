"""Asking checkov: about a plan, and about the source."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from policy.scan import ScanError
from policy.scan.findings import Finding
from policy.scan.kinds import Json
from policy.scan.render import Rendered
from policy.scan.terraform import planned, unknown_after

DOCUMENTS = ("policy", "assume_role_policy", "container_definitions", "secret_string")
"""Fields that hold a document; one that is not known before it is applied passes every rule about it."""
FOREIGN = ("BC_", "CKV_", "CHECKOV_", "PRISMA_", "AWS_", "TFC_")
"""Prefixes of environment variables that would change checkov's verdict, or have it call home."""


@dataclass(frozen=True)
class Verdict:
    """`passed` counts checks, `failed` holds what did not pass, `resources` counts what was really looked at."""

    passed: int
    failed: Sequence[Finding]
    resources: int


def of_plan(python: Path, plan: Path, stack: str, rendered: Rendered) -> Verdict:
    """checkov's verdict on a plan. Raises ScanError unless it looked at exactly what was rendered, all of it known."""
    addresses = rendered.addresses
    same_resources(stack, "the plan creates", planned(plan), addresses)
    given = set(rendered.given())
    unknown = [one for one in unknown_after(plan) if one.rpartition(".")[2] in DOCUMENTS and one in given]
    if unknown:
        raise ScanError(f"{stack}: {unknown[0]} is not known in the plan, so no rule would object to it")
    report = _ask(python, plan.parent, "-f", str(plan), "--framework", "terraform_plan")
    verdict = _verdict(report, stack)
    if verdict.resources != len(addresses):
        raise ScanError(
            f"{stack}: checkov looked at {verdict.resources} resources, the stack has {len(addresses)}: its verdict "
            "says nothing about the others"
        )
    return verdict


def same_resources(stack: str, what: str, found: Sequence[str], wanted: Sequence[str]) -> None:
    """Raises ScanError when a step of the scan has lost resources, or made some up."""
    if sorted(found) == sorted(wanted):
        return
    lost, added = sorted({*wanted} - {*found}), sorted({*found} - {*wanted})
    raise ScanError(
        f"{stack}: {what} {len(found)} resources, the stack has {len(wanted)}; missing: {', '.join(lost) or 'none'}; "
        f"added: {', '.join(added) or 'none'}"
    )


def of_source(python: Path, source: Path, name: str) -> Verdict:
    """checkov's verdict on the secrets in a folder of text files."""
    # Without the switch it opens configuration files alone, and no Python.
    words = ("-d", str(source), "--framework", "secrets", "--enable-secret-scan-all-files")
    return _verdict(_ask(python, source.parent, *words), name, by_file=True)


def copy_source(root: Path, to: Path) -> int:
    """Copy what git has, or would take, of a checkout; the number of files. What it ignores belongs to one clone."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root, check=False, capture_output=True, text=True,
    )  # fmt: skip
    if listed.returncode != 0:
        raise ScanError(f"the source is no git checkout: {listed.stderr.strip()}")
    names = [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]
    for name in names:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, to / name)
    return len(names)


def _ask(python: Path, folder: Path, *words: str) -> Json:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    # Its home is the scan's own folder: a person's .checkov.yaml must not decide here.
    environment = {**kept, "HOME": str(folder), "LOG_LEVEL": "ERROR"}
    command = [str(python), "-m", "checkov.main", *words, "--skip-download", "--quiet", "--output", "json"]
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    try:
        report: Any = json.loads(done.stdout)
    except ValueError:
        report = None
    if done.returncode not in (0, 1) or not isinstance(report, dict):
        raise ScanError(f"checkov {' '.join(words)} failed:\n{done.stderr.strip()[-2000:]}")
    return cast(Json, report)


def _verdict(report: Json, stack: str, by_file: bool = False) -> Verdict:
    """Raises ScanError when checkov says that it could not read something."""
    if "results" not in report:
        # What it prints when it found nothing that it knows.
        return Verdict(0, (), int(report.get("resource_count", 0)))
    summary: Json = report["summary"]
    if summary["parsing_errors"]:
        raise ScanError(f"{stack}: checkov could not read {report['results'].get('parsing_errors')}")
    failed: list[Json] = report["results"]["failed_checks"]
    findings = [
        Finding(
            stack,
            str(one["check_id"]),
            f"{str(one['file_path']).lstrip('/')}:{one['file_line_range'][0]}" if by_file else str(one["resource"]),
            str(one["check_name"]),
        )
        for one in failed
    ]
    return Verdict(int(summary["passed"]), findings, int(summary["resource_count"]))
