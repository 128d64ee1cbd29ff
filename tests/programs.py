"""Running a Pulumi program to its end without an engine, and seeing everything that it asked the engine for.

Pulumi's mocks tell a test neither parents, dependencies, options nor registered outputs, and a test passes when its
program was never finished, its Outputs stayed unknown or its resources never came to be. `run` records the requests
themselves and raises `Silent` in each of these cases.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime import mocks
from pulumi.runtime.config import CONFIG
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import ROOT, SETTINGS
from pulumi.runtime.stack import run_in_stack

from tests.ran import Made, Ran, Silent
from tests.wire import UNKNOWN, read, wire

STACK = "pulumi:pulumi:Stack"
STASH = "pulumi:index:Stash"
IMAGE = "docker:index/remoteImage:RemoteImage"


Answer = Mapping[str, Any] | str
"""What a provider's function answers; a text is why it fails."""


class Functions(mocks.Mocks):
    """Answers a provider's functions by their tokens; refuses every other, which no program here may call."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = answers

    def call(self, args: mocks.MockCallArgs) -> Any:
        if args.token not in self.answers:
            raise Silent(f"the program called {args.token}")
        answer = self.answers[args.token]
        return ({}, [("", answer)]) if isinstance(answer, str) else dict(answer)

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise Silent(f"the program read {args.name}")


class Monitor(mocks.MockMonitor):
    """The engine's side of a run: keeps every request and answers as a provider would.

    `kept` are outputs by the resource's name, in the place of those that a provider would give now; `computed` are
    those that a provider makes up, by the resource's type; `functions` its answers, by their tokens.
    """

    def __init__(
        self,
        preview: bool,
        kept: Mapping[str, Mapping[str, Any]],
        computed: Mapping[str, Callable[[str], Mapping[str, Any]]],
        functions: Mapping[str, Answer],
    ) -> None:
        super().__init__(Functions(functions))
        self.preview, self.kept, self.computed = preview, kept, computed
        self.requests: dict[str, Any] = {}
        self.registered: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        if urn in self.requests:
            # An engine refuses the second; the SDK's mock monitor overwrites the first.
            raise Silent(f"two resources have the URN {urn}")
        self.requests[urn] = request
        answer = resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        if request.custom and not self.preview:
            answer.id = f"{request.name}-id"
            if request.type == IMAGE:
                answer.object["imageId"] = f"sha256:{request.name}"
            if request.type in self.computed:
                answer.object.update(self.computed[request.type](request.name))
        if request.type == STASH:
            answer.object["output"] = request.object["input"]
        for key, value in self.kept.get(request.name, {}).items():
            answer.object.fields[key].CopyFrom(wire(value))
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:
        if request.urn in self.registered:
            raise Silent(f"{request.urn} registers its outputs twice")
        self.registered[request.urn] = request.outputs
        return empty_pb2.Empty()


class Hooks:
    """In the place of the SDK's callback server, which listens on a port: keeps each hook by its name."""

    def __init__(self) -> None:
        self.registered: dict[str, Callable[..., Any]] = {}

    def register_resource_hook(self, hook: Any) -> None:
        if hook.name in self.registered:
            raise Silent(f"two hooks are named {hook.name!r}")
        self.registered[hook.name] = hook.callback

    register_error_hook = register_resource_hook


class Remembering(set[Any]):
    """The SDK's set of unfinished Outputs, which also remembers those that it drops."""

    def __init__(self) -> None:
        super().__init__()
        self.every: list[Any] = []

    def add(self, element: Any) -> None:
        self.every.append(element)
        super().add(element)


