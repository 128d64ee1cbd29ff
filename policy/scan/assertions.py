"""Our own rules, for what checkov does not see: what is inside a task definition's containers. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from policy.scan import ScanError
from policy.scan.findings import Finding
from policy.scan.kinds import Json
from policy.scan.render import label
from policy.scan.stack import Resource, Stack

PRIVILEGED, PLAIN = "STRATA_1", "STRATA_2"
RULES: Mapping[str, str] = {
    PRIVILEGED: "no container is privileged, or is given a capability of the kernel",
    PLAIN: "no secret is in plain text in a container's environment or command",
}
TASK = "aws:ecs/taskDefinition:TaskDefinition"
SECRET_KEY = re.compile(r"(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY|API_KEY|ACCESS_KEY)(?!.*_FILE$)", re.I)
URL_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s@]+@")


def own(stack: Stack) -> Iterator[Finding]:
    """What a stack's containers break of RULES. Raises ScanError for containers that cannot be read."""
    for one in stack.on_aws():
        if one.type != TASK:
            continue
        for container in containers(one, stack):
            name = f"aws_ecs_task_definition.{label(one.name)}"
            if container.get("privileged") or _capabilities(container):
                yield Finding(stack.name, PRIVILEGED, name, f"{RULES[PRIVILEGED]} ({container.get('name')})")
            for key in sorted(set(plain_secrets(container, stack.secrets))):
                yield Finding(stack.name, PLAIN, name, f"{RULES[PLAIN]} ({container.get('name')}: {key})")


def containers(task: Resource, stack: Stack) -> list[Json]:
    given: Any = task.inputs.get("containerDefinitions")
    try:
        found: Any = json.loads(given) if isinstance(given, str) else None
    except ValueError:
        found = None
    if not isinstance(found, list) or not found:
        raise ScanError(
            f"{stack.name}: {task.name}: its container definitions are no JSON list: nothing is known of them"
        )
    return cast(list[Json], found)


def _capabilities(container: Json) -> list[str]:
    linux: Json = container.get("linuxParameters") or {}
    capabilities: Json = linux.get("capabilities") or {}
    return capabilities.get("add") or []


def plain_secrets(container: Json, secrets: frozenset[str]) -> Iterator[str]:
    """Where a container has a secret in plain text: by the key's name, by a URL's password, or by the value itself."""
    given: list[Json] = container.get("environment") or []
    for one in given:
        key, value = str(one["name"]), str(one["value"])
        named = bool(SECRET_KEY.search(key)) and bool(value)
        if named or URL_PASSWORD.search(value) or any(secret in value for secret in secrets):
            yield key
    for part in ("command", "entryPoint"):
        words: list[str] = container.get(part) or []
        if any(URL_PASSWORD.search(word) or any(secret in word for secret in secrets) for word in words):
            yield part
