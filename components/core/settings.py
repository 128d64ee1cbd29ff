"""A stack's settings: what differs between environments, typed and validated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
    Tag,
    ValidationError,
    WithJsonSchema,
)

from components.model.described import explain, is_type_tag
from components.model.problems import DescriptionError, Problem, nearest

NAMESPACE = "strata"


def _on_or_off(value: Any) -> Any:
    return {"on": True, "off": False}.get(value, value) if isinstance(value, str) else value


Switch = Annotated[
    bool, BeforeValidator(_on_or_off), WithJsonSchema({"enum": [True, False, "on", "off"]}, mode="validation")
]
"""On or off; YAML readers disagree on whether `on` is a text."""


class MonitoringSettings(BaseModel):
    """`strata:monitoring`, when it says more than true or false; `grafana: false` leaves Grafana out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    grafana: bool = True


def _choice(value: Any) -> str:
    return "Parts" if isinstance(value, Mapping | MonitoringSettings) else "Switch"


MonitoringChoice = Annotated[
    Annotated[bool, Tag("Switch")] | Annotated[MonitoringSettings, Tag("Parts")], Discriminator(_choice)
]


class StackSettings(BaseModel):
    """Every `strata:` key of a `Pulumi.<stack>.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str = Field(pattern=r"^[A-Za-z_][\w.]*$", description="the module that holds `system`")
    target: str = Field(default="docker", description="where it runs: a folder of components/targets")
    services: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict, description="overrides for each service")
    secrets: Mapping[str, SecretStr] = Field(default_factory=dict, description="values of secrets by name")
    ports: Literal["fixed", "free"] = Field(default="fixed", description="published ports as described, or free ones")
    protection: Switch = Field(default=False, description="on: data cannot be destroyed by accident")
    defaults: Switch = Field(default=True, description="off: development defaults of secrets are refused")
    reload: Switch = Field(default=False, description="on: hot reload from the source folders")
    monitoring: MonitoringChoice | None = Field(default=None, description="None: as the system describes it")

    def monitors(self, enabled_by_default: bool) -> MonitoringSettings:
        """What `strata:monitoring` means for a system whose description says `enabled_by_default`."""
        if self.monitoring is None:
            return MonitoringSettings(enabled=enabled_by_default)
        if isinstance(self.monitoring, bool):
            return MonitoringSettings(enabled=self.monitoring)
        return self.monitoring


def parse_settings(values: Mapping[str, Any]) -> StackSettings:
    """Settings from the plain values of `strata:` keys. Raises DescriptionError naming every wrong one."""
    try:
        return StackSettings.model_validate(dict(values))
    except ValidationError as wrong:
        raise DescriptionError(_problems(wrong)) from None


def _problems(wrong: ValidationError) -> Iterator[Problem]:
    for error in wrong.errors(include_url=False):
        place = [part for part in error["loc"] if not is_type_tag(part)]
        if error["type"] == "extra_forbidden":
            known = StackSettings.model_fields if len(place) == 1 else MonitoringSettings.model_fields
            field = f"{NAMESPACE}:{'.'.join(map(str, place))}"
            yield Problem("settings", field, f"there is no such setting{nearest(str(place[-1]), known)}")
            continue
        for problem in explain("settings", StackSettings, error):
            yield Problem("settings", f"{NAMESPACE}:{problem.field}", problem.text)
