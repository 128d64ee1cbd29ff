"""Running a stack's program to its end without an engine, and keeping everything that it asked the engine for."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime import mocks
from pulumi.runtime.config import CONFIG
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import ROOT as STACK_ROOT
from pulumi.runtime.settings import SETTINGS
from pulumi.runtime.stack import run_in_stack

from policy.scan import ROOT, ScanError
from policy.scan.kinds import Json, Kind, short_token
from policy.scan.made_up import found_out, functions, outputs
from policy.scan.stack import Resource, Stack, strings
from policy.scan.wire import plain

SHORTEST_SECRET = 8
"""Characters; a shorter one, such as a documented development default, stands in other texts by chance."""


class _Answers(mocks.Mocks):
    def __init__(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        self.answers = answers

    def call(self, args: mocks.MockCallArgs) -> Any:
        if args.token not in self.answers:
            raise ScanError(f"the program called {args.token}; policy/scan/made_up.py has no answer for it")
        return dict(self.answers[args.token])

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise ScanError(f"the program read {args.name}, which a recording cannot")


class _Monitor(mocks.MockMonitor):
    """The engine's side of a run."""

    def __init__(self, kinds: Mapping[str, Kind], region: str) -> None:
        super().__init__(_Answers(functions(region)))
        self.kinds, self.region = kinds, region
        self.made: dict[str, Resource] = {}
        self.secrets: set[str] = set()

    def RegisterResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        secrets: list[tuple[str, Any]] = []
        inputs = {
            key: plain(value, key, secrets) for key, value in request.object.fields.items() if not key.startswith("__")
        }
        computed: Json = {}
        if request.type.startswith("aws:"):
            kind = self.kinds.get(short_token(request.type))
            if kind is None:
                raise ScanError(_unmapped(request.type, request.name))
            computed = outputs(kind, request.name, inputs, self.region)
        elif request.custom:
            computed = {"id": f"{request.name}-id", **found_out(request.name)}
        if request.type == "pulumi:index:Stash":
            computed["output"] = inputs.get("input")
        if request.type.startswith("aws:") or request.type == "pulumi:index:Stash":
            self.secrets.update(found for _, value in secrets for found in secret_texts(value))
        needs = {key: frozenset[str](one.urns) for key, one in request.propertyDependencies.items()}
        self.made[urn] = Resource(request.type, request.name, urn, inputs, {**inputs, **computed}, needs)
        answer = resource_pb2.RegisterResourceResponse(urn=urn, object=request.object, id=computed.pop("id", ""))
        if request.type == "pulumi:index:Stash":
            # As it came: a secret stays one.
            answer.object["output"] = request.object["input"]
            computed = {}
        answer.object.update(computed)
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:
        return empty_pb2.Empty()


def _unmapped(kind: str, name: str) -> str:
    return f"{name}: the type {kind} is not in offline/engine/providers/aws.json; add its Terraform name there"


def secret_texts(value: Any) -> Iterator[str]:
    """The secret texts of a value; a JSON object, as Secrets Manager holds one, counts by its values."""
    for text in strings(value):
        if text.startswith("{"):
            try:
                yield from secret_texts(json.loads(text))
                continue
            except ValueError:
                pass
        if len(text) >= SHORTEST_SECRET:
            yield text


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def record(
    program: Callable[[], Any], kinds: Mapping[str, Kind], *, project: str, stack: str, label: str, region: str
) -> Stack:
    """The stack that a program makes, in settings and an event loop of its own.

    Raises what the program raised, and ScanError when it asked for something that a recording has no answer to.
    """
    monitor = _Monitor(kinds, region)

    def inside() -> None:
        loop = asyncio.new_event_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(_run(program, monitor, project, stack))
        finally:
            loop.set_exception_handler(_ignore)
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
            asyncio.set_event_loop(None)

    contextvars.copy_context().run(inside)
    return Stack(label, region, tuple(monitor.made.values()), frozenset(monitor.secrets))


def _ignore(_loop: asyncio.AbstractEventLoop, _context: dict[str, Any]) -> None:
    """What a failed program left running says nothing beside the error that it failed with."""


async def _run(program: Callable[[], Any], monitor: _Monitor, project: str, stack: str) -> None:
    errors = _Errors()
    logger = logging.Logger("program")
    logger.addHandler(errors)
    # Anything: set_mocks would finish a stack of its own at once.
    STACK_ROOT.set(monitor)  # type: ignore[arg-type]
    mocks.set_mocks(monitor.mocks, project, stack, False, logger, monitor)
    STACK_ROOT.set(None)
    # Outputs of an earlier recording are nothing to wait for.
    settings: Any = SETTINGS
    settings.outputs = set[Any]()
    settings.root_directory = str(ROOT)
    CONFIG.set({})

    await run_in_stack(program)
    if errors.messages:
        raise ScanError(f"{project}/{stack}: the program logged an error: {errors.messages[0]}")
