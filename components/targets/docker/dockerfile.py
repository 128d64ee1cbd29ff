"""Reading a Dockerfile for the images that it begins from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")
VARIABLE = re.compile(r"\$(?:\{(\w+)(?:(:?[-+])([^}]*))?\}|(\w+))")
COPIED = re.compile(r"--from=(\S+)")
MOUNTED = re.compile(r"--mount=\S*\bfrom=([^,\s]+)")


def base_images(text: str, args: Mapping[str, str], target: str | None = None) -> list[str]:
    """The images of other people that a build needs, each once: those of FROM, COPY --from and RUN --mount=from.

    Build arguments stand for their values: `args`, else the default in the file. Stages of the file itself and
    `scratch` are left out; so is what comes after the stage `target`.
    """
    found: dict[str, None] = {}
    stages: set[str] = set()
    values: dict[str, str] = {}
    current: set[str] = set()
    for word, rest in instructions(text):
        if word == "ARG" and not current:
            name, _, default = rest.partition("=")
            values[name.strip()] = args.get(name.strip(), substituted(default.strip().strip("\"'"), values))
        elif word == "FROM":
            if target is not None and target.lower() in current:
                break
            image, name = _from(rest, values)
            if image.lower() not in stages:
                found[image] = None
            current = {name, str(sum(1 for stage in stages if stage.isdigit()))}
            stages |= current
        elif word in {"COPY", "RUN"}:
            for image in (COPIED if word == "COPY" else MOUNTED).findall(rest):
                if image.lower() not in stages:
                    found[substituted(image, values)] = None
    return [image for image in found if image and image != "scratch"]


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Each instruction of a Dockerfile and what follows it: lines joined, comments and here-documents left out."""
    lines = iter(text.splitlines())
    pending = ""
    for line in lines:
        stripped = line.strip()
        if stripped.startswith("#") or (not stripped and not pending):
            continue
        if stripped.endswith("\\"):
            pending += stripped[:-1] + " "
            continue
        word, _, rest = (pending + stripped).strip().partition(" ")
        pending = ""
        yield word.upper(), rest.strip()
        for end in HEREDOC.findall(rest) if word.upper() in {"RUN", "COPY", "ADD"} else []:
            for inside in lines:
                if inside.strip() == end:
                    break


def substituted(text: str, values: Mapping[str, str]) -> str:
    """A text with its `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}` replaced."""

    def value(found: re.Match[str]) -> str:
        name, operator, word, plain = found.groups()
        given = values.get(name or plain, "")
        if operator and operator.endswith("-"):
            return given or word
        if operator and operator.endswith("+"):
            return word if given else ""
        return given

    return VARIABLE.sub(value, text)


def _from(rest: str, values: Mapping[str, str]) -> tuple[str, str]:
    """The image and the stage's name, lower-case as Docker compares them; "" for a stage without a name."""
    words = [word for word in rest.split() if not word.startswith("--")]
    image = substituted(words[0], values) if words else ""
    return image, words[2].lower() if len(words) == 3 and words[1].lower() == "as" else ""
