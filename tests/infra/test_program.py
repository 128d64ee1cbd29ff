"""The whole program of a project, as far as it needs no engine."""

from __future__ import annotations

import asyncio
import atexit
import gc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.settings import SETTINGS

from components.targets.aws.target import AwsTarget
from infra import program
from tests.programs import run
from tests.targets.aws.stage import FUNCTIONS


@pytest.fixture(autouse=True)
def at_the_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[[], Any]]]:
    """What a program leaves for the end of its process, which is not the end of this one."""
    left: list[Callable[[], Any]] = []
    monkeypatch.setattr(atexit, "register", left.append)
    yield left
    gc.enable()


@pytest.mark.parametrize(("asked", "sent"), [("1", ["hello"]), ("", []), (None, [])])
def test_debug_messages_are_sent_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, sent: list[str]
) -> None:
    found: list[str] = []
    monkeypatch.setattr(pulumi.log, "debug", found.append)
    monkeypatch.delenv("STRATA_DEBUG", raising=False)
    if asked is not None:
        monkeypatch.setenv("STRATA_DEBUG", asked)
    program._spare_debug_lines()
    pulumi.log.debug("hello")
    assert found == sent


def test_a_program_collects_no_garbage(at_the_end: list[Callable[[], Any]], tmp_path: Path) -> None:
    settings = {"strata:system": "systems.starter.system", "strata:target": "docker"}
    run(program.run, project="starter", folder=str(tmp_path), config=settings)
    assert not gc.isenabled() and gc.freeze in at_the_end


def test_outputs_are_waited_for_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The SDK waits for all of them whenever one is there, which grows with the square of their number."""
    wait, waited = asyncio.wait, list[int]()
    tasks: set[asyncio.Future[Any]] = set()

    async def counted(them: Iterable[asyncio.Future[Any]], **options: Any) -> Any:
        them = list(them)
        waited.append(len(them))
        tasks.update(them)
        return await wait(them, **options)

    monkeypatch.setattr(asyncio, "wait", counted)
    settings = {"strata:system": "systems.starter.system", "strata:target": "docker"}
    run(program.run, project="starter", folder=str(tmp_path), config=settings)
    assert len(tasks) > 200 and sum(waited) < 3 * len(tasks)


def test_an_output_that_fails_ends_the_waiting_and_is_left_in_its_place() -> None:
    async def failing() -> None:
        raise ValueError("no good")

    async def both() -> None:
        failed, endless = asyncio.ensure_future(failing()), asyncio.ensure_future(asyncio.sleep(3600))
        SETTINGS.outputs.update({failed, endless})
        try:
            await asyncio.wait_for(program._settled(), 5)
            assert failed in SETTINGS.outputs
            with pytest.raises(ValueError, match="no good"):
                await failed
        finally:
            SETTINGS.outputs.difference_update({failed, endless})
            endless.cancel()

    asyncio.run(both())


@pytest.mark.parametrize("function", ["getCallerIdentity", "getAvailabilityZones"])
def test_a_look_up_that_fails_ends_the_program_with_words_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, function: str
) -> None:
    """The SDK shows a traceback for every other exception, and for whatever waits for the same Output."""
    monkeypatch.setattr(AwsTarget, "unreachable", lambda _: None)
    token, why = f"aws:index/{function}:{function}", "api error InternalError: no"
    with pytest.raises(pulumi.RunError, match=f"^invoke of {token} failed: {why}"):
        run(
            program.run, project="starter", folder=str(tmp_path), functions={**FUNCTIONS, token: why},
            config={
                "strata:system": "systems.starter.system", "strata:target": "aws",
                "strata:aws": '{"region": "eu-central-1"}',
            },
        )  # fmt: skip
