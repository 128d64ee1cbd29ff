"""Buckets whose creation was done and whose answer was lost."""

from __future__ import annotations

from typing import Any

import pytest

from components.targets.aws import untagged
from components.targets.aws.kinds import BUCKET
from components.targets.failure import Failure
from tests.targets.aws.fakes import refusal

UNIQUE = "20261128034259450400000001"
PREFIX = "shop-dev-uploads-"
RESOURCES: list[dict[str, Any]] = [
    {"type": BUCKET, "id": f"{PREFIX}{UNIQUE}", "inputs": {"bucketPrefix": PREFIX}},
    {"type": BUCKET, "id": "named", "inputs": {}},
    {"type": "aws:sns/topic:Topic", "id": "t", "inputs": {"bucketPrefix": "other-"}},
]


class S3:
    """Buckets by name: their tags, or the code of the error that asking for them gives; `full` have an object."""

    def __init__(self, **buckets: str) -> None:
        self.buckets = buckets
        self.full: set[str] = set()

    def list_buckets(self) -> dict[str, Any]:
        return {"Buckets": [{"Name": name} for name in self.buckets]}

    def get_bucket_tagging(self, Bucket: str) -> dict[str, Any]:
        said = self.buckets[Bucket]
        if said != "tagged":
            raise refusal(said)
        return {"TagSet": [{"Key": "strata:stack", "Value": "shop/dev"}]}

    def list_objects_v2(self, Bucket: str, MaxKeys: int) -> dict[str, Any]:
        return {"KeyCount": int(Bucket in self.full)}


def found(monkeypatch: pytest.MonkeyPatch, s3: S3) -> list[tuple[str, bool]]:
    monkeypatch.setattr(untagged, "api", lambda *_: s3)
    return [(one.id, one.kind.data) for one in untagged.buckets({"region": "r", "endpoint": ""}, RESOURCES)]


def name(prefix: str, last: int) -> str:
    return f"{prefix}{UNIQUE[:-1]}{last}"


def test_one_that_is_named_like_the_state_s_and_never_tagged_is_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = S3(**{
        f"{PREFIX}{UNIQUE}": "NoSuchTagSet", name(PREFIX, 2): "NoSuchTagSet", name(PREFIX, 3): "tagged",
        name("shop-dev2-uploads-", 4): "NoSuchTagSet", f"{PREFIX}2": "NoSuchTagSet", name("other-", 5): "NoSuchTagSet",
        name(f"my-{PREFIX}", 6): "NoSuchTagSet",
    })  # fmt: skip
    assert found(monkeypatch, s3) == [(name(PREFIX, 2), False)]


def test_one_with_objects_may_hold_data(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = S3(**{name(PREFIX, 2): "NoSuchTagSet"})
    s3.full.add(name(PREFIX, 2))
    assert found(monkeypatch, s3) == [(name(PREFIX, 2), True)]


def test_one_whose_tags_cannot_be_read_is_not_taken_for_one_without(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failure, match="buckets that were made and not tagged: no \\(AccessDenied\\)"):
        found(monkeypatch, S3(**{name(PREFIX, 2): "AccessDenied"}))


def test_a_state_without_buckets_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untagged, "api", lambda *_: pytest.fail("asked"))
    assert untagged.buckets({"region": "r", "endpoint": ""}, RESOURCES[1:]) == []
