"""JSON logs on standard output, one object per line, for our own code and for every library alike."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

Logger = structlog.stdlib.BoundLogger


def get_logger(name: str) -> Logger:
    """A logger whose lines carry the context (request id, job id) of the task that writes them."""
    return structlog.stdlib.get_logger(name)


def configure_logging(service: str, level: str = "INFO") -> None:
    """Send every log line of the process through one JSON formatter; may be called again.

    `service` is written into each line; `level` is a name such as INFO. uvicorn's access log is switched off because
    the request middleware writes a better one, with the request id, the route and the duration.
    """

    def add_service(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_service,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=Logger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _drop_colour,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    # A library's warning would otherwise be a line of plain text between ours.
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = name != "uvicorn.access"
    # These report each failed attempt of a reconnection loop that we report ourselves, once.
    for name in ("aiormq", "aio_pika", "psycopg.pool", "botocore", "urllib3", "watchfiles"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _drop_colour(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)
    return event
