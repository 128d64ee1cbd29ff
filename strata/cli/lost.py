"""A state that is lost, while what it knew still runs: not made a second time, but taken into a new state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from components.core.naming import Names
from components.core.operations import Impossible, Operations, repair_command
from strata.cli import backend, take_up
from strata.cli.project import PlainError, Project
from strata.cli.stack import settings_of

ROUNDS = 20
"""What is found by others' ids is found once those are in the state; nothing stands on so many others."""
SHOWN = 8


def found(project: Project, target: Operations) -> list[str]:
    """What carries the label of a stack whose state is empty. Raises Impossible when nobody answers."""
    return target.lost(project.owner, lambda: settings_of(project))


def refuse(project: Project, target: Operations) -> None:
    """Raise PlainError when a stack that is to be made from nothing is there already."""
    try:
        there = found(project, target)
    except Impossible:
        return  # The update asks again, and says why nobody answers.
    if there:
        raise PlainError(
            f"the state of {project.owner} is empty, and {told(there)} with its label: an update would make a second "
            f"one of each. If the state is elsewhere, name that place (pulumi login); if it is lost, this takes what "
            f"is there into a new one: {repair_command(Names(project.system, project.stack))}"
        )


def told(there: Sequence[str]) -> str:
    """How much there is, and the first of it."""
    more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
    one = "is 1 resource" if len(there) == 1 else f"are {len(there)} resources"
    return f"there {one} ({', '.join(there[:SHOWN])}{more})"


def take_back(project: Project, target: Operations) -> None:
    """A new state: first of what is nowhere but in it, components and providers; then of what there is by what the
    description would create. Raises PlainError when there is no preview to say that."""
    steps = take_up.creations(project)
    own = [str(one["urn"]) for one in steps if not one["custom"] or _is_chosen_provider(one)]
    take_up.quietly(project, "up", own)
    take_up.without_outputs(project)
    recover(project, target)


def _is_chosen_provider(resource: take_up.Resource) -> bool:
    """Whether it is a provider that the program made, and not Pulumi."""
    name = str(resource["urn"]).rpartition("::")[2]
    return str(resource["type"]).startswith("pulumi:providers:") and not name.startswith("default")


def recover(project: Project, target: Operations) -> None:
    """Take into the state what there is of what the next update would create: first what is known whole, for the rest
    may become so by that; when nothing more does, what is known in part (a service without its task definition)."""
    whole = True
    for _ in range(ROUNDS):
        deployment = backend.deployment_of(project)
        held = take_up.held(deployment)
        wanted = [
            one for one in _known(held, take_up.creations(project)) if not (whole and take_up.UNKNOWN in str(one))
        ]
        asked = [{**one, "inputs": take_up.asked_for(one)} for one in wanted]
        made = target.made(project.owner, held, asked)
        known = [{**one, "inputs": take_up.shown(one)} for one in wanted]
        if take_up.taken(project, target, deployment, take_up.with_made(known, made)):
            whole = True
        elif whole:
            whole = False
        else:
            return


def _known(held: Sequence[take_up.Resource], creations: Sequence[take_up.Resource]) -> Iterator[take_up.Resource]:
    """Creations with those of their dependencies that are in the state: one that is not there yet is not waited for,
    the update after this one writes it down."""
    there = {str(one["urn"]) for one in held}
    for one in creations:
        if not one["custom"] or str(one["type"]).startswith("pulumi:"):
            continue
        properties: dict[str, list[str]] = one.get("propertyDependencies") or {}
        yield {
            **take_up.placed(one),
            "inputs": one.get("inputs") or {},
            "dependencies": [urn for urn in one.get("dependencies") or () if urn in there],
            "propertyDependencies": {key: [urn for urn in urns if urn in there] for key, urns in properties.items()},
        }
