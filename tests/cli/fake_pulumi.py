"""A project whose pulumi reads, makes and removes what a test says is there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

STACK = "urn:pulumi:dev::shop"


def resource(urn: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "type": urn.split("::")[2].rpartition("$")[2], "custom": True, **more}


class Pulumi:
    """Reads what is in `there`, by URN; a refresh drops what is not. `preview` are the steps from nothing."""

    name, system, stack, owner, options = "shop", "shop", "dev", "shop/dev", "--system shop --stack dev"

    def __init__(self, place: Path) -> None:
        self.place = place
        self.there: dict[str, dict[str, Any]] = {}
        self.said: list[str] = []
        self.preview: list[dict[str, Any]] = []
        self.fails = ""

    def write(self, *resources: Mapping[str, Any], pending: Sequence[Mapping[str, Any]] = ()) -> None:
        self.replace_state({"deployment": {"resources": [*resources], "pending_operations": [*pending]}})

    def replace_state(self, state: Mapping[str, Any]) -> None:
        self.place.write_text(json.dumps({"version": 3, "checkpoint": {"latest": state["deployment"]}}))

    def read(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.place.read_text())["checkpoint"]["latest"]["resources"]
        return found

    def previewed(self) -> list[dict[str, Any]]:
        """The steps for what is not in the state."""
        held = {one["urn"] for one in self.read()}
        return [one for one in self.preview if one["urn"] not in held]

    def ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        self.said.append(words[0])
        if words[0] == "preview":
            return subprocess.CompletedProcess(words, 0, json.dumps({"steps": self.previewed()}), "")
        chosen = {word.removeprefix("--target=") for word in words if word.startswith("--target=")}
        if words[0] == self.fails:
            return subprocess.CompletedProcess(words, 1, "", "AWS said no")
        if words[0] == "up":
            made = [{**one["newState"], "id": "made"} for one in self.previewed() if one["urn"] in chosen]
            self.write(*self.read(), *made)
            return subprocess.CompletedProcess(words, 0, "", "")
        kept = list[dict[str, Any]]()
        for one in self.read():
            if one["urn"] not in chosen or one.get("delete"):
                kept.append(one)
            elif words[0] == "refresh" and one["urn"] in self.there:
                kept.append({**one, "inputs": {"read": True}, "outputs": self.there[one["urn"]]})
        self.write(*kept)
        return subprocess.CompletedProcess(words, 0, "", "")
