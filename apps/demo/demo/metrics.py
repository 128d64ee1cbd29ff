"""The numbers the services publish, for Prometheus to scrape and, where a collector is bound, over OTLP.

Each measurement goes to a Prometheus instrument; `mirror` is told as well, and stays empty unless `demo.telemetry`
installs an exporter, so that a dashboard works the same whichever way the numbers travel.
"""

from collections.abc import Callable
from typing import Literal

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

Kind = Literal["counter", "histogram"]
Mirror = Callable[[Kind, str, float, dict[str, str]], None]

# The time series of when a counter was made would be a third of all, and nobody asks for them.
disable_created_metrics()

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_COUNTERS = {
    "http_requests_total": Counter("http_requests_total", "HTTP requests.", ["method", "endpoint", "status"]),
    "cache_hits_total": Counter("cache_hits_total", "Reads answered by the cache.", ["cache_type"]),
    "cache_misses_total": Counter("cache_misses_total", "Reads the cache could not answer.", ["cache_type"]),
    "jobs_processed_total": Counter("jobs_processed_total", "Jobs that ended.", ["kind", "outcome"]),
    "jobs_requeued_total": Counter("jobs_requeued_total", "Jobs sent to their queue again.", ["reason"]),
}
_HISTOGRAMS = {
    "http_request_duration_seconds": Histogram(
        "http_request_duration_seconds", "Time to answer a request.", ["method", "endpoint"], buckets=_SECONDS
    ),
    "db_query_duration_seconds": Histogram(
        "db_query_duration_seconds", "Time of a database statement.", ["query_type"], buckets=_SECONDS
    ),
    "job_duration_seconds": Histogram("job_duration_seconds", "Time to process a job.", ["kind"], buckets=_SECONDS),
}
QUEUE_DEPTH = Gauge("job_queue_depth", "Jobs that wait in a queue.", ["queue"])

_mirrors: list[Mirror] = []


def mirror(target: Mirror) -> None:
    """Tell `target` about every measurement from now on."""
    _mirrors.append(target)


def count(name: str, amount: float = 1, **labels: str) -> None:
    """Add to a counter. Raises `KeyError` for a name that is not declared above."""
    _COUNTERS[name].labels(**labels).inc(amount)
    for target in _mirrors:
        target("counter", name, amount, labels)


def observe(name: str, seconds: float, **labels: str) -> None:
    """Record a duration in seconds. Raises `KeyError` for a name that is not declared above."""
    _HISTOGRAMS[name].labels(**labels).observe(seconds)
    for target in _mirrors:
        target("histogram", name, seconds, labels)


def declare_cache(cache_type: str) -> None:
    """Publish a cache's counters at zero, so that a hit rate is defined before the first read."""
    for name in ("cache_hits_total", "cache_misses_total"):
        _COUNTERS[name].labels(cache_type=cache_type)
