"""What is counted of requests, and how: for Prometheus, over all workers.

Labels are addresses as the application writes them (`/records/<public_id>`), classes, reasons and
names of limits; never anything that a visitor sent.
"""

import os

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    values,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from portal.web import metric_slots

if metric_slots.VARIABLE in os.environ:
    values.ValueClass = values.MultiProcessValue(  # type: ignore[no-untyped-call]
        metric_slots.current
    )

disable_created_metrics()  # type: ignore[no-untyped-call]  # several workers could not agree

NO_ROUTE = "(none)"
"""Stands for every address at which there is nothing."""
KINDS = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method",
    413: "too_large",
    414: "too_large",
    431: "too_large",
    429: "limited",
    500: "fault",
    503: "unavailable",
}
OTHER_KIND = "other"
_FIRST_ERROR = 400
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

registry = CollectorRegistry()
"""The metrics of this process alone; `exposition` tells those of all workers."""

requests = Counter(
    "portal_requests_total",
    "Requests answered",
    ("route", "method", "status"),
    registry=registry,
)
seconds = Histogram(
    "portal_request_seconds",
    "From the first look at a request to the last byte of its answer",
    ("route",),
    registry=registry,
    buckets=_BOUNDS,
)
in_flight = Gauge(
    "portal_requests_in_flight",
    "Requests being answered",
    registry=registry,
    multiprocess_mode="livesum",
)
errors = Counter(
    "portal_errors_total", "Answers that are an error, by its kind", ("kind",), registry=registry
)
limit_hits = Counter(
    "portal_limit_hits_total", "Requests refused by a limit", ("limit",), registry=registry
)
person_checks = Counter(
    "portal_person_checks_total", "Checks of a person, by outcome", ("outcome",), registry=registry
)
log_failures = Counter(
    "portal_log_failures_total", "Lines that could not be written", ("log",), registry=registry
)
for _log in ("access", "audit"):  # so that a first failure is an increase
    log_failures.labels(_log)


def count_request(route: str | None, method: str, status: int, elapsed: float) -> None:
    """Count an answer that was sent after so many seconds."""
    label = route or NO_ROUTE
    requests.labels(label, method, f"{status // 100}xx").inc()
    seconds.labels(label).observe(elapsed)
    if status >= _FIRST_ERROR:
        errors.labels(KINDS.get(status, OTHER_KIND)).inc()


def exposition(*further: Collector) -> bytes:
    """Return all metrics, over all workers where there are several, in Prometheus' text format."""
    if metric_slots.VARIABLE not in os.environ:
        told = registry
    else:
        told = CollectorRegistry()
        MultiProcessCollector(told)  # type: ignore[no-untyped-call]
    asked_now = CollectorRegistry()
    for collector in further:
        asked_now.register(collector)
    return generate_latest(told) + generate_latest(asked_now)
