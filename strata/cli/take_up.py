"""Taking into a state what exists and is not in it: what interrupted creations made, and what is left over."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from components.core.operations import Made, Operations, Orphan
from strata.cli import backend
from strata.cli.project import PlainError, Project

Deployment = Mapping[str, Any]
Resource = Mapping[str, Any]
SECRET, UNKNOWN = "[secret]", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What pulumi's previews write for a secret and for a value that is not known yet."""
DEFAULTS, MADE_UP = "__defaults", "-[0-9a-f]{7}"
"""Where pulumi notes which inputs the description left to the provider (a preview does not show it), and what follows
a resource's name in a name that pulumi makes up."""
PLACE = ("urn", "type", "custom", "parent", "provider", "dependencies", "propertyDependencies")
"""Where in a stack a resource stands."""


def settle(project: Project, target: Operations | None) -> Sequence[Resource]:
    """The resources of a stack, once what an interrupted update left open is out of its state, or taken into it."""
    backend.mend(project)
    deployment: Deployment = backend.deployment_of(project)
    names = backend.pending_in(deployment)
    if names:
        print(f"Taking up an interrupted update; it was busy with: {', '.join(names)}", flush=True)
        take_up(project, target, deployment)
        deployment = backend.deployment_of(project)
    elif any(one.get("initErrors") for one in held(deployment)):
        _write(project, to_be_read(deployment))
    return held(deployment)


def held(deployment: Deployment) -> list[Resource]:
    found: list[Resource] | None = deployment.get("resources")
    return found or []


def unfinished(deployment: Deployment) -> list[Resource]:
    """What an interrupted update was about to create, as its state has it."""
    pending: list[dict[str, Any]] = deployment.get("pending_operations") or []
    return [one["resource"] for one in pending if one["type"] == "creating"]


def take_up(project: Project, target: Operations | None, deployment: Deployment) -> None:
    """Take what an interrupted update has made into the state, and out of it what it was busy with.

    Raises Impossible when the target does not answer: then nothing is changed, for what was made would be forgotten.
    """
    pending = unfinished(deployment)
    found = target.made(project.owner, held(deployment), pending) if target is not None and pending else []
    taken(project, target, to_be_read(deployment), with_made(pending, found))


def taken(
    project: Project, target: Operations | None, deployment: Deployment, resources: Sequence[Resource]
) -> list[Resource]:
    """Take into the state what of these is there and this stack's."""
    read = _taken(project, deployment, resources)
    if target is not None:
        foreign = [one for one in read if not target.ours(project.owner, one)]
        _forget(project, foreign)
        for one in foreign:
            print(f"{_name(one)}: {one['id']} is there already and not this stack's; it was left alone")
        read = [one for one in read if one not in foreign]
    if read:
        print(f"Taken into the state, since it was made and not noted: {', '.join(map(_name, read))}", flush=True)
    return read


def to_be_read(deployment: Deployment) -> dict[str, Any]:
    """The state with nothing pending; what may be otherwise than it says is read before an update calls it unchanged:
    what an interrupted operation was deleting, and what the provider failed to change, since it notes a change before
    it is made and a failure beside it (`initErrors`)."""
    pending: list[dict[str, Any]] = deployment.get("pending_operations") or []
    deleted = {(one["resource"]["urn"], one["resource"].get("id")) for one in pending if one["type"] == "deleting"}
    read = _read_first(deployment, lambda one: bool(one.get("initErrors")) or (one["urn"], one.get("id")) in deleted)
    return {**read, "pending_operations": []}


def doubt(project: Project, urns: Collection[str]) -> None:
    """Let the next update read what could not be removed before it believes the state: it may be gone already, since an
    answer was lost, and a provider may refuse to remove it a second time."""
    if urns:
        _write(project, _read_first(backend.deployment_of(project), lambda one: one["urn"] in urns))


def _read_first(deployment: Deployment, which: Callable[[Resource], bool]) -> dict[str, Any]:
    """The state in which these are read by the next update before anything else."""
    resources = [{**one, "refreshBeforeUpdate": True} if which(one) else one for one in held(deployment)]
    return {**deployment, "resources": resources}


def with_made(pending: Iterable[Resource], found: Iterable[Made]) -> list[Resource]:
    """What creations made, as resources that are yet to be read."""
    asked = {str(one["urn"]): one for one in pending}
    return [{**asked[one.urn], "id": one.id, "outputs": {}} for one in found]


def expected(project: Project, orphans: Sequence[Orphan]) -> list[tuple[Orphan, Resource]]:
    """Orphans that the next update would create, each with the resource that it would be.

    Raises PlainError when there is no preview to tell.
    """
    if not any(one.described for one in orphans):
        return []
    create = {str(one["urn"]): one for one in creations(project)}
    found = list[tuple[Orphan, Resource]]()
    for one in orphans:
        urn = next((urn for urn in create if urn.endswith(one.described)), None) if one.described else None
        if urn is not None and one.resource is not None:
            found.append((one, _as_expected(create.pop(urn), one.resource)))
    return found


def creations(project: Project) -> list[Resource]:
    """What the next update would create, in its order, as its preview shows it.

    Raises PlainError when there is no preview to tell.
    """
    done = project.ask("preview", "--json", "--stack", project.stack, "--non-interactive")
    try:
        steps: list[dict[str, Any]] = json.loads(done.stdout[done.stdout.index("{") :])["steps"]
    except (ValueError, KeyError):
        raise PlainError(
            f"pulumi preview failed, and only that says what of this the description has:\n{done.stderr[-3000:]}"
        ) from None
    return [_with_made_up(one["newState"]) for one in steps if one["op"] == "create"]


