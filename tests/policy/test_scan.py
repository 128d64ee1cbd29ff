"""The scan as `make scan` runs it, of one stack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from offline.engine import mirror
from policy.scan import ScanError, canary, judge
from policy.scan.__main__ import Scan, everything, report
from policy.scan.render import render
from policy.scan.stacks import VARIANTS, Prod
from policy.scan.terraform import SOURCE

pytestmark = pytest.mark.aws


def test_the_starter_is_answered_and_the_canary_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Needs `terraform`, the real AWS provider, and checkov's own environment, which the first run installs (a minute);
    no Docker. Marked as the other tests that need more than Python, so that the fast ones stay fast."""
    found = mirror.find(SOURCE, tmp_path / "unpacked")
    scan = Scan(tmp_path / "work", found.folder if found else None)

    clock = next(one for one in VARIANTS if one.label == "starter-frugal-schedules")
    rows = everything(scan, [Prod("starter", "standard"), clock])
    assert [row.name for row in rows] == ["starter-standard", "starter-frugal-schedules", "source"]
    assert rows[0].resources is not None
    assert rows[0].resources > 100
    assert rows[0].passed > 300
    answered = report(rows, whole=False)
    said = capsys.readouterr().out
    assert answered, said
    assert "each with a written reason" in said

    # checkov passes over a resource that the plan has no values of; its verdict must then not count.
    made = render(canary.recorded(scan.kinds), scan.kinds)
    path = tmp_path / "work" / "canary" / "plan.json"
    plan = json.loads(path.read_text())
    del plan["planned_values"]["root_module"]["resources"][0]
    path.write_text(json.dumps(plan))
    with pytest.raises(ScanError, match=f"looked at {len(made.addresses) - 1} resources, the stack has"):
        judge.of_plan(scan.checkov, path, "canary", made)
