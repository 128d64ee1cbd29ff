"""Where a built image carries another version than its tag asks for (by more than the patch level), and why.

One line per case. A build whose true version differs and is not named here is an error.
"""

from __future__ import annotations

from dataclasses import dataclass

from offline.images.references import starts_with


@dataclass(frozen=True)
class Substitution:
    """Tags of `repository` that ask for `asked` (a prefix; empty: any) get `given` (a prefix of the true version)."""

    repository: str
    asked: str
    given: str
    reason: str


_DEBIAN = "Debian carries no {0}"
_LINE = "the npm packages of one release per line are used"


def _debian(repository: str, pairs: dict[str, str]) -> list[Substitution]:
    return [Substitution(repository, asked, given, _DEBIAN.format(asked)) for asked, given in pairs.items()]


TABLE: tuple[Substitution, ...] = (
    *_debian("postgres", {"13": "15", "14": "15", "16": "17"}),
    *_debian("python", {"3.10": "3.11", "3.12": "3.13"}),
    *_debian("redis", {"7.2": "7.0", "7.4": "7.0", "8.2": "8.0", "8.4": "8.0", "8.6": "8.0"}),
    *_debian("rabbitmq", {"3.11": "3.10", "3.12": "3.10", "3.13": "3.10", "4.1": "4.0", "4.2": "4.3"}),
    *_debian("nginx", {"1.23": "1.22", "1.24": "1.22", "1.25": "1.26", "1.27": "1.26", "1.28": "1.30", "1.29": "1.30"}),
    Substitution("prom/prometheus", "2", "2.53", "Debian carries 2.53 of the 2 line"),
    Substitution("prom/prometheus", "3", "3.5", "Debian carries 3.5 of the 3 line"),
    Substitution("node", "20", "20", _LINE),
    Substitution("node", "22", "22", _LINE),
    Substitution("node", "24", "24", _LINE),
    Substitution("minio/minio", "RELEASE", "RELEASE", "one release is compiled from the Go module"),
    Substitution("minio/mc", "RELEASE", "DEVELOPMENT", "the newest revision that Go's checksum database verifies"),
)


def find(repository: str, asked: str) -> Substitution | None:
    """The most particular entry for this version, if there is one."""
    fitting = [entry for entry in TABLE if entry.repository == repository and starts_with(asked, entry.asked)]
    return max(fitting, key=lambda entry: len(entry.asked), default=None)


def line(image: str, product: str, version: str, reason: str) -> str:
    """What is printed wherever a substituted image is about to be used."""
    return f"[set-up] {image} is stood in for by {product} {version} ({reason})"
