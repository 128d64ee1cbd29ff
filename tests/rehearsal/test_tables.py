"""The tables of what emulators get wrong and lack."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.targets.aws.settings import Parts
from rehearsal.drift import TABLE, Drift, ignoring
from rehearsal.lacking import PARTS, document, parts
from tests.integration.harness import ROOT


def test_the_document_says_what_the_tables_say() -> None:
    """If it fails: python -m rehearsal.lacking > docs/unproven.md"""
    assert (ROOT / "docs" / "unproven.md").read_text() == document()


def test_a_part_that_is_left_out_exists() -> None:
    for emulator in ("moto", "ministack"):
        mine = [one.what for one in PARTS if one.emulator == emulator]
        assert mine and Parts(**parts(emulator)).off() == sorted(mine, key=list(Parts.model_fields).index)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.type)
def test_drift_is_left_alone_where_it_is_known_and_nowhere_else(row: Drift) -> None:
    resource: Any = None
    args = pulumi.ResourceTransformationArgs(resource, row.type, "it", {}, pulumi.ResourceOptions(protect=True))
    found = ignoring(row.emulator)(args)
    assert found is not None
    assert found.opts.ignore_changes == list(row.fields) and found.opts.protect
    assert ignoring("another")(args) is None
