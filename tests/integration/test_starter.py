"""The starter in real containers, from the project's top folder, by nothing but `pulumi up` and `strata`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import jsonschema
import pytest
from playwright.sync_api import Page, expect

from infra.outputs import Outputs
from tests.integration.browser import browser_page
from tests.integration.conftest import MakeStack
from tests.integration.harness import BIN, ROOT, Outcome, Stack
from tests.integration.jobs import STATISTICS, TEXT, Jobs, photograph
from tests.waiting import eventually

pytestmark = pytest.mark.docker

SERVICES = {"db", "cache", "files", "jobs", "api", "worker", "web", "gateway"}
OWN_KEYS = {"HOSTNAME", "HOME", "PWD"}
"""What Docker itself and the shell of an image's entrypoint add."""


class Starter(Stack):
    """The starter's stack; `first` is what its first `pulumi up` did."""

    first: Outcome

    @property
    def jobs(self) -> Jobs:
        return Jobs(str(self.outputs()["url"]))


@pytest.fixture(scope="module")
def starter(make_stack: MakeStack) -> Starter:
    stack = make_stack(ROOT, of=Starter, system="systems.starter.system", target="docker")
    assert isinstance(stack, Starter)
    stack.first = stack.up().ok()
    return stack


@pytest.fixture
def page(starter: Starter) -> Iterator[Page]:
    with browser_page() as page:
        page.goto(str(starter.outputs()["url"]))
        expect(page.locator('[data-service="live"]')).to_have_attribute("data-tone", "good")
        yield page


def test_one_up_makes_every_service_healthy(starter: Starter) -> None:
    health = {name: one.attrs["State"]["Health"]["Status"] for name, one in starter.containers().items()}
    assert health == dict.fromkeys(SERVICES, "healthy")
    assert starter.left() == {
        "containers": sorted(f"starter_{starter.name}_{name}" for name in SERVICES),
        "networks": [f"starter_{starter.name}_network"],
        "volumes": [f"starter_{starter.name}_{name}-data" for name in ("db", "files", "jobs")],
    }


def test_nothing_is_left_to_change(starter: Starter) -> None:
    """A preview sees no change, a second update makes none, and no container has been touched."""
    before = starter.lives()
    assert starter.changes() == {}
    summary = re.search(r"^Resources:\n((?: +\S.*\n)+)", starter.up().ok().text, re.MULTILINE)
    assert summary is not None
    assert summary[1].split() == [str(len(described(starter))), "unchanged"]
    assert starter.lives() == before


def described(stack: Stack) -> list[str]:
    """The URNs of a stack, without the providers that the engine adds by itself and counts nowhere."""
    urns = [str(one["urn"]) for one in stack.resources()]
    return [urn for urn in urns if not urn.rsplit("::", 1)[-1].startswith("default")]


def test_the_outputs_keep_to_their_schema(starter: Starter) -> None:
    outputs = starter.outputs("--show-secrets")
    jsonschema.validate(outputs, Outputs.model_json_schema())
    assert set(outputs["services"]) == {*SERVICES, "migrate"}
    assert outputs["url"] == outputs["services"]["gateway"]["endpoints"][""]


def test_secrets_are_shown_only_to_who_asks(starter: Starter) -> None:
    """Passwords stand in the outputs with --show-secrets, and neither in the update's text nor in the state."""
    shown = starter.outputs("--show-secrets")["secrets"]
    values = [shown["db"]["password"], shown["files"]["secret_key"], shown["jobs"]["password"]]
    assert all(len(value) >= 24 for value in values) and len(set(values)) == 3
    hidden = starter.pulumi("stack", "output", "--stack", starter.name, "--json").ok().text
    assert json.loads(hidden)["secrets"] == "[secret]"
    kept = [path.read_text() for path in starter.state.rglob("*.json")]
    assert any("db-password-value" in text for text in kept)
    for text in (starter.first.text, hidden, *kept):
        assert not [value for value in values if value in text]


def test_containers_get_the_keys_that_check_names(starter: Starter) -> None:
    done = starter.run(BIN / "strata", "check", "--json", "--stack", starter.name).ok()
    named = json.loads(done.text)["stacks"][starter.name]["environment"]
    for name in ("api", "worker", "web"):
        container = starter.containers()[name]
        inside = container.exec_run(["cat", "/proc/1/environ"]).output.decode().rstrip("\0").split("\0")
        image = {entry.partition("=")[0] for entry in container.image.attrs["Config"]["Env"]}
        given = {entry.partition("=")[0] for entry in inside} - image - OWN_KEYS
        assert given == {key["name"] for key in named[name]}, name


def test_a_text_is_counted(starter: Starter) -> None:
    done = starter.jobs.done(starter.jobs.text(TEXT))
    assert {key: done["result"][key] for key in STATISTICS} == STATISTICS
    assert done["result"]["top_words"][0] == {"word": "harbour", "count": 2}


