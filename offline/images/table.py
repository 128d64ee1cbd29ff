"""The plain table of the images that are present."""

from __future__ import annotations

from collections.abc import Sequence

from offline.images.debian import BASE
from offline.images.docker import BUILT, ORIGIN, Docker, Image

HEADINGS = ("IMAGE", "ORIGIN", "VERSION", "SIZE", "CONTENTS")


def size(count: int) -> str:
    """131 MB, 1.2 GB: decimal, as Docker prints them."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def rows(images: Sequence[Image]) -> list[tuple[str, ...]]:
    """One row per name, sorted. Images made here by other means (the applications) stand in for nothing: left out."""
    found: list[tuple[str, ...]] = []
    for image in images:
        built = image.labels.get(ORIGIN) == BUILT
        for name in image.names:
            if "@" in name or name.startswith(f"{BASE}:"):
                continue
            # An image made FROM a built one inherits its labels, but was asked for by another name.
            own = built and image.labels.get("strata.asked") == name
            if own:
                version, contents = image.labels.get("strata.version", "-"), image.labels.get("strata.contents", "-")
                found.append((name, BUILT, version, size(image.size), contents))
            elif not built and any("@" in other for other in image.names):
                found.append((name, "pulled", "-", size(image.size), "-"))
    return sorted(found)


def render(lines: Sequence[Sequence[str]]) -> str:
    """Aligned columns, two spaces apart, nothing at the line's end."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def listing(docker: Docker) -> str:
    """What `list` prints."""
    images = {image.id: image for image in docker.inspect(docker.names())}
    found = rows(list(images.values()))
    return render([HEADINGS, *found]) if found else "no images are present"
