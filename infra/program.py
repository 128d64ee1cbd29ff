"""Settings, system, resolve, deploy, export."""

from __future__ import annotations

import asyncio
import atexit
import gc
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pulumi
from pulumi.runtime.settings import SETTINGS, get_root_resource

from components.core.describe import version_of
from components.core.load import load_system
from components.core.operations import Impossible
from components.core.resolve import resolve
from components.core.target import load_target
from components.model.problems import DescriptionError, Problem
from components.tiers.system import SystemStack
from infra.outputs import exported
from infra.releases import Releases
from infra.settings import from_pulumi

LOOK_UP = "invoke of "
"""How the SDK's text of a provider's function that failed begins."""


def run() -> None:
    """The whole program of a project; its `__main__.py` does nothing but call it."""
    _spare_debug_lines()
    _spare_collections()
    try:
        _deploy()
    except (DescriptionError, Impossible) as wrong:
        # A person made this mistake, not the program: the message is enough, a traceback would hide it.
        pulumi.log.error(str(wrong))
        sys.exit(1)
    pulumi.run(_settled)


async def _settled() -> None:
    """Wait for every Output before the SDK does: whenever one is there it looks at all of them anew, which with 300
    services is more than half of a program's work. What fails is left for it to tell, but for a look-up: what the
    provider says of it is enough, and the SDK would show a traceback of whatever waited for it."""
    while True:
        every = _outputs()
        failed = [str(one.exception()) for one in every if one.done() and not one.cancelled() and one.exception()]
        if reason := next((one for one in failed if one.startswith(LOOK_UP)), None):
            _give_up(reason)
        waiting = [one for one in every if not one.done()]
        if not waiting or any(one.cancelled() or one.exception() for one in every if one.done()):
            return
        await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION)


def _outputs() -> list[asyncio.Future[Any]]:
    """The Outputs that are not there yet, and those that failed."""
    settings: Any = SETTINGS  # Its fields have no types.
    with settings.lock:
        return list(settings.outputs)


def _give_up(reason: str) -> NoReturn:
    """End the program with words alone: what waits for the same is nothing to be told of. The stack's outputs stay
    those of the last update: the SDK would register the new ones, and fail by them once more."""
    settings: Any = SETTINGS
    stack: Any = get_root_resource()
    if stack is not None:
        stack._outputs_registered = True
    with settings.lock:
        settings.outputs.clear()
    settings.rpc_manager.clear()
    raise pulumi.RunError(reason)


def _transform(name: str) -> Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None]:
    """A function of `strata:transforms`, `module:name`. Raises DescriptionError when there is none."""
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as wrong:
        raise DescriptionError([Problem("settings", "strata:transforms", f"given {name!r}; {wrong}")]) from None


def _spare_debug_lines() -> None:
    """Drop the SDK's debug messages: it sends each of them, five for a resource, in a call of its own that its event
    loop waits for, whether anybody asked for them or not. $STRATA_DEBUG=1 lets them through (for `pulumi up --debug`).
    """
    if os.environ.get("STRATA_DEBUG") != "1":
        pulumi.log.debug = _nothing


def _spare_collections() -> None:
    """Leave garbage to the end of the process: collections look again and again at the SDK's classes and at resources,
    all of which live until then, and the last one, as the interpreter ends, at everything once more."""
    gc.disable()
    atexit.register(gc.freeze)


def _nothing(*_args: object, **_options: object) -> None:
    pass


def _deploy() -> None:
    settings = from_pulumi(Path(pulumi.get_root_directory()))
    for name in settings.transforms:
        pulumi.runtime.register_stack_transformation(_transform(name))
    system = resolve(load_system(settings.system), settings)
    target = load_target(settings.target).create(system, settings)
    if reason := target.unreachable():
        raise Impossible(reason)
    stack = SystemStack(system, target)
    if settings.release:
        pulumi.log.warn(settings.release_note())
    ran = any(one.image is not None for one in stack.bound.values())
    releases = Releases(stack.bound, stack.last, settings.release and settings.release.number) if ran else None
    for name, value in exported(system, settings.target, version_of(system), stack.bound, releases).items():
        pulumi.export(name, value)
