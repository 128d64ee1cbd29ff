"""Flow logs as they were asked for: MiniStack forgets their role, their interval and their tags."""

from __future__ import annotations

import re
from typing import Any

from ministack.services import ec2

TYPE = "vpc-flow-log"
"""What AWS calls them where they are tagged; MiniStack looks for another word."""
KEPT = {"DeliverLogsPermissionArn": "deliverLogsPermissionArn", "MaxAggregationInterval": "maxAggregationInterval"}
IDENTITY = re.compile(r"<flowLogId>(fl-\w+)</flowLogId>")
_asked: dict[str, str] = {}


def whole() -> None:
    """Change MiniStack's flow logs."""
    create, describe = ec2._ACTION_MAP["CreateFlowLogs"], ec2._ACTION_MAP["DescribeFlowLogs"]

    def created(params: Any) -> Any:
        answer = create(params)
        for identity in re.findall(r"<item>(fl-\w+)</item>", answer[2].decode()):
            ec2._parse_tag_specs(params, TYPE, identity)
            given = {name: ec2._p(params, key) for key, name in KEPT.items()}
            _asked[identity] = "".join(f"<{name}>{value}</{name}>" for name, value in given.items() if value)
        return answer

    def described(params: Any) -> Any:
        status, headers, body = describe(params)
        whole = IDENTITY.sub(lambda found: found[0] + _asked.get(found[1], ""), body.decode())
        return status, headers, whole.encode()

    ec2._ACTION_MAP.update(CreateFlowLogs=created, DescribeFlowLogs=described)


PATCHES = {"flow logs": whole}
