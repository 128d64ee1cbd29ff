"""The base of everything that can be described, and how a wrong value becomes a clear message."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeVar, cast, dataclass_transform

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.dataclasses import dataclass as pydantic_dataclass
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from components.model.problems import DescriptionError, Problem, listed, nearest
from components.model.text import in_words, matching

T = TypeVar("T")
C = TypeVar("C", bound=type)
D = TypeVar("D", bound="Part")

Seq = Annotated[Sequence[T], AfterValidator(tuple)]
"""A sequence in a description; a list is accepted and kept as a tuple."""


def _read_only(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


Map = Annotated[Mapping[str, T], AfterValidator(_read_only)]
"""A mapping in a description; it becomes read-only."""

Name = Annotated[
    str,
    matching(
        r"^[a-z][a-z0-9_-]{0,39}$",
        "a name of at most 40 lower-case letters, digits, '-' and '_' that begins with a letter",
    ),
]
"""A name: lower-case letters, digits, `-` and `_`, beginning with a letter, at most 40 characters (the room that
AWS's 63-character names leave after project and stack)."""


class _Several(ValueError):
    """Cross-field problems of one object, carried through pydantic as one error."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {text}" for field, text in problems))


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(Field, dataclasses.field))
def description(cls: C) -> C:
    """Make a class a frozen, validated description whose errors are DescriptionErrors.

    Objects keep their identity (`eq=False`), so they can be references and dictionary keys.
    """
    _keep_keyword_only(cls)
    config = ConfigDict(extra="forbid", validate_default=True)
    made = cast(C, pydantic_dataclass(frozen=True, eq=False, config=config)(cls))
    initialise = made.__init__

    @functools.wraps(initialise)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            initialise(self, *args, **kwargs)
        except ValidationError as wrong:
            raise DescriptionError(_problems(cls, args, kwargs, wrong)) from None

    made.__init__ = checked
    return made


def _keep_keyword_only(cls: type) -> None:
    """Say again that fields after KW_ONLY are keywords: pydantic forgets it for those with a `Field(...)`, takes them
    by position and validates them first, so that a default made from other fields would not see those."""
    names = list(inspect.get_annotations(cls))
    for name in names[names.index("_") + 1 :] if "_" in names else []:
        default = cls.__dict__.get(name)
        if isinstance(default, FieldInfo) and default.default_factory is not None:
            setattr(cls, name, Field(default_factory=default.default_factory, kw_only=True))


@description
class Part:
    """A part of a description without a name of its own (a health check, a mount)."""

    @model_validator(mode="after")
    def _check_together(self) -> Any:
        found = list(self.contradictions())
        if found:
            raise _Several(found)
        return self

    def contradictions(self) -> Iterable[tuple[str, str]]:
        """Problems between this object's own fields, as (field, text); asked once every field is valid alone."""
        return ()


@description
class Described(Part):
    """Something with a name that becomes resources on a target: a database, a service, a secret.

    `formerly` lists the names it had before a rename, oldest first: its resources are kept under their new names, and
    the physical volume, database and bucket keep the first one.
    """

    name: Name
    _: KW_ONLY
    formerly: Seq[Name] = ()

    TIER: ClassVar[str] = "app"

    @property
    def first_name(self) -> str:
        """The name that its data is kept under: the oldest one."""
        return self.formerly[0] if self.formerly else self.name

    def binding(self) -> Mapping[str, str]:
        """The environment keys that whoever needs this gets, each with a template over the facts a target supplies.

        A template with `://` is a URL: the facts put into it are percent-encoded.
        """
        return {}


SECRET_FACTS = frozenset({"password", "access_key", "secret_key"})
"""Facts that are secret: an environment key made of one is a secret itself."""


def changed(described: D, **changes: Any) -> D:
    """The description with some fields changed, validated again.

    A field that is None and has a default made from the other fields gets that default anew, so that a Redis whose
    settings switch persistence on gets a volume. Raises DescriptionError.
    """
    fields = dataclasses.fields(described)  # pyright: ignore[reportArgumentType]
    kept = {field.name: getattr(described, field.name) for field in fields if field.init}
    derived = {field.name for field in fields if made_by_factory(field) and kept.get(field.name) is None}
    return type(described)(**{name: value for name, value in kept.items() if name not in derived} | changes)


def made_by_factory(field: dataclasses.Field[Any]) -> bool:
    """Whether a field's default is made for each object, perhaps from its other fields."""
    return isinstance(field.default, FieldInfo) and field.default.default_factory is not None


def label(described: Described) -> str:
    """How messages call an object: `api (Service)`."""
    return f"{described.name} ({type(described).__name__})"


def _problems(cls: type, args: Sequence[Any], kwargs: Mapping[str, Any], wrong: ValidationError) -> Iterable[Problem]:
    given_name = args[0] if args else kwargs.get("name")
    where = f"{given_name} ({cls.__name__})" if isinstance(given_name, str) else cls.__name__
    errors = wrong.errors(include_url=False)
    for error in errors:
        others = [_place(cls, one) for one in errors if one is not error]
        # Of a field that may be a name or a Build, what is wrong with the name says enough.
        if error["type"] != "dataclass_type" or _place(cls, error) not in others:
            yield from explain(where, cls, error)


def _place(cls: type[Any], error: ErrorDetails) -> str:
    """Which field an error is about: `health.interval`."""
    place = list(error["loc"])
    if place and isinstance(place[0], int):
        place[0] = _by_position(cls, place[0])
    return ".".join(str(part) for part in place if not is_type_tag(part))


def explain(where: str, cls: type[Any], error: ErrorDetails) -> Iterable[Problem]:
    """Turn one pydantic error into problems in a person's words."""
    known = [field.name for field in dataclasses.fields(cls)] if hasattr(cls, "__dataclass_fields__") else []
    place = error["loc"]
    field = _place(cls, error)
    context = error.get("ctx", {})
    several = context.get("error")
    if isinstance(several, DescriptionError):
        yield from several.problems
        return
    if isinstance(several, _Several):
        prefix = f"{field}." if field else ""
        for name, text in several.problems:
            yield Problem(where, prefix + name, text)
        return
    match error["type"]:
        case "default_factory_not_called":
            return  # Only because another field, reported by itself, is wrong.
        case "string_type" if isinstance(error["input"], int | float):
            text = f"given {error['input']!r}; allowed is a text, in quotes"
        case "missing" | "missing_argument":
            text = "nothing was given; it is required"
        case "unexpected_positional_argument":
            text = f"given {_shown(error['input'])} by position; only {listed(_positional(cls))} may be, give its name"
        case "unexpected_keyword_argument" | "extra_forbidden":
            text = "there is no such field" + (nearest(str(place[-1]), known) if len(place) == 1 else "")
        case "string_pattern_mismatch" if (words := in_words(context["pattern"])) is not None:
            text = f"given {_shown(error['input'])}; allowed is {words}"
        case "value_error":
            text = f"given {_shown(error['input'])}; {several}"
        case _:
            text = f"given {_shown(error['input'])}; {_lower_first(error['msg'])}"
    yield Problem(where, field, text)


def _shown(value: Any) -> str:
    text = f"{label(value)}" if isinstance(value, Described) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _by_position(cls: type, index: int) -> str:
    positional = _positional(cls)
    return positional[index] if index < len(positional) else f"argument {index + 1}"


def _positional(cls: type[Any]) -> list[str]:
    return [field.name for field in dataclasses.fields(cls) if field.init and not field.kw_only]


def is_type_tag(part: int | str) -> bool:
    """pydantic names the member of a union that it tried (`Http`, `function-after[...]`); people did not write that."""
    if not isinstance(part, str):
        return False
    return "[" in part or (part[:1].isupper() and part.isidentifier() and not part.isupper()) or part in _SCALAR_TAGS


_SCALAR_TAGS = frozenset({"constrained-str", "constrained-int", "str", "int", "float"})


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
