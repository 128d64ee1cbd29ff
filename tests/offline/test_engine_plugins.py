"""The bridge beside its description, where the engine looks for a plugin."""

from __future__ import annotations

from pathlib import Path

from offline.engine import plugins


def test_a_bridge_that_is_there_already_leaves_nothing_beside_it(tmp_path: Path) -> None:
    bridge, to = tmp_path / "bridge", tmp_path / "plugin" / "pulumi-resource-aws"
    bridge.write_text("#!/bin/sh\n")
    to.parent.mkdir()
    for _ in range(2):
        plugins.place(bridge, to)
        assert [one.name for one in to.parent.iterdir()] == [to.name]
