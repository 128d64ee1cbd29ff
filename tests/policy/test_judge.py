"""What is checked about the judge itself, before and after checkov is asked."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from offline.engine import mirror
from offline.engine.__main__ import main as engine
from policy.scan import ScanError, environment
from policy.scan.__main__ import Row, trusted
from policy.scan.canary import expected
from policy.scan.findings import Finding
from policy.scan.judge import copy_source, of_plan, same_resources
from policy.scan.render import Rendered
from policy.scan.terraform import Terraform, planned, unknown_after


def plan(tmp_path: Path, *addresses: str, unknown: dict[str, object] | None = None) -> Path:
    path = tmp_path / "plan.json"
    change = {"actions": ["create"], "after_unknown": unknown or {"arn": True, "tags_all": {}}}
    kept = {"address": "aws_vpc.kept", "change": {"actions": ["no-op"]}}
    changes = [{"address": address, "change": change} for address in addresses]
    path.write_text(json.dumps({"resource_changes": [*changes, kept]}))
    return path


def test_a_plan_that_lost_a_resource_is_not_judged(tmp_path: Path) -> None:
    path = plan(tmp_path, "aws_vpc.a")
    assert planned(path) == ["aws_vpc.a"]
    with pytest.raises(ScanError, match=r"shop: the plan creates 1 resources, the stack has 2; missing: aws_vpc\.b;"):
        of_plan(tmp_path / "no-python", path, "shop", Rendered({}, ("aws_vpc.a", "aws_vpc.b")))
    with pytest.raises(ScanError, match=r"added: aws_vpc\.a"):
        of_plan(tmp_path / "no-python", path, "shop", Rendered({}, ()))
    same_resources("shop", "x", ["b", "a"], ["a", "b"])


def test_a_document_that_the_plan_does_not_know_is_not_judged(tmp_path: Path) -> None:
    path = plan(tmp_path, "aws_iam_role.a", unknown={"assume_role_policy": True, "arn": True})
    assert unknown_after(path) == ["aws_iam_role.a.assume_role_policy", "aws_iam_role.a.arn"]
    document = {"resource": {"aws_iam_role": {"a": {"assume_role_policy": "${aws_x.y.z}"}}}}
    with pytest.raises(ScanError, match=r"aws_iam_role\.a\.assume_role_policy is not known"):
        of_plan(tmp_path / "no-python", path, "shop", Rendered(document, ("aws_iam_role.a",)))


def row(findings: list[str]) -> Row:
    return Row("canary", 1, 0, tuple(Finding("canary", *one.split(" ")) for one in findings), 0)


def test_the_canary_must_fail_exactly_as_written() -> None:
    every = sorted(expected())
    assert {"STRATA_1", "STRATA_2", "CKV_AWS_24", "CKV_AWS_16", "CKV_AWS_53"} <= {one.split(" ")[0] for one in every}
    trusted(row(every))
    with pytest.raises(ScanError, match=f"not found: {every[0]}; found beside it: -"):
        trusted(row(every[1:]))
    with pytest.raises(ScanError, match=r"not found: -; found beside it: CKV_X aws_vpc\.a"):
        trusted(row([*every, "CKV_X aws_vpc.a"]))


def test_the_source_is_what_git_has_or_would_take(tmp_path: Path) -> None:
    root, to = tmp_path / "root", tmp_path / "to"
    (root / "deep").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", root], check=True)
    for name, text in {".gitignore": ".env\n", ".env": "PASSWORD=own\n", "deep/a.py": "a\n", "new.py": "b\n"}.items():
        (root / name).write_text(text)
    assert copy_source(root, to) == 3
    assert sorted(str(one.relative_to(to)) for one in to.rglob("*") if one.is_file()) == [
        ".gitignore", "deep/a.py", "new.py",
    ]  # fmt: skip
    with pytest.raises(ScanError, match="no git checkout"):
        copy_source(to, tmp_path / "other")


def test_the_cache_is_where_the_user_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("STRATA_CACHE", raising=False)
    assert environment.cache_folder() == tmp_path / "xdg" / "strata"
    monkeypatch.setenv("STRATA_CACHE", str(tmp_path / "own"))
    assert environment.cache_folder() == tmp_path / "own"


def test_the_set_up_says_where_a_mirror_has_the_provider(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "registry.example" / "hashicorp" / "aws" / "99.0.0" / mirror.target()
    folder.mkdir(parents=True)
    (folder / "terraform-provider-aws_v99.0.0").touch()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("STRATA_TF_MIRROR", str(tmp_path))
        assert engine(["provider", "aws"]) == 0
    assert capsys.readouterr().out == f"{folder.resolve()}\n"


def test_without_terraform_the_scan_says_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ScanError, match="no `terraform` command"):
        Terraform(tmp_path / "work", tmp_path).plan("shop", {}, "eu-west-1")
