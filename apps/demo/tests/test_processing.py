"""Statistics and thumbnails."""

import io

import pytest
from PIL import Image

from demo.intake import MAX_BYTES, Rejected, accept
from demo.models import JobFailed
from demo.processing.text import analyse
from demo.processing.thumbnail import make_thumbnail
from demo.seed import samples


def _encode(image: Image.Image, encode: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, encode, **options)
    return buffer.getvalue()


def _open(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_statistics_of_a_text() -> None:
    result = analyse("The quick fox.\nQuick, it's the quick fox!\n")
    assert (result.words, result.unique_words, result.lines) == (8, 4, 2)
    assert result.characters == 14 + 26
    assert [(top.word, top.count) for top in result.top_words] == [("quick", 3), ("it's", 1)]


def test_reading_time_is_rounded_up() -> None:
    assert analyse("word " * 230).reading_seconds == 60
    assert analyse("word").reading_seconds == 1


def test_short_words_count_when_there_are_no_others() -> None:
    assert [top.word for top in analyse("to be or not to be").top_words] == ["to", "be", "or", "not"]


def test_words_of_other_scripts() -> None:
    assert analyse("Übergröße naïve здравствуйте").unique_words == 3


def test_a_thumbnail_fits_and_keeps_proportions() -> None:
    made = make_thumbnail(_encode(Image.new("RGB", (1600, 800), "teal"), "JPEG"))
    assert _open(made.data).size == (320, 160)
    assert (made.result.width, made.result.height, made.result.format) == (1600, 800, "JPEG")
    assert made.result.thumbnail_bytes == len(made.data)


def test_a_small_image_is_not_enlarged() -> None:
    assert _open(make_thumbnail(_encode(Image.new("RGB", (40, 20)), "PNG")).data).size == (40, 20)


def test_an_image_is_turned_upright() -> None:
    image = Image.new("RGB", (400, 200), "red")
    image.paste("blue", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    made = make_thumbnail(_encode(image, "JPEG", exif=exif, quality=95))
    assert (made.result.width, made.result.height) == (200, 400)
    upright = _open(made.data).convert("RGB")
    assert upright.size == (160, 320)
    top, bottom = upright.getpixel((80, 20)), upright.getpixel((80, 300))
    assert isinstance(top, tuple) and isinstance(bottom, tuple)
    assert top[2] > 200 and bottom[0] > 200


def test_transparency_is_kept() -> None:
    made = make_thumbnail(_encode(Image.new("RGBA", (500, 500), (255, 0, 0, 0)), "PNG"))
    assert _open(made.data).mode == "RGBA"


@pytest.mark.parametrize("data", [b"\xff\xd8\xff not a picture", _encode(Image.new("RGB", (900, 900)), "PNG")[:200]])
def test_a_damaged_image_fails_plainly(data: bytes) -> None:
    with pytest.raises(JobFailed, match="damaged"):
        make_thumbnail(data)


def test_a_huge_image_is_not_decoded() -> None:
    with pytest.raises(JobFailed, match="10000 x 10000 pixels; the limit is 60 megapixels"):
        make_thumbnail(_encode(Image.new("1", (10_000, 10_000)), "PNG"))


def test_content_decides_what_a_file_is() -> None:
    picture = _encode(Image.new("RGB", (8, 8)), "WEBP")
    assert accept(picture, "notes.txt").content_type == "image/webp"
    assert accept("\ufeffGrüße".encode(), "picture.png").kind == "text"
    assert accept(b"a  b\nc").excerpt == "a b c"


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"", 422), (b" \n", 422), (b"%PDF-1.7\xff\xfe", 415), (b"a\0b", 415), (b"x" * (MAX_BYTES + 1), 413)],
)
def test_what_is_not_accepted(data: bytes, status: int) -> None:
    with pytest.raises(Rejected) as refused:
        accept(data)
    assert refused.value.status == status


def test_every_sample_is_accepted() -> None:
    assert sorted({accept(data, name).kind for name, data in samples().items()}) == ["image", "text"]
