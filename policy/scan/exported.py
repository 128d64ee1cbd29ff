"""A stack from what `pulumi stack export --show-secrets` says of it: values that AWS, or an emulator, really gave."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from policy.scan import ScanError
from policy.scan.kinds import Json
from policy.scan.record import secret_texts
from policy.scan.stack import Resource, Stack, is_left_out
from policy.scan.wire import MARK, SECRET

FORMATS = (3,)
REGION = "eu-central-1"


def read(path: Path, label: str | None = None) -> Stack:
    """The stack of an export's file, named `label` (default: `<project>-<stack>`).

    Raises ScanError when the file is no export, was made without its secrets, or holds an unfinished update.
    """
    try:
        exported: Any = json.loads(path.read_text())
    except (OSError, ValueError) as wrong:
        raise ScanError(f"{path}: {wrong}; give a file written by `pulumi stack export --show-secrets`") from None
    if not isinstance(exported, dict) or cast(Json, exported).get("version") not in FORMATS:
        raise ScanError(
            f"{path} is no export of a stack; `pulumi stack export --show-secrets --file {path.name}` makes one"
        )
    deployment: Json = cast(Json, exported)["deployment"]
    if deployment.get("pending_operations"):
        raise ScanError(
            f"{path}: the stack's last update was interrupted; finish it (`pulumi up`), then export it again"
        )
    secrets: set[str] = set()
    kept: list[Json] = deployment.get("resources") or []
    found = [one for one in kept if not one.get("delete")]
    made = tuple(_resource(one, secrets, path) for one in found)
    if not any(one.type.startswith("aws:") for one in made):
        raise ScanError(f"{path} holds no resource on AWS: there is nothing to scan")
    regions = [str(one.inputs.get("region")) for one in made if one.type == "pulumi:providers:aws"]
    _, _, stack, project, *_ = found[0]["urn"].replace("::", ":").split(":")
    return Stack(label or f"{project}-{stack}", regions[0] if regions else REGION, made, frozenset(secrets))


def _resource(given: Json, secrets: set[str], path: Path) -> Resource:
    kind, urn = str(given["type"]), str(given["urn"])
    name = urn.rpartition("::")[2]
    marked: list[Any] = []
    inputs = cast(Json, _plain(given.get("inputs") or {}, marked, f"{path}: {name}"))
    outputs = cast(Json, _plain(given.get("outputs") or {}, [], f"{path}: {name}"))
    needs: dict[str, list[str] | None] = given.get("propertyDependencies") or {}
    one = Resource(
        kind, name, urn, inputs, {**outputs, "id": given.get("id")},
        {key: frozenset(urns or ()) for key, urns in needs.items()},
    )  # fmt: skip
    if not is_left_out(one) or kind == "pulumi:index:Stash":
        secrets.update(text for value in marked for text in secret_texts(value))
    return one


def _plain(value: Any, marked: list[Any], where: str) -> Any:
    if isinstance(value, Mapping):
        given = cast(Mapping[str, Any], value)
        if given.get(MARK) == SECRET:
            if "plaintext" not in given:
                raise ScanError(
                    f"{where} has an encrypted value, so the scan would not know what it judges; export the stack with "
                    "`pulumi stack export --show-secrets`, and delete the file afterwards"
                )
            inside = _plain(json.loads(given["plaintext"]), marked, where)
            marked.append(inside)
            return inside
        return {key: _plain(item, marked, where) for key, item in given.items()}
    if isinstance(value, list):
        return [_plain(item, marked, where) for item in cast(list[Any], value)]
    return value
