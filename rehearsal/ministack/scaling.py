"""Application Auto Scaling as a control plane, which MiniStack has not: what is asked for is kept and given back.

Nothing is measured, so nothing scales. Pure but for `before`, which stands in front of MiniStack's own application.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

PREFIX = "AnyScaleFrontendService."
ARN = "arn:aws:application-autoscaling:{region}:000000000000:scalable-target/{identity}"
MADE = 1_700_000_000
"""Seconds since 1970 at which everything here says that it was made."""
Asked = dict[str, Any]


class Scaling:
    """The targets and policies of one region."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.targets: dict[tuple[str, ...], Asked] = {}
        self.policies: dict[tuple[str, ...], Asked] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def answer(self, action: str, asked: Asked) -> tuple[int, Asked]:
        """What AWS answers, and its status; an unknown action is refused."""
        known = getattr(self, f"_{action}", None)
        if known is None:
            return 400, {"__type": "UnknownOperationException", "message": f"{action} is not played"}
        return known(asked)

    def _RegisterScalableTarget(self, asked: Asked) -> tuple[int, Asked]:
        before = self.targets.get(_key(asked))
        arn = before["ScalableTargetARN"] if before else ARN.format(region=self.region, identity=uuid.uuid4().hex)
        tags = asked.pop("Tags", None)
        self.targets[_key(asked)] = {"CreationTime": MADE, **(before or {}), **asked, "ScalableTargetARN": arn}
        if before is None:
            self.tags[arn] = dict(tags or {})
        return 200, {"ScalableTargetARN": arn}

    def _DescribeScalableTargets(self, asked: Asked) -> tuple[int, Asked]:
        wanted = asked.get("ResourceIds")
        found = [one for one in self.targets.values() if not wanted or one["ResourceId"] in wanted]
        return 200, {"ScalableTargets": found}

    def _DeregisterScalableTarget(self, asked: Asked) -> tuple[int, Asked]:
        gone = self.targets.pop(_key(asked), None)
        if gone is None:
            return 400, {"__type": "ObjectNotFoundException", "message": "no such scalable target"}
        return 200, {}

    def _PutScalingPolicy(self, asked: Asked) -> tuple[int, Asked]:
        if _key(asked) not in self.targets:
            return 400, {"__type": "ObjectNotFoundException", "message": "no such scalable target"}
        arn = f"arn:aws:autoscaling:{self.region}:000000000000:scalingPolicy:{asked['PolicyName']}"
        self.policies[*_key(asked), asked["PolicyName"]] = {**asked, "PolicyARN": arn, "CreationTime": MADE}
        return 200, {"PolicyARN": arn, "Alarms": []}

    def _DescribeScalingPolicies(self, asked: Asked) -> tuple[int, Asked]:
        names, resource = asked.get("PolicyNames"), asked.get("ResourceId")
        found = [
            one for one in self.policies.values()
            if (not names or one["PolicyName"] in names) and (not resource or one["ResourceId"] == resource)
        ]  # fmt: skip
        return 200, {"ScalingPolicies": found}

    def _DeleteScalingPolicy(self, asked: Asked) -> tuple[int, Asked]:
        self.policies.pop((*_key(asked), asked["PolicyName"]), None)
        return 200, {}

    def _ListTagsForResource(self, asked: Asked) -> tuple[int, Asked]:
        return 200, {"Tags": self.tags.get(asked["ResourceARN"], {})}

    def _TagResource(self, asked: Asked) -> tuple[int, Asked]:
        self.tags.setdefault(asked["ResourceARN"], {}).update(asked["Tags"])
        return 200, {}

    def _UntagResource(self, asked: Asked) -> tuple[int, Asked]:
        for key in asked["TagKeys"]:
            self.tags.get(asked["ResourceARN"], {}).pop(key, None)
        return 200, {}


def _key(asked: Asked) -> tuple[str, ...]:
    return asked["ServiceNamespace"], asked["ResourceId"], asked["ScalableDimension"]


def before(application: Callable[..., Awaitable[None]], scaling: Scaling) -> Callable[..., Awaitable[None]]:
    """An ASGI application that answers for Application Auto Scaling and leaves everything else to another."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        headers: dict[bytes, bytes] = dict(scope.get("headers") or ())
        target = headers.get(b"x-amz-target", b"").decode()
        if not target.startswith(PREFIX):
            await application(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, found = scaling.answer(target.removeprefix(PREFIX), json.loads(body or b"{}"))
        kind = [(b"content-type", b"application/x-amz-json-1.1")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": json.dumps(found).encode()})

    return answer
