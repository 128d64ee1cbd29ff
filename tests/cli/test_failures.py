"""What `strata up` says after an update that failed, from pulumi's events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from components.core.advice import Refused
from strata.cli.failures import Explained, explained, read, show, undeleted

STACK = "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod"
TIER = "urn:pulumi:prod::shop::strata:index:System$strata:tier:Data::data"
NODE = "urn:pulumi:prod::shop::strata:index:System$strata:tier:Data$strata:data:ObjectStore::files"
BUCKET = f"{NODE.rpartition('::')[0]}$aws:s3/bucket:Bucket::files-uploads-bucket"
KEY = "urn:pulumi:prod::shop::strata:index:System$strata:index:Foundation$aws:kms/key:Key::key"
FULL = Refused("S3 refused CreateBucket: too many", "ask for more")


def advisor(text: str) -> Refused | None:
    return FULL if "TooMany" in text else None


def made(urn: str, parent: str) -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": {"urn": urn, "op": "create", "new": {"parent": parent}}}}


def said(urn: str, message: str, severity: str = "error") -> dict[str, Any]:
    return {"diagnosticEvent": {"urn": urn, "message": message, "severity": severity}}


TREE = [made(TIER, STACK), made(NODE, TIER), made(BUCKET, NODE), made(KEY, STACK)]


def test_a_failure_names_its_resource_and_its_service() -> None:
    events = [*TREE, said(BUCKET, "<{%reset%}>api error TooManyBuckets<{%reset%}>"), said(STACK, "update failed")]
    assert explained(events, advisor) == [Explained("files-uploads-bucket", "files", "ObjectStore", FULL)]


def test_what_belongs_to_no_service_has_its_own_name_alone() -> None:
    assert explained([*TREE, said(KEY, "TooManyKeys")], advisor) == [Explained("key", "", "", FULL)]
    assert explained([said("", "TooMany of something")], advisor) == [Explained("", "", "", FULL)]


def test_each_failure_is_told_once_and_warnings_are_none() -> None:
    events = [*TREE, said(BUCKET, "TooMany"), said(BUCKET, "TooMany"), said(KEY, "TooMany", "warning")]
    assert len(explained(events, advisor)) == 1


def test_what_could_not_be_removed_is_known_by_its_urn() -> None:
    failed = [("delete", BUCKET), ("delete-replaced", NODE), ("update", KEY), ("create", TIER)]
    events = [{"resOpFailedEvent": {"metadata": {"op": op, "urn": urn}}} for op, urn in failed]
    assert undeleted([*TREE, *events, {"resOpFailedEvent": {}}]) == {BUCKET, NODE}


def test_the_last_line_of_a_killed_update_may_be_half(tmp_path: Path) -> None:
    log = tmp_path / "events.json"
    log.write_text("\n".join([*(json.dumps(one) for one in TREE), '{"diagnosticEv']))
    assert list(read(log)) == TREE
    assert list(read(tmp_path / "none.json")) == []


def test_it_is_printed_with_the_advice_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    show([Explained("files-uploads-bucket", "files", "ObjectStore", FULL), Explained("logs-bucket", "", "", FULL)])
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "What went wrong, and what to do",
        "  files-uploads-bucket (ObjectStore files): S3 refused CreateBucket: too many",
        "  logs-bucket: S3 refused CreateBucket: too many",
        "    -> ask for more",
    ]
    show([])
    assert capsys.readouterr().out == ""
