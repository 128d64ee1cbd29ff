"""What the provider asks while it plans, answered here."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from policy.scan.precheck import answered


def ask(place: str, what: str) -> dict[str, object]:
    asked = urllib.request.Request(place, data=b"{}", headers={"X-Amz-Target": f"AWSStepFunctions.{what}"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=5) as said:
        return json.loads(said.read())


def test_a_definition_is_taken_for_valid_and_nothing_else_is_answered() -> None:
    with answered() as place:
        assert ask(place, "ValidateStateMachineDefinition")["result"] == "OK"
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(place, "CreateStateMachine")
        assert (
            refused.value.code == 400 and "asked AWSStepFunctions.CreateStateMachine" in refused.value.read().decode()
        )
    with pytest.raises(urllib.error.URLError):
        ask(place, "ValidateStateMachineDefinition")