class Errors(logging.Handler):
    """What the program logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def run(
    program: Callable[[], Any],
    *,
    project: str = "shop",
    stack: str = "dev",
    folder: str = ".",
    config: Mapping[str, str] | None = None,
    preview: bool = False,
    kept: Mapping[str, Mapping[str, Any]] | None = None,
    computed: Mapping[str, Callable[[str], Mapping[str, Any]]] | None = None,
    functions: Mapping[str, Answer] | None = None,
) -> Ran:
    """Run a program as `pulumi up` (or a preview) would, in settings and an event loop of its own.

    Raises what the program raised, in an `apply` too, and `Silent` when something was left unfinished or unknown.
    """
    monitor = Monitor(preview, kept or {}, computed or {}, functions or {})

    def inside() -> Ran:
        loop = asyncio.new_event_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        asyncio.set_event_loop(loop)
        try:
            return loop.run_until_complete(_main(program, monitor, project, stack, folder, config or {}))
        finally:
            loop.run_until_complete(_abandon())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
            asyncio.set_event_loop(None)

    return contextvars.copy_context().run(inside)


async def _main(
    program: Callable[[], Any], monitor: Monitor, project: str, stack: str, folder: str, config: Mapping[str, str]
) -> Ran:
    errors, outputs, hooks, returned = Errors(), Remembering(), Hooks(), []
    logger = logging.Logger("program")
    logger.addHandler(errors)
    ROOT.set(monitor)  # type: ignore[arg-type]  # Anything: set_mocks would finish a stack of its own at once.
    mocks.set_mocks(monitor.mocks, project, stack, monitor.preview, logger, monitor)
    ROOT.set(None)
    SETTINGS.outputs, SETTINGS.callbacks = outputs, hooks  # type: ignore[assignment]
    SETTINGS.root_directory = folder
    CONFIG.set(dict(config))
    await run_in_stack(lambda: returned.append(program()))
    value = await pulumi.Output.from_input(returned[0]).future()
    if not monitor.preview:
        _all_known(outputs)
    if errors.messages:
        raise Silent(f"the program logged: {errors.messages[0]}")
    pending = asyncio.all_tasks() - {asyncio.current_task()}
    if pending:
        raise Silent(f"{len(pending)} tasks were not waited for: {sorted(map(repr, pending))[0]}")
    ran = _recorded(monitor, value, hooks)
    if not monitor.preview:
        _no_unknowns(ran)
    return ran


async def _abandon() -> None:
    """End what a failed program left running; the first error is what a person needs, not the hundred after it."""
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def _all_known(outputs: Remembering) -> None:
    """Fail when an `apply` was skipped since what it was for never became known."""
    for data in outputs.every:
        if not data.done():
            raise Silent(f"an Output was never resolved: {data!r}")
        if not data.result().is_known:
            names = sorted({getattr(one, "_name", "?") for one in data.result().resources})
            raise Silent(f"an Output stayed unknown; it is made of {names}")


def _no_unknowns(ran: Ran) -> None:
    for one in ran.made:
        for path, value, _ in (*one.inputs.leaves(), *(one.outputs.leaves() if one.outputs else ())):
            if value == UNKNOWN:
                raise Silent(f"{one.name}: {path} stayed unknown")


def _recorded(monitor: Monitor, value: Any, hooks: Hooks) -> Ran:
    stack = next(urn for urn, request in monitor.requests.items() if request.type == STACK)
    made = tuple(
        _made(urn, request, monitor.registered.get(urn), stack)
        for urn, request in monitor.requests.items()
        if urn != stack
    )
    return Ran(made, read(monitor.registered[stack]), value, hooks.registered)


def _made(urn: str, request: Any, outputs: Any, stack: str) -> Made:
    return Made(
        type=request.type,
        name=request.name,
        urn=urn,
        custom=request.custom,
        inputs=read(request.object, leave_out="__provider"),
        parent="" if request.parent == stack else request.parent,
        depends_on=frozenset(request.dependencies),
        provider=request.provider.rpartition("::")[0],
        providers={key: value.rpartition("::")[0] for key, value in request.providers.items()},
        hooks={hook.name: tuple(names) for hook, names in request.hooks.ListFields()},
        aliases=tuple(alias.spec.name for alias in request.aliases),
        ignore_changes=tuple(request.ignoreChanges),
        delete_before_replace=request.deleteBeforeReplace,
        protect=request.protect,
        outputs=None if outputs is None else read(outputs),
    )


def unfinished() -> Iterator[str]:
    """What was begun outside of `run`, where nothing waits for it."""
    if SETTINGS.monitor is not None or ROOT.get() is not None:
        yield "a program was set up (set_mocks) outside of tests.programs.run"
    if SETTINGS.outputs:
        yield f"{len(SETTINGS.outputs)} Outputs were made outside of tests.programs.run; nothing waits for them"
    if SETTINGS.rpc_manager.rpcs:
        yield f"{len(SETTINGS.rpc_manager.rpcs)} resources were made outside of tests.programs.run"
