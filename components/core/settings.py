"""A stack's settings: what differs between environments, typed and validated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    SecretStr,
    Tag,
    ValidationError,
    WithJsonSchema,
)

from components.core import catalog
from components.core.naming import Names
from components.core.releases import LATEST, rollback_command
from components.core.settings_files import DEFAULT_TARGET
from components.core.settings_files import NAMESPACE as NAMESPACE
from components.model.described import explain, is_type_tag
from components.model.problems import DescriptionError, Problem, nearest
from components.model.text import matching


def _on_or_off(value: Any) -> Any:
    return {"on": True, "off": False}.get(value, value) if isinstance(value, str) else value


Switch = Annotated[
    bool, BeforeValidator(_on_or_off), WithJsonSchema({"enum": [True, False, "on", "off"]}, mode="validation")
]
"""On or off; YAML readers disagree on whether `on` is a text."""
Module = Annotated[str, matching(r"^[A-Za-z_][\w.]*$", "a Python module, such as 'systems.starter.system'")]
Function = Annotated[
    str,
    matching(r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$", "a Python module and a function of it, such as 'package.module:name'"),
]


class MonitoringSettings(BaseModel):
    """`strata:monitoring`, when it says more than true or false; `grafana: false` leaves Grafana out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    grafana: bool = True


def _whole(value: Any) -> Any:
    if isinstance(value, int | str):
        raise ValueError(
            f"a release is its number and its images; `{rollback_command(value, None)}` writes both, "
            f"`{rollback_command(LATEST, None)}` removes them"
        )
    return value


class ReleaseSettings(BaseModel):
    """`strata:release`, which `make rollback` writes: the release that a stack has gone back to, and the image of each
    workload; nothing is built."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[int, Field(ge=1)]
    images: Mapping[str, str]


def _choice(value: Any) -> str:
    return "Parts" if isinstance(value, Mapping | MonitoringSettings) else "Switch"


MonitoringChoice = Annotated[
    Annotated[bool, Tag("Switch")] | Annotated[MonitoringSettings, Tag("Parts")], Discriminator(_choice)
]


class StackSettings(BaseModel):
    """Every `strata:` key of a `Pulumi.<stack>.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: Module = Field(description="the module that holds `system`")
    extends: str | None = Field(
        default=None, description="another stack of the project, whose settings this one takes but for a few overrides"
    )
    target: str = Field(default=DEFAULT_TARGET, description="where it runs: a folder of components/targets")
    services: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict, description="overrides for each service")
    secrets: Mapping[str, SecretStr] = Field(default_factory=dict, description="values of secrets by name")
    ports: Literal["fixed", "free"] = Field(default="fixed", description="published ports as described, or free ones")
    protection: Switch = Field(default=False, description="on: data cannot be destroyed by accident")
    defaults: Switch = Field(
        default=True, description="off: development defaults of secrets are not used, their secrets are generated"
    )
    reload: Switch = Field(default=False, description="on: hot reload from the source folders")
    profile: Literal["frugal", "standard", "resilient"] = Field(
        default="standard", description="sizes and redundancy on a cloud; local targets have none"
    )
    transforms: tuple[Function, ...] = Field(
        default=(), description="functions (`module:name`) that may change every resource; for tests and rehearsals"
    )
    release: Annotated[ReleaseSettings, BeforeValidator(_whole)] | None = Field(
        default=None, description="the release that `make rollback` has gone back to; nothing is built"
    )
    monitoring: MonitoringChoice | None = Field(default=None, description="None: as the system describes it")

    _own: Any = PrivateAttr(default=None)
    _names: Names | None = PrivateAttr(default=None)

    @property
    def own(self) -> Any:
        """The target's own settings, of the class that its folder declares; None for a target without any."""
        return self._own

    @property
    def names(self) -> Names | None:
        """Whose settings they are; None where nobody said, and lengths of names cannot be checked."""
        return self._names

    def notes(self) -> tuple[str, ...]:
        """What the target's own settings have to say to whoever checks the stack, one line each."""
        said = getattr(self._own, "notes", None)
        pinned = (self.release_note(),) if self.release else ()
        return (*pinned, *(said() if said else ()))

    def release_note(self) -> str:
        """That a release is pinned and how to leave it; "" where none is."""
        if self.release is None:
            return ""
        leave = rollback_command(LATEST, self.names)
        return f"pinned to release {self.release.number} (strata:release): nothing is built; to leave it: {leave}"

    def monitors(self, enabled_by_default: bool) -> MonitoringSettings:
        """What `strata:monitoring` means for a system whose description says `enabled_by_default`."""
        if self.monitoring is None:
            return MonitoringSettings(enabled=enabled_by_default)
        if isinstance(self.monitoring, bool):
            return MonitoringSettings(enabled=self.monitoring)
        return self.monitoring


def parse_settings(values: Mapping[str, Any], names: Names | None = None) -> StackSettings:
    """Settings from the plain values of `strata:` keys. Raises DescriptionError naming every wrong one.

    `names` say which project and stack they are of. A key that is a target's name holds that target's own settings;
    those of the chosen one are in `own`.
    """
    given = dict(values)
    of_targets = {name: given.pop(name) for name in catalog.targets() if name in given}
    problems: list[Problem] = []
    settings: StackSettings | None = None
    try:
        settings = StackSettings.model_validate(given)
    except ValidationError as wrong:
        problems += _problems(wrong, StackSettings, "")
    chosen = str(given.get("target", StackSettings.model_fields["target"].default))
    own: Any = None
    for name in sorted({*of_targets, chosen} & {*catalog.targets()}):
        found = catalog.settings_class(name)
        if found is None:
            if name in of_targets:
                problems.append(Problem("settings", f"{NAMESPACE}:{name}", "this target has no settings of its own"))
            continue
        try:
            parsed = found.model_validate(of_targets.get(name) or {})
            own = parsed if name == chosen else own
        except ValidationError as wrong:
            problems += _problems(wrong, found, f"{name}.")
    if settings is None or problems:
        raise DescriptionError(problems)
    settings._own = own  # pyright: ignore[reportPrivateUsage]
    settings._names = names  # pyright: ignore[reportPrivateUsage]
    return settings


def _problems(wrong: ValidationError, known: type[BaseModel], prefix: str) -> Iterator[Problem]:
    for error in wrong.errors(include_url=False):
        place = [part for part in error["loc"] if not is_type_tag(part)]
        if error["type"] == "extra_forbidden":
            names = known.model_fields if len(place) == 1 else _fields_of(known, place)
            field = f"{NAMESPACE}:{prefix}{'.'.join(map(str, place))}"
            yield Problem("settings", field, f"there is no such setting{nearest(str(place[-1]), names)}")
            continue
        for problem in explain("settings", known, error):
            yield Problem("settings", f"{NAMESPACE}:{prefix}{problem.field}", problem.text)


def _fields_of(known: type[BaseModel], place: list[int | str]) -> Iterable[str]:
    """The fields of the part of a setting that a misspelt one sits in."""
    if known is StackSettings:
        return (ReleaseSettings if place[0] == "release" else MonitoringSettings).model_fields
    inner: Any = known.model_fields.get(str(place[0]))
    for candidate in (getattr(inner, "annotation", None), *getattr(getattr(inner, "annotation", None), "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate.model_fields
    return ()