def test_a_photograph_comes_back_as_a_thumbnail(starter: Starter) -> None:
    done = starter.jobs.done(starter.jobs.picture(photograph(1200, 800)))
    assert (done["result"]["width"], done["result"]["height"]) == (1200, 800)
    assert starter.jobs.thumbnail(done).size == (320, 213)


def test_the_page_shows_a_text_being_counted(starter: Starter, page: Page, tmp_path: Path) -> None:
    """By events alone: after the text is handed in, the page never asks for the list again."""
    asked = asked_for_the_list(page)
    page.get_by_test_id("text-input").fill(TEXT)
    page.get_by_test_id("submit").click()
    row = page.get_by_test_id("job-row").first
    expect(row).to_contain_text("Ropes creak")
    expect(row).to_have_attribute("data-state", "done")
    facts = row.get_by_test_id("text-result").locator("div")
    assert [fact.split("\n") for fact in facts.all_inner_texts()][:3] == [
        ["Words", "13"],
        ["Characters", "72"],
        ["Lines", "2"],
    ]
    elsewhere = starter.jobs.done(starter.jobs.text("Handed in by somebody else"))
    expect(page.locator(f'[data-job-id="{elsewhere["id"]}"]')).to_have_attribute("data-state", "done")
    assert asked == []
    page.screenshot(path=tmp_path / "text.png", full_page=True)


def asked_for_the_list(page: Page) -> list[str]:
    """The page's requests for the list of jobs, from now on."""
    asked: list[str] = []

    def note(request: Any) -> None:
        if request.method == "GET" and "/api/jobs?" in request.url:
            asked.append(request.url)

    page.on("request", note)
    return asked


def test_the_page_shows_the_thumbnail_of_an_upload(starter: Starter, page: Page, tmp_path: Path) -> None:
    picture = {"name": "harbour.jpg", "mimeType": "image/jpeg", "buffer": photograph(900, 1200)}
    page.get_by_test_id("file-input").set_input_files(files=[picture])  # pyright: ignore[reportArgumentType]
    page.get_by_test_id("submit").click()
    row = page.get_by_test_id("job-row").filter(has_text="harbour.jpg")
    expect(row).to_have_attribute("data-state", "done")
    thumbnail = row.get_by_test_id("thumbnail")
    expect(thumbnail).to_be_visible()
    eventually(lambda: thumbnail.evaluate("image => image.naturalWidth") > 0, "the thumbnail is drawn")
    assert thumbnail.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [240, 320]
    page.screenshot(path=tmp_path / "picture.png", full_page=True)


def test_a_changed_environment_replaces_one_container(starter: Starter) -> None:
    before = starter.lives()
    starter.write({"services": {"api": {"environment": {"LOG_LEVEL": "DEBUG"}}}})
    replaced = {"create-replacement", "delete-replaced", "replace"}
    changed = starter.changed()
    assert set(changed) == {"api-container", "api-ready"}
    assert changed["api-container"] <= replaced and changed["api-ready"] == {"update"}
    after = starter.lives()
    assert {name for name in SERVICES if after[name] != before[name]} == {"api"}
    assert "LOG_LEVEL=DEBUG" in starter.containers()["api"].attrs["Config"]["Env"]
    eventually(lambda: starter.jobs.info()["service"], "the gateway has found the new container")


def test_down_keeps_the_data_and_up_finds_it(starter: Starter) -> None:
    """The volumes, the passwords in them and the chosen port stay; everything else goes and comes back."""
    job = starter.jobs.done(starter.jobs.picture(photograph(), name="kept.jpg"))
    outputs, volumes = starter.outputs("--show-secrets"), starter.left()["volumes"]
    starter.make_down().ok()
    assert starter.left() == {"containers": [], "networks": [], "volumes": volumes}
    brought = starter.make_up().ok()
    assert outputs["url"] in brought.text
    assert starter.outputs("--show-secrets") == outputs
    assert starter.jobs.get(job) == job
    assert starter.jobs.thumbnail(job).size == (320, 213)
    again = starter.jobs.done(starter.jobs.text(TEXT))
    assert {key: again["result"][key] for key in STATISTICS} == STATISTICS


def test_down_with_data_leaves_nothing(starter: Starter) -> None:
    """Not even the volumes without a name that an image asks for."""
    mounted = {mount["Name"] for one in starter.containers().values() for mount in one.attrs["Mounts"]}
    assert len(mounted) > 3
    starter.make_down("--data", "--yes").ok()
    assert starter.left() == {"containers": [], "networks": [], "volumes": []}
    assert not mounted & {volume.name for volume in docker.from_env().volumes.list()}
    listed = json.loads(starter.pulumi("stack", "ls", "--json").ok().text)
    assert starter.name not in {one["name"] for one in listed}
