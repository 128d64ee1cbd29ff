"""Searching bytes for values, as they are and in Base64, whatever stands before them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

from drills.report import Searched

Place = Iterable[bytes]


def needles(value: str) -> list[bytes]:
    """A value as it is, and the part of its Base64 that does not depend on what stands around it."""
    plain = value.encode()
    found = [plain]
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + plain)
        # The first characters hold bits of what stands before, the last four of what follows.
        found.append(encoded[-(-before * 8 // 6) : -4])
    return found


def search(name: str, place: Place, values: Mapping[str, str], canary: str, *, by_choice: bool = False) -> Searched:
    """Search a place that comes in pieces; `by_choice` where the description says that values are there."""
    wanted = {key: needles(value) for key, value in {**values, "": canary}.items()}
    longest = max(len(needle) for each in wanted.values() for needle in each)
    size, seen, rest = 0, set[str](), b""
    for piece in place:
        size += len(piece)
        text = rest + piece
        seen |= {key for key, each in wanted.items() if key not in seen and any(one in text for one in each)}
        rest = text[-longest:]
    found = (*sorted(seen - {""}),)
    return Searched(name, size, "" in seen, () if by_choice else found, found if by_choice else ())
