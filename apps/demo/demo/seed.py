"""Sample jobs for a new system: `python -m demo.seed`. Running it again adds nothing."""

import asyncio
import io
import sys
from uuid import UUID, uuid5

from PIL import Image, ImageDraw, ImageOps
from psycopg import Error as DatabaseError

from demo.intake import Intake, accept
from demo.logs import configure_logging, get_logger
from demo.services import make_services
from demo.settings import Settings
from demo.storage import StorageUnavailable

_NAMESPACE = UUID("6f2f5f0e-52b1-4f6e-9a55-0d6c3a3f7a10")
_WIDTH, _HEIGHT = 1600, 1067

_TEXTS = {
    "fox.txt": "The quick brown fox jumps over the lazy dog. The dog sleeps on; the fox, quick as ever, is gone.\n",
    "harbour.txt": (
        "The harbour wakes before the town does. Ropes creak, gulls argue over the first catch, and the ferry's lamp\n"
        "draws a line across the water. By the time the bakery opens, half the boats are out beyond the breakwater,\n"
        "small and bright, and the harbour belongs to the cats again.\n"
    ),
}
_IMAGES = {
    "dawn.jpg": ((27, 38, 79), (244, 162, 97), (255, 221, 161)),
    "forest.png": ((18, 53, 36), (122, 158, 111), (233, 237, 201)),
}
Colour = tuple[int, int, int]

log = get_logger("demo.seed")


def landscape(top: Colour, bottom: Colour, light: Colour, *, encode: str) -> bytes:
    """A sky that fades from `top` to `bottom`, a sun of colour `light` and two ridges, encoded as JPEG or PNG."""
    mask = ImageOps.fit(Image.linear_gradient("L"), (_WIDTH, _HEIGHT))
    image = Image.composite(Image.new("RGB", mask.size, bottom), Image.new("RGB", mask.size, top), mask)
    draw = ImageDraw.Draw(image)
    draw.ellipse((1010, 420, 1290, 700), fill=light)
    for height, shade in ((650, 0.7), (800, 0.4)):
        ridge = [(x, height + (x * 37 % 211) * (1 if x % 400 else -1) * 0.6) for x in range(0, _WIDTH + 200, 200)]
        colour = (int(top[0] * shade), int(top[1] * shade), int(top[2] * shade))
        draw.polygon([(0, _HEIGHT), *ridge, (_WIDTH, _HEIGHT)], fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, encode)
    return buffer.getvalue()


def samples() -> dict[str, bytes]:
    """File names and contents."""
    texts = {name: text.encode() for name, text in _TEXTS.items()}
    images = {
        name: landscape(*colours, encode="PNG" if name.endswith(".png") else "JPEG")
        for name, colours in _IMAGES.items()
    }
    return texts | images


async def seed(settings: Settings) -> int:
    """Submit the samples that are not there yet, and give the exit status."""
    services = make_services(settings, connections=2)
    if services.jobs is None or services.storage is None:
        log.error("seeding needs bindings that are absent", missing=services.missing)
        return 1
    intake = Intake(services.jobs, services.storage, services.queue, services.changes)
    added = 0
    await services.open()
    try:
        for number, (name, data) in enumerate(samples().items()):
            job_id = uuid5(_NAMESPACE, name)
            if await services.jobs.get(job_id) is None:
                queue = settings.queues[number % len(settings.queues)]
                await intake.submit(accept(data, name), queue, job_id=job_id)
                added += 1
    except (DatabaseError, StorageUnavailable) as error:
        log.error("seeding failed", error=str(error))
        return 1
    finally:
        await services.close()
    log.info("seeded", added=added, total=len(samples()))
    return 0


def main() -> int:
    settings = Settings.load()
    configure_logging(settings.service_name, settings.log_level)
    return asyncio.run(seed(settings))


if __name__ == "__main__":
    sys.exit(main())
