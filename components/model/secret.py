"""Values that nobody may read in a state file, a preview or a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from components.model.described import Described, description
from components.model.text import matching

EnvironmentKey = Annotated[
    str, matching(r"^[A-Z][A-Z0-9_]*$", "an environment key of capital letters, digits and '_', such as 'DB_PASSWORD'")
]


@description
class Secret(Described):
    """A secret value. It is looked for, in this order, in the stack's `strata:secrets` (set it with
    `pulumi config set --secret --path strata:secrets.NAME`), in the git-ignored env file under `env`, then:

    - `source="generated"` (default): `length` random characters, made once and kept encrypted in the state;
    - `source="config"`: missing is an error that names the command;
    - `default`: a documented value for development; where the stack says `strata:defaults: off` it is generated.
    """

    _: KW_ONLY
    source: Literal["generated", "config"] = "generated"
    length: Annotated[int, Field(ge=16, le=128)] = 32
    env: EnvironmentKey | None = None
    default: Annotated[str, Field(min_length=1)] | None = None

    TIER: ClassVar[str] = "foundation"

    def contradictions(self) -> Iterable[tuple[str, str]]:
        if self.source == "config" and self.default is not None:
            yield "default", "a secret that must come from config has no default; leave one of the two out"


def password_of(owner: Mapping[str, Any], kind: str) -> Secret:
    """The generated password that a data service has when its description names none; a rename keeps it.

    `owner` are the service's own fields so far, `kind` what it is called when even its name is wrong.
    """
    formerly = [f"{old}-password" for old in owner.get("formerly", ())]
    return Secret(f"{owner.get('name', kind)}-password", formerly=formerly)
