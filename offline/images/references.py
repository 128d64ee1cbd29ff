"""Image references and the versions that their tags ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass

HUB = "docker.io"
_TAG = re.compile(r"(?P<version>RELEASE\.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ|v?\d+(?:\.\d+)*)?-?(?P<flavours>.*)")
# Debian names of upstream tags that choose no version but what the image is made on.
_SPELLINGS = {"alpine": re.compile(r"alpine\d+(\.\d+)*")}


@dataclass(frozen=True)
class Reference:
    """`registry/repository:tag` in full; `str()` gives the short name that Docker prints."""

    registry: str
    repository: str
    tag: str
    digest: str = ""

    @property
    def name(self) -> str:
        """The repository as people write it: without Docker Hub and its `library/`."""
        if self.registry != HUB:
            return f"{self.registry}/{self.repository}"
        return self.repository.removeprefix("library/")

    @property
    def version(self) -> str:
        """The version that the tag asks for, or nothing ("latest", "alpine")."""
        found = _TAG.fullmatch(self.tag)
        return (found and found["version"]) or ""

    @property
    def flavours(self) -> frozenset[str]:
        """The other words of the tag: alpine, slim, management, bookworm, ..."""
        found = _TAG.fullmatch(self.tag)
        words = [word for word in (found["flavours"] if found else "").split("-") if word and word != "latest"]
        return frozenset(
            next((plain for plain, spelling in _SPELLINGS.items() if spelling.fullmatch(word)), word) for word in words
        )

    def __str__(self) -> str:
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"


def parse(text: str) -> Reference:
    """Parse what stands after `image:` or `FROM`; raises ValueError for what is no reference."""
    rest, _, digest = text.strip().partition("@")
    head, slash, tail = rest.partition("/")
    is_registry = bool(slash) and ("." in head or ":" in head or head == "localhost")
    registry, path = (head, tail) if is_registry else (HUB, rest)
    if registry in ("index.docker.io", "registry-1.docker.io"):
        registry = HUB
    repository, colon, tag = path.rpartition(":")
    if not colon:
        repository, tag = path, "latest"
    if registry == HUB and "/" not in repository:
        repository = f"library/{repository}"
    if not re.fullmatch(r"[a-z0-9]+([._/-]+[a-z0-9]+)*", repository) or not re.fullmatch(r"\w[\w.-]{0,127}", tag):
        raise ValueError(f"{text!r} is not an image reference")
    return Reference(registry, repository, tag, digest)


def components(version: str) -> list[str]:
    """`v3.5.1` -> 3, 5, 1."""
    return [part for part in version.removeprefix("v").split(".") if part]


def agrees(asked: str, version: str, significant: int) -> bool:
    """Whether the first `significant` components that were asked for are those of the version."""
    wanted = components(asked)[:significant]
    return components(version)[: len(wanted)] == wanted


def starts_with(version: str, prefix: str) -> bool:
    """Whether the version lies in the line that the prefix names: 17.12 in 17, not 170."""
    return agrees(prefix, version, len(components(prefix)))
