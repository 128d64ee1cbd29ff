"""The harness itself: every way in which a test of a program could pass silently fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_docker as docker
import pytest

from tests.programs import run
from tests.ran import Ran, Silent
from tests.wire import UNKNOWN

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parents[3]


def making(make: Callable[[], object], **options: Any) -> Ran:
    """Run a program that makes something and returns nothing."""

    def program() -> None:
        make()

    return run(program, **options)


class Part(pulumi.ComponentResource):
    def __init__(self, name: str, register: int = 1) -> None:
        super().__init__("test:index:Part", name)
        for _ in range(register):
            self.register_outputs({"hidden": pulumi.Output.secret("s"), "plain": 1})


def test_it_sees_what_the_mocks_hide() -> None:
    def program() -> Any:
        part = Part("part")
        first = docker.Volume("first", name="one", opts=pulumi.ResourceOptions(parent=part))
        hook = pulumi.ResourceHook("look", lambda _: None)
        docker.Volume(
            "second",
            name=pulumi.Output.secret("two"),
            labels=[docker.VolumeLabelArgs(label="l", value=pulumi.Output.secret("v"))],
            opts=pulumi.ResourceOptions(
                depends_on=[first], aliases=[pulumi.Alias(name="old")], ignore_changes=["driver"], protect=True,
                delete_before_replace=True, hooks=pulumi.ResourceHookBinding(before_create=[hook]),
            ),
        )  # fmt: skip
        pulumi.export("name", first.name)
        return first.name.apply(str.upper)

    ran = run(program)
    second = ran["second"]
    assert ran.value == "ONE" and ran.exports.value == {"name": "one"}
    assert ran["first"].parent == ran["part"].urn and ran["part"].parent == ""
    assert ran.awaited("second") == {"first"} and [one.name for one in ran.below("part")] == ["first"]
    assert (second.aliases, second.protect, second.delete_before_replace) == (("old",), True, True)
    assert (second.ignore_changes, second.hooks) == (("driver",), {"before_create": ("look",)})
    assert second["name"] == "two" and second.inputs.is_secret("name")
    assert second.inputs.is_secret("labels.0.value") and not second.inputs.is_secret("labels.0.label")
    outputs = ran["part"].outputs
    assert outputs and outputs.value == {"hidden": "s", "plain": 1} and outputs.secrets == {"hidden"}
    assert set(ran.hooks) == {"look"}


def test_an_exception_in_an_apply_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        run(lambda: pulumi.Output.from_input(0).apply(lambda zero: 1 / zero))


def test_an_exception_in_an_apply_that_nobody_looks_at_is_raised() -> None:
    def program() -> None:
        docker.Volume("v", name="one").name.apply(lambda name: pytest.fail(f"saw {name}"))

    with pytest.raises(pytest.fail.Exception, match="saw one"):
        run(program)


def unknown() -> pulumi.Output[str]:
    async def resolved(value: Any) -> Any:
        return value

    return pulumi.Output(set(), resolved(""), resolved(False))


def test_an_apply_that_never_ran_is_a_failure() -> None:
    with pytest.raises(Silent, match="stayed unknown"):
        making(lambda: unknown().apply(lambda _: pytest.fail("never reached")))


def test_an_unknown_input_is_a_failure() -> None:
    with pytest.raises(Silent, match="unknown"):
        making(lambda: docker.Volume("v", name=UNKNOWN))


def test_in_a_preview_outputs_may_be_unknown() -> None:
    def program() -> None:
        docker.Volume("v", name="one").id.apply(lambda _: pytest.fail("known in a preview"))

    assert run(program, preview=True)["v"]["name"] == "one"


def test_a_task_that_nobody_waits_for_is_a_failure() -> None:
    with pytest.raises(Silent, match="not waited for"):
        making(lambda: asyncio.ensure_future(asyncio.sleep(3600)))


def test_what_an_engine_refuses_is_refused() -> None:
    with pytest.raises(Silent, match="two resources have the URN"):
        making(lambda: (docker.Volume("v"), docker.Volume("v")))
    with pytest.raises(Silent, match="registers its outputs twice"):
        making(lambda: Part("part", register=2))
    with pytest.raises(Silent, match="two hooks"):
        making(lambda: [pulumi.ResourceHook("h", lambda _: None) for _ in "ab"])
    with pytest.raises(Silent, match="the program called"):
        making(lambda: docker.get_network(name="n"))


def test_a_logged_error_is_a_failure() -> None:
    with pytest.raises(Silent, match="it went wrong"):
        run(lambda: pulumi.log.error("it went wrong"))


def test_a_loop_over_no_resources_is_a_failure() -> None:
    ran = making(lambda: Part("part"))
    with pytest.raises(Silent, match="no resource is a Container"):
        ran.of("Container")
    with pytest.raises(AssertionError, match="0 resources are named"):
        ran["other"]


def test_a_component_without_outputs_is_told_from_an_empty_one() -> None:
    ran = making(lambda: (Part("without", register=0), Part("with")))
    assert ran["without"].outputs is None and ran["with"].outputs is not None


def test_runs_do_not_see_each_other() -> None:
    assert making(lambda: docker.Volume("v"), stack="one").names() == ["v"]
    assert run(lambda: pulumi.get_stack(), stack="two").value == "two"
    assert run(lambda: pulumi.Config("strata").get("target")).value is None
    assert run(lambda: pulumi.Config("strata").get("target"), config={"strata:target": "docker"}).value == "docker"


SILENT = """
import asyncio, pulumi, pytest
import pulumi_docker as docker

class Mocks(pulumi.runtime.Mocks):
    def call(self, args): return {}
    def new_resource(self, args): return args.name, args.inputs

@pytest.fixture(autouse=True)
def a_loop():
    asyncio.set_event_loop(asyncio.new_event_loop())

def test_resource():
    docker.Volume("v").name.apply(lambda name: 1 / 0)

def test_output():
    pulumi.Output.from_input("x").apply(lambda _: pytest.fail("never runs"))

def test_mocks():
    pulumi.runtime.set_mocks(Mocks())
    docker.Volume("v").name.apply(lambda name: 1 / 0)
"""


def test_a_test_without_a_finished_program_fails(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulumi lets each of these tests pass; the guard of a folder's conftest turns it into an error."""
    pytester.makepyfile(SILENT)
    pytester.makeconftest("from tests.guards import nothing_unfinished")
    # A process of its own: what the tests leave behind would be found after this test too.
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, errors=3)
    result.stdout.re_match_lines_random([
        ".*proves nothing: .*Outputs were made outside.*",
        ".*proves nothing: a program was set up .set_mocks. outside.*",
    ])  # fmt: skip
