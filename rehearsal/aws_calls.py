"""Which of AWS's operations an HTTP request calls, and in which of AWS's protocols."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

Protocol = Literal["query", "ec2", "json", "rest-json", "rest-xml"]
SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]*/([\w-]+)/aws4_request")
"""The signature's scope (AWS Signature Version 4): key, day, region, service."""
REST: Mapping[str, str] = {
    "backup": "backup", "elasticfilesystem": "efs", "mq": "mq", "route53": "route53", "s3": "s3",
    "scheduler": "scheduler",
}  # fmt: skip
"""Services whose operations are told by method and path: the name that signs, and that of the SDK's model."""


@dataclass(frozen=True)
class Call:
    """One call: `service` is the name that its signature has (`elasticloadbalancing`), `operation` AWS's own name
    (`CreateLoadBalancer`); what cannot be told is "?"."""

    service: str
    operation: str
    protocol: Protocol

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


def identify(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
    """The call that a request is; `target` is the path with its query, `headers` have names in lower case."""
    signed = SCOPE.search(headers.get("authorization", ""))
    service = signed[1] if signed else "?"
    if "x-amz-target" in headers:
        return Call(service, headers["x-amz-target"].rpartition(".")[2], "json")
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(body.decode(errors="replace")).get("Action", ["?"])[0]
        return Call(service, action, "ec2" if service == "ec2" else "query")
    xml = service in ("s3", "route53", "cloudfront")
    return Call(service, _rest(service, method, target), "rest-xml" if xml else "rest-json")


def _rest(service: str, method: str, target: str) -> str:
    """The operation of a method and a path, by the SDK's own model; the template that says most decides."""
    if service not in REST:
        return "?"
    url = urlsplit(target)
    path, asked = url.path.rstrip("/") or "/", set(parse_qs(url.query, keep_blank_values=True))
    fitting = [
        (len(needed), -template.count("("), name)
        for name, verb, template, needed in _templates(REST[service])
        if verb == method and needed <= asked and re.fullmatch(template, path)
    ]
    return max(fitting)[2] if fitting else "?"


@functools.cache
def _templates(model: str) -> tuple[tuple[str, str, str, frozenset[str]], ...]:
    """Name, method, pattern of the path, and what the query must have, of a service's operations."""
    loaders: Any = importlib.import_module("botocore.loaders")
    loaded: dict[str, Any] = loaders.Loader().load_service_model(model, "service-2")
    found: list[tuple[str, str, str, frozenset[str]]] = []
    for name, operation in loaded["operations"].items():
        path, _, query = str(operation["http"]["requestUri"]).partition("?")
        # {Bucket} is one part of a path, {Key+} may have slashes.
        escaped = re.escape(path.rstrip("/") or "/")
        pattern = re.sub(r"\\\{[\w\\-]+(\\\+)?\\\}", lambda part: "(.+)" if part[1] else "([^/]+)", escaped)
        given: dict[str, Any] = loaded["shapes"][operation["input"]["shape"]] if "input" in operation else {}
        asked = {str(given["members"][one].get("locationName")) for one in given.get("required", ())
                 if given["members"][one].get("location") == "querystring"}  # fmt: skip
        found.append((name, str(operation["http"]["method"]), pattern, frozenset(asked | set(parse_qs(query, True)))))
    return tuple(found)