def _with_made_up(new: Resource) -> Resource:
    """With a note, as pulumi keeps it in a state, of the names that it made up for this preview alone."""
    inputs: Resource = new.get("inputs") or {}
    made_up = re.compile(re.escape(_name(new)) + MADE_UP)
    own = [key for key, value in inputs.items() if isinstance(value, str) and made_up.fullmatch(value)]
    return {**new, "inputs": {**inputs, DEFAULTS: own}} if own else new


def _as_expected(new: Resource, there: Resource) -> Resource:
    return {**placed(new), "provider": there["provider"], "id": there["id"], "inputs": shown(new), "outputs": {}}


def placed(new: Resource) -> Resource:
    """Where in the stack a previewed resource stands."""
    return {key: new[key] for key in PLACE if key in new}


def shown(new: Resource) -> Resource:
    """The inputs that a preview shows as they are."""
    return {key: value for key, value in dict(new.get("inputs") or {}).items() if not _hidden(value)}


def asked_for(new: Resource) -> Resource:
    """The same without what the description left open: a name that a preview makes up leads to nothing."""
    return {key: value for key, value in shown(new).items() if key not in new["inputs"].get(DEFAULTS, ())}


def _hidden(value: Any) -> bool:
    """Whether a preview shows something else in an input's place: of a secret, or of what is not known yet."""
    text = json.dumps(value)
    return SECRET in text or UNKNOWN in text


def adopt(project: Project, resources: Sequence[Resource]) -> None:
    """Take orphans into the state as the resources that the description has."""
    _taken(project, backend.deployment_of(project), resources)


def remove(project: Project, orphans: Iterable[Orphan]) -> None:
    """Have pulumi remove orphans. Raises PlainError with what it said when it cannot; they are then still orphans."""
    resources = [one.resource for one in orphans if one.resource is not None]
    if not resources:
        return
    read = _taken(project, backend.deployment_of(project), resources)
    try:
        quietly(project, "destroy", [str(one["urn"]) for one in read])
    finally:
        _forget(project, read)


def _taken(project: Project, deployment: Deployment, resources: Sequence[Resource]) -> list[Resource]:
    """Put resources into the state, read by the provider; those that are there. What is not there is in no state.

    What one of them was to replace is marked for deletion, as pulumi does when such a creation has ended. Killed before
    they are read, the next update still reads them before it trusts what is written here.
    """
    new = {str(one["urn"]): one for one in resources}
    before = [
        {**one, "delete": True} if one["urn"] in new and not one.get("delete") else one for one in held(deployment)
    ]
    after = [{**one, "refreshBeforeUpdate": True} for one in new.values()]
    _write(project, {**deployment, "resources": [*before, *after]})
    failed: PlainError | None = None
    try:
        quietly(project, "refresh", [*new])
    except PlainError as wrong:
        failed = wrong
    now = backend.deployment_of(project)
    kept, read = list[Resource](), list[Resource]()
    for one in held(now):
        asked = new.get(str(one["urn"])) if not one.get("delete") else None
        if asked is None:
            kept.append(one)
        elif one.get("outputs"):
            read.append(_as_asked(one, asked))
    if new:
        _write(project, {**now, "resources": [*kept, *read]})
    if failed is not None and len(read) < len(new):
        raise failed
    return read


def _as_asked(read: Resource, asked: Resource) -> Resource:
    """What was read, with the inputs that were asked for, not those that the provider makes of an answer: only they say
    what has changed since."""
    inputs = chosen_by_itself(asked.get("inputs") or {}, read["outputs"])
    # How to remove what is left over, which no description has, is in no answer.
    told: Resource = {} if asked.get("parent") else inputs
    return {**read, "inputs": inputs, "outputs": {**read["outputs"], **told}}


def chosen_by_itself(inputs: Resource, outputs: Resource) -> Resource:
    """Inputs, with what nobody asked for as it turned out: a preview makes up another name each time."""
    own: set[str] = {*inputs.get(DEFAULTS, ())}
    return {key: outputs[key] if key in own and outputs.get(key) is not None else inputs[key] for key in inputs}


def _forget(project: Project, resources: Sequence[Resource]) -> None:
    """Take resources out of the state; what they are stays."""
    gone = {(str(one["urn"]), str(one.get("id"))) for one in resources}
    if gone:
        now = backend.deployment_of(project)
        kept = [one for one in held(now) if (one["urn"], str(one.get("id"))) not in gone]
        _write(project, {**now, "resources": kept})


def without_outputs(project: Project) -> None:
    """Take a stack's own outputs out of its state: of an update that made only a part of it they are not known."""
    now = backend.deployment_of(project)
    resources: list[Resource] = [
        {**one, "outputs": {}} if one["type"] == "pulumi:pulumi:Stack" else one for one in held(now)
    ]
    _write(project, {**now, "resources": resources})


def quietly(project: Project, verb: str, urns: Sequence[str]) -> None:
    """Run pulumi over some resources. Raises PlainError with what it said when it fails."""
    if not urns:
        return
    words = [verb, "--stack", project.stack, "--yes", "--skip-preview", "--suppress-outputs", "--non-interactive"]
    done = project.ask(*words, *(f"--target={urn}" for urn in urns))
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-3000:]
        raise PlainError(f"pulumi {verb} of {', '.join(urn.rpartition('::')[2] for urn in urns)} failed:\n{said}")


def _write(project: Project, deployment: Deployment) -> None:
    project.replace_state({"version": 3, "deployment": deployment})


def _name(resource: Resource) -> str:
    return str(resource["urn"]).rpartition("::")[2]
