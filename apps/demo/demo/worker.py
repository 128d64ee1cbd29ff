"""The worker process: `python -m demo.worker` (`--reload` restarts it when a source file changes)."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from uuid import uuid4

from demo.consumer import Consumer
from demo.logs import configure_logging, get_logger
from demo.pulse import Pulse, serve
from demo.services import make_services
from demo.settings import Settings
from demo.sweeper import sweep_for_ever

_CONNECTIONS = 4
_GRACE_SECONDS = 4.0

log = get_logger("demo.worker")


async def work(settings: Settings) -> int:
    """Process jobs until SIGTERM or SIGINT; gives the exit status."""
    services = make_services(settings, connections=_CONNECTIONS)
    if services.jobs is None or services.storage is None or services.queue is None:
        log.error("the worker needs bindings that are absent", missing=services.missing)
        return 1
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    pulse = Pulse()
    serve(pulse, settings.worker_port)
    await services.open()
    await services.storage.warm_up()
    name = f"{socket.gethostname()}-{uuid4().hex[:8]}"
    consumer = Consumer(
        name=name,
        jobs=services.jobs,
        storage=services.storage,
        queue=services.queue,
        changes=services.changes,
        telemetry=services.telemetry,
        pulse=pulse,
        stopping=stopping,
        least_seconds=settings.job_min_seconds,
    )
    sweeping = asyncio.create_task(sweep_for_ever(services.jobs, services.queue, services.changes, settings))
    consuming = asyncio.create_task(consumer.run())
    log.info("started", worker=name, queue=settings.queue_kind, queues=settings.queues)
    await asyncio.wait({consuming, asyncio.create_task(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED)
    sweeping.cancel()
    if not consuming.done():
        await asyncio.wait({consuming}, timeout=_GRACE_SECONDS)
    unfinished = not consuming.done()
    if unfinished:
        log.warning("the job in hand takes too long and is given back")
        await consumer.give_back()
    await services.close()
    log.info("stopped")
    return 1 if not unfinished and consuming.exception() else 0


def main() -> None:
    settings = Settings.load()
    configure_logging(settings.service_name, settings.log_level)
    status = asyncio.run(_to_the_end(settings))
    sys.exit(status)


async def _to_the_end(settings: Settings) -> int:
    status = await work(settings)
    sys.stdout.flush()
    # Not by returning: that would wait for the thread of a job that has been given back.
    os._exit(status)


def _reload() -> None:
    from watchfiles import PythonFilter, run_process

    run_process(Path(__file__).parent, target=main, watch_filter=PythonFilter())


if __name__ == "__main__":
    _reload() if "--reload" in sys.argv[1:] else main()
