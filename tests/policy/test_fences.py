"""What the scan may know of the project."""

import ast
from pathlib import Path

import pytest

SCAN = sorted((Path(__file__).resolve().parents[2] / "policy").rglob("*.py"))


@pytest.mark.parametrize("path", SCAN, ids=lambda path: path.name)
def test_the_scan_imports_neither_the_set_up_nor_tests_and_stays_readable(path: Path) -> None:
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not [name for name in names if name.split(".")[0] in {"offline", "tests"}]
    assert len(text.splitlines()) <= 300
    assert not [part for part in ("/work/", "/root/", "/home/", "/opt/") if part in text]
