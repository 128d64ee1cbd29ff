"""The tables of what emulators get wrong and lack."""

from __future__ import annotations

import pulumi
import pytest

from components.targets.aws.settings import Parts
from rehearsal.drift import TABLE, ignoring
from rehearsal.lacking import PARTS, document, parts
from tests.integration.harness import ROOT


def test_the_document_says_what_the_tables_say() -> None:
    """If it fails: python -m rehearsal.lacking > docs/unproven.md"""
    assert (ROOT / "docs" / "unproven.md").read_text() == document()


def test_a_part_that_is_left_out_exists() -> None:
    assert Parts(**parts("moto")).off() == sorted((one.what for one in PARTS), key=list(Parts.model_fields).index)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.type)
def test_drift_is_left_alone_where_it_is_known_and_nowhere_else(row: object) -> None:
    args = pulumi.ResourceTransformationArgs(None, row.type, "it", {}, pulumi.ResourceOptions(protect=True))  # type: ignore
    found = ignoring(row.emulator)(args)  # type: ignore[attr-defined]
    assert found is not None and found.opts.ignore_changes == list(row.fields) and found.opts.protect  # type: ignore
    assert ignoring("another")(args) is None
