"""Thumbnails of images."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from demo.models import ImageResult, JobFailed

MAX_SIDE = 320
"""Largest width and height of a thumbnail, in pixels."""
MAX_PIXELS = 60_000_000
"""Largest image that is decoded: a small file can claim a size that fills the memory."""
CONTENT_TYPE = "image/webp"

_TURNED = (5, 6, 7, 8)
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Thumbnail:
    """The encoded thumbnail and what is known about the image."""

    data: bytes
    result: ImageResult


def make_thumbnail(data: bytes) -> Thumbnail:
    """Shrink an image to fit `MAX_SIDE`, upright, keeping proportions and transparency; never enlarges.

    An animation gives its first frame. Raises `JobFailed` when the bytes are no image or one that is too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _shrink(data)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise JobFailed("The image is damaged and cannot be read.") from error


def _shrink(data: bytes) -> Thumbnail:
    with Image.open(io.BytesIO(data)) as image:
        kind = image.format or "unknown"
        width, height = image.size
        if width * height > MAX_PIXELS:
            limit = MAX_PIXELS // 1_000_000
            raise JobFailed(f"The image has {width} x {height} pixels; the limit is {limit} megapixels.")
        if image.getexif().get(_ORIENTATION) in _TURNED:
            width, height = height, width
        # Lets the JPEG decoder skip detail that the thumbnail cannot show.
        image.draft("RGB", (MAX_SIDE * 2, MAX_SIDE * 2))
        small = _for_web(ImageOps.exif_transpose(image))
        small.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=82, method=4)
    result = ImageResult(
        format=kind,
        width=width,
        height=height,
        thumbnail_width=small.width,
        thumbnail_height=small.height,
        thumbnail_bytes=buffer.tell(),
    )
    return Thumbnail(buffer.getvalue(), result)


def _for_web(image: Image.Image) -> Image.Image:
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")
