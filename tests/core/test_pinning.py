"""A stack whose settings name a release."""

from __future__ import annotations

from typing import Any

import pytest

from components.core.resolve import resolve
from components.core.settings import StackSettings, parse_settings
from components.model.image import Build
from components.model.problems import DescriptionError
from strata import Postgres, Schedule, Service, System, Task

TAG, OLDER = "0123456789ab", "ba9876543210-dev"


def settings(images: dict[str, str], **more: Any) -> StackSettings:
    return parse_settings({"system": "none", "release": {"number": 3, "images": images}, **more})


def shop() -> System:
    code = Build("apps/demo")
    db = Postgres("db")
    migrate = Task("migrate", image=code, needs=[db])
    return System("shop", [db], app=[migrate, Service("api", image=code), Service("proxy", image="nginx:1.27")])


def wrong(system: System, chosen: StackSettings) -> list[str]:
    with pytest.raises(DescriptionError) as found:
        resolve(system, chosen)
    return [str(problem) for problem in found.value.problems]


def test_each_workload_gets_the_image_of_its_own() -> None:
    found = resolve(shop(), settings({"migrate": OLDER, "api": TAG, "proxy": "nginx:1.25", "gone": TAG}))
    migrate, api, proxy = found.app
    assert isinstance(migrate, Task) and isinstance(migrate.image, Build)
    assert isinstance(api, Service) and isinstance(api.image, Build) and isinstance(proxy, Service)
    assert (migrate.image.tag, api.image.tag, proxy.image) == (OLDER, TAG, "nginx:1.25")
    assert (api.image.context, migrate.needs) == ("apps/demo", (found.data[0],))


def test_an_image_of_the_settings_goes_back_too() -> None:
    found = resolve(shop(), settings({"migrate": TAG, "api": "a:1"}, services={"api": {"image": "a:2"}}))
    assert getattr(found.app[1], "image", None) == "a:1"


def test_what_was_never_released_is_not_built() -> None:
    (text,) = wrong(shop(), settings({"migrate": TAG}))
    assert "api" in text and "never been released" in text
    assert text.endswith("leave: make rollback RELEASE=latest")


def test_an_image_that_came_from_elsewhere_then() -> None:
    texts = wrong(shop(), settings({"migrate": TAG, "api": "ghcr.io/me/api:1", "proxy": TAG}))
    assert len(texts) == 2
    assert "release 3 ran 'ghcr.io/me/api:1', from a registry" in texts[0]
    assert f"release 3 ran '{TAG}', a build" in texts[1]


def test_hot_reload_would_hide_it() -> None:
    (text,) = wrong(shop(), settings({"migrate": TAG, "api": TAG}, reload="on"))
    assert "strata:reload" in text and "strata:release is 3" in text


@pytest.mark.parametrize("given", [3, "3"])
def test_a_bare_number_says_who_writes_the_rest(given: Any) -> None:
    with pytest.raises(DescriptionError) as found:
        parse_settings({"system": "none", "release": given})
    assert "strata:release" in str(found.value) and "`make rollback RELEASE=3` writes both" in str(found.value)


def test_a_misspelt_part() -> None:
    with pytest.raises(DescriptionError, match="images") as found:
        parse_settings({"system": "none", "release": {"number": 0, "image": {}}})
    assert len(found.value.problems) == 3


def test_the_check_says_that_a_release_is_pinned() -> None:
    assert settings({"api": TAG}).notes()[0].startswith("pinned to release 3 (strata:release): nothing is built")
    assert parse_settings({"system": "none"}).release_note() == ""


def test_what_runs_by_the_clock_goes_back_too() -> None:
    nightly = Schedule("nightly", image=Build("apps/demo"), cron="0 3 * * *", command="run")
    system = System("shop", [], app=[nightly])
    (found,) = resolve(system, settings({"nightly": TAG})).app
    assert isinstance(found, Schedule) and isinstance(found.image, Build) and found.image.tag == TAG
    (text,) = wrong(system, settings({}))
    assert "nightly" in text and "never been released" in text
