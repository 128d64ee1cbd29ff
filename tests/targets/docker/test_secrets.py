"""No secret value is ever in a plain input, in a plain output, in a name or in an option."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from components.core.load import load_system
from components.core.resolve import resolve
from components.core.settings import StackSettings
from strata import Postgres, Service
from tests.ran import Ran
from tests.targets.docker.stage import STASH, deploy, put


def leaked(ran: Ran, values: set[str]) -> Iterator[str]:
    """Where a value, alone or inside another text, percent-encoded too, is not secret."""
    forms = values | {quote(value, safe="") for value in values}
    for one in ran.made:
        trees = [("", one.inputs), ("outputs.", one.outputs)] if one.outputs else [("", one.inputs)]
        found = [
            (f"{prefix}{path}", value) for prefix, tree in trees for path, value, hidden in tree.leaves() if not hidden
        ]
        for path, value in (*found, ("its name", one.name), ("its aliases", " ".join(one.aliases))):
            if any(form in str(value) for form in forms):
                yield f"{one.name}: {path}"


def secret_uses(ran: Ran, value: str) -> list[str]:
    """The resources that hold a value in a secret input."""
    return [
        one.name for one in ran.made if any(value in str(leaf) for _, leaf, hidden in one.inputs.leaves() if hidden)
    ]


@pytest.mark.parametrize("name", ["starter", "polar"])
def test_no_given_secret_is_in_plain(name: str) -> None:
    system = load_system(f"systems.{name}.system")
    on = resolve(system, StackSettings(system="none", monitoring=True))
    values = {secret.name: f"S3cret/{secret.name}!" for secret in on.secrets()}
    assert values, "a system without secrets proves nothing"
    ran = deploy(system, monitoring=True, secrets=values)
    assert list(leaked(ran, set(values.values()))) == []
    for value in values.values():
        assert secret_uses(ran, value), f"{value} reaches nobody: the walk would not see it leak either"


@pytest.mark.parametrize("name", ["starter", "polar"])
def test_no_generated_secret_is_in_plain(name: str) -> None:
    """Nobody's development defaults count as generated, so Polar has Stashes only for what has none."""
    ran = deploy(load_system(f"systems.{name}.system"), monitoring=True)
    stashes = [one for one in ran.made if one.type == STASH and one.name.endswith("-value")]
    assert (len(stashes) > 0) == (name == "starter")
    assert all(one.inputs.is_secret("input") for one in stashes)
    assert list(leaked(ran, {one["input"] for one in stashes})) == []


def test_the_walk_sees_a_leak() -> None:
    """A secret that somebody puts into a plain field, a key or a command is found."""
    leaky = [
        Service("a", image="a:1", environment={"MODE": "say hunter22!"}),
        Service("b", image="a:1", command=["run", "--token=hunter22%21"]),
        Service("c-hunter", image="a:1"),
    ]
    found = list(leaked(put(*leaky, Postgres("db")), {"hunter22!"}))
    assert found == ["a-container: envs.0", "b-container: command.1"]
    assert "c-hunter: its name" in list(leaked(put(*leaky), {"hunter"}))
