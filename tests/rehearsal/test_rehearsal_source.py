"""The copy that a rehearsal runs from, what it adds there, and its way to a system without a load balancer."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from components.model.image import Build
from components.targets.content import content_tag
from rehearsal.clock import ADDED, NAME
from rehearsal.emulator import free_port
from rehearsal.ministack.relay import serve
from rehearsal.source import Source
from strata.cli.project import Project
from tests.integration.harness import ROOT


def test_a_rehearsal_runs_a_copy_and_leaves_the_checkout_alone(tmp_path: Path) -> None:
    stack = ROOT / "Pulumi.test-copied.yaml"
    stack.write_text("encryptionsalt: v1:other\nconfig:\n  strata:system: systems.starter.system\n")
    try:
        source = Source.of(Project(ROOT, "test-copied"), tmp_path / "source")
    finally:
        stack.unlink()
    assert source.project == Project(tmp_path / "source", "test-copied")
    assert "encryptionsalt" not in (source.root / stack.name).read_text()
    assert not (source.root / ".git").exists() and not (source.root / ".strata").exists()
    build = Build("apps/demo")
    before, tag = (ROOT / "apps/demo/Dockerfile").read_text(), content_tag(source.root, build)
    assert content_tag(ROOT, build) == tag

    with source.broken(build, "broken", "CMD false"):
        assert source.dockerfile(build).read_text() == before + (
            'LABEL strata.rehearsal="starter/test-copied" strata.rehearsal.version="broken"\nCMD false\n'
        )
        assert content_tag(source.root, build) != tag
    assert content_tag(source.root, build) == tag
    source.version(build, "next")
    assert content_tag(source.root, build) != tag
    assert (ROOT / "apps/demo/Dockerfile").read_text() == before


def test_what_is_added_to_a_file_of_the_copy_goes_again_also_after_a_failure(tmp_path: Path) -> None:
    file = tmp_path / "system.py"
    file.write_text("one\n")
    source = Source(tmp_path, Project(tmp_path, "rehearsal"))
    with pytest.raises(ZeroDivisionError), source.added(file, "two\n"):
        assert file.read_text() == "one\ntwo\n"
        raise ZeroDivisionError
    assert file.read_text() == "one\n"


def test_a_project_elsewhere_becomes_a_system_of_the_copy(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "Pulumi.rehearsal.yaml").write_text("config: {}\n")
    source = Source.of(Project(folder, "rehearsal"), tmp_path / "source")
    assert source.project.folder == tmp_path / "source" / "systems" / "shop"
    assert (source.project.folder / "Pulumi.rehearsal.yaml").read_text() == "config: {}\n"


@pytest.mark.parametrize("name", ["starter", "polar"])
def test_a_schedule_is_added_to_a_description_and_nothing_else(name: str) -> None:
    text = (ROOT / "systems" / name / "system.py").read_text()
    known: dict[str, Any] = {}
    exec(text + ADDED.replace("SERVICE", "api"), known)
    before: dict[str, Any] = {}
    exec(text, before)
    added = [one for one in known["system"].app if one.name not in {other.name for other in before["system"].app}]
    assert [(type(one).__name__, one.name, one.cron, one.overlap) for one in added] == [
        ("Schedule", NAME, "* * * * *", "forbid")
    ]
    assert [one.name for one in known["system"].data] == [one.name for one in before["system"].data]


def test_a_relay_passes_bytes_on_and_looks_for_its_target_anew() -> None:
    async def seen() -> list[bytes]:
        there, here = free_port(), free_port()
        relay = asyncio.create_task(serve("127.0.0.1", there, here))
        found: list[bytes] = []
        for answer in (b"one", b"", b"two"):
            server = await asyncio.start_server(partial(_echo, answer), "127.0.0.1", there) if answer else None
            for _ in range(50):
                with contextlib.suppress(OSError):
                    reader, writer = await asyncio.open_connection("127.0.0.1", here)
                    break
                await asyncio.sleep(0.02)
            writer.write(b"x")
            found.append(await reader.read())
            writer.close()
            if server:
                server.close()
                await server.wait_closed()
        relay.cancel()
        return found

    assert asyncio.run(seen()) == [b"one x", b"", b"two x"], "a refused connection ends, and the next one is passed on"


async def _echo(said: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(said + b" " + await reader.read(1))
    await writer.drain()
    writer.close()
