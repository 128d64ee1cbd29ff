"""CloudWatch: alarms as they were asked for, of which MiniStack describes half of the fields; AWS's codes of errors."""

from __future__ import annotations

from typing import Any

from ministack.services import cloudwatch

from played.query import structure, xml

DEFAULTS = {"ActionsEnabled": "true", "TreatMissingData": "missing"}
STATE = ("AlarmArn", "StateValue", "StateReason")
NOT_DESCRIBED = frozenset({"Action", "Version", "Tags"})
CODES = {"DashboardNotFoundError": "ResourceNotFound"}
"""An error's name to its code in the query protocol, where they differ (in botocore: cloudwatch/2010-08-01)."""
_asked: dict[str, dict[str, Any]] = {}


def kept(original: Any) -> Any:
    """Keep what an alarm was asked for with."""

    def put(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        answer = original(params, data, is_cbor, is_json)
        if not (is_cbor or is_json) and answer[0] == 200:
            wanted = structure(params)
            _asked[wanted["AlarmName"]] = {key: one for key, one in wanted.items() if key not in NOT_DESCRIBED}
        return answer

    return put


def described(original: Any) -> Any:
    """Describe alarms whole."""

    def describe(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        wanted = structure(params)
        names = wanted.get("AlarmNames") or []
        if is_cbor or is_json or not names:
            return original(params, data, is_cbor, is_json)
        stores = {"MetricAlarms": cloudwatch._alarms, "CompositeAlarms": cloudwatch._composite_alarms}
        types = wanted.get("AlarmTypes") or ["MetricAlarm"]
        found = {
            kind: [
                {**DEFAULTS, **_asked.get(name, {}), **{key: store[name].get(key) for key in STATE}}
                for name in names if name in store and kind.removesuffix("s") in types
            ]
            for kind, store in stores.items()
        }  # fmt: skip
        return cloudwatch._xml(200, "DescribeAlarmsResponse", xml({"DescribeAlarmsResult": found}))

    return describe


def whole() -> None:
    """Change MiniStack's alarms."""
    cloudwatch._put_metric_alarm = kept(cloudwatch._put_metric_alarm)
    cloudwatch._put_composite_alarm = kept(cloudwatch._put_composite_alarm)
    cloudwatch._describe_alarms = described(cloudwatch._describe_alarms)


def coded(original: Any) -> Any:
    """An error with the code that the query protocol gives it."""

    def error(code: str, message: str, status: int, use_json: bool = False, use_cbor: bool = False) -> Any:
        query = not (use_json or use_cbor)
        return original(CODES.get(code, code) if query else code, message, status, use_json, use_cbor)

    return error


def codes() -> None:
    """Change the codes of errors."""
    cloudwatch._error = coded(cloudwatch._error)


PATCHES = {"alarms": whole, "codes": codes}
