"""Building an image and pushing it, once for each content, as a Pulumi resource.

pulumi-docker's images take a registry's token as an input, which changes with every update; here it is asked for when
something is pushed, and kept nowhere.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider

from components.targets.aws.api import api, refusals, said
from components.targets.aws.checks import ROOT
from components.targets.failure import Failure
from components.targets.local_daemon import client


class PushProvider(ResourceProvider):
    """Its class path is kept in states: it must not move. A reference holds the content's tag, so another one is
    another image; delete does nothing, the repository's lifecycle ends old images."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        push(props)
        return CreateResult(props["reference"], props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        differs = _olds.get("reference") != _news.get("reference")
        return DiffResult(changes=differs, replaces=["reference"] if differs else [])


def push(props: dict[str, Any]) -> None:
    """Build and push, unless the registry has the tag already. Raises Failure."""
    from docker.errors import APIError, BuildError, DockerException

    reference = str(props["reference"])
    login = _login(props)
    try:
        docker = client()
        if _is_there(docker, reference, login):
            return
        docker.images.build(
            path=str(Path(ROOT) / props["context"]), dockerfile=props["dockerfile"], buildargs=props["args"] or None,
            target=props["target"] or None, platform=props["platform"], tag=reference, rm=True,
        )  # fmt: skip
        for line in docker.images.push(reference, auth_config=login, stream=True, decode=True):
            if line.get("error"):
                raise Failure(f"{reference}: the push failed: {line['error']}")
    except BuildError as wrong:
        log: list[Any] = list(wrong.build_log)
        lines = [str(line["stream"]).rstrip() for line in log if line.get("stream")]
        text = "\n".join(f"  {line}" for line in lines[-15:] if line)
        raise Failure(f"{props['context']}: the image cannot be built: {wrong.msg}\n{text}") from None
    except APIError as wrong:
        raise Failure(f"{reference}: {wrong.explanation or wrong}") from None
    except DockerException as wrong:
        raise Failure(f"{props['context']}: building needs Docker on this machine, and none answers: {wrong}") from None


def _is_there(docker: Any, reference: str, login: dict[str, str] | None) -> bool:
    from docker.errors import APIError

    try:
        docker.images.get_registry_data(reference, auth_config=login)
    except APIError:
        return False  # A registry that does not answer fails the push, which says why.
    return True


def _login(props: dict[str, Any]) -> dict[str, str] | None:
    """The credentials of the account's registry; any other registry's are those of Docker's own configuration."""
    if not props["ecr"]:
        return None
    try:
        given = api("ecr", props).get_authorization_token()["authorizationData"][0]
    except refusals() as wrong:
        raise said(wrong, f"{props['reference']}: signing in to the registry") from None
    user, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
    return {"username": user, "password": password}


class Pushed(Resource):
    """An image in a registry; `reference` is known once it can be pulled."""

    reference: pulumi.Output[str]

    def __init__(self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(PushProvider(), name, props, opts)
