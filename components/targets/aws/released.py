"""Whether the images of a release are still in the registry: tasks that cannot pull theirs would fail minutes later."""

from __future__ import annotations

from collections.abc import Iterator

from components.core import releases
from components.core.naming import Names
from components.core.settings import ReleaseSettings
from components.model.problems import Problem
from components.model.system import System
from components.targets.aws.api import api, code_of, refusals, said
from components.targets.aws.images import repository_name
from components.targets.aws.settings import Chosen
from components.targets.local_daemon import client
from components.targets.released import users_of

GONE = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})


def gone(system: System, pinned: ReleaseSettings | None, names: Names, chosen: Chosen) -> Iterator[Problem]:
    """The images that are not there, and why the registry cannot be asked."""
    if pinned is None:
        return
    users = users_of(system, lambda build, tag: (repository_name(names, build), tag))
    for (repository, tag), services in users.items():
        there = _is_there(repository, tag, chosen)
        if there is not True:
            text = there or releases.gone(pinned.number, f"{repository}:{tag}", services, "in the registry", names)
            yield Problem("settings", "strata:release", text)


def _is_there(repository: str, tag: str, chosen: Chosen) -> bool | str:
    """Whether a registry has an image; what it said when it did not tell."""
    registry = chosen.own.registry
    if registry:
        return _in_registry(f"{registry}/{repository}:{tag}")
    try:
        api("ecr", chosen.where()).describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    except refusals() as wrong:
        if code_of(wrong) in GONE:
            return False
        return str(said(wrong, f"{repository}:{tag}: asking the registry"))
    return True


def _in_registry(reference: str) -> bool | str:
    from docker.errors import DockerException, NotFound

    try:
        client().images.get_registry_data(reference)
    except NotFound:
        return False
    except DockerException as wrong:
        return f"{reference}: asking the registry: {wrong}"
    return True
