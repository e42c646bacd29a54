"""`/metrics`: for this machine, and the networks that are set; for anyone else it is not there.

A proxy on this machine makes every visitor look like a neighbour. So this machine is believed only
where nothing tells of a proxy: no forwarding header, and a Host that means this machine.
"""

from collections.abc import Iterator

from flask import Blueprint, Response, abort, request
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from portal.addresses import is_loopback
from portal.errors import SnapshotError
from portal.web.headers import keep_nowhere
from portal.web.health import faults
from portal.web.limits import limiter
from portal.web.metrics import exposition
from portal.web.reading import lookup, moment, settings

metrics_page = Blueprint("metrics", __name__)
limiter.exempt(metrics_page)

FORWARDING = (
    "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
    "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server", "X-Real-Ip",
)  # fmt: skip
"""Headers by which a proxy gives itself away."""


@metrics_page.get("/metrics")
def show() -> Response:
    """All metrics, in Prometheus' text format; 404 for who may not read them."""
    keep_nowhere()
    if not _may_read():
        abort(404)
    return Response(exposition(SnapshotMetrics()), content_type=CONTENT_TYPE_LATEST)


class SnapshotMetrics(Collector):
    """What the manifest of the live snapshot says, read when it is asked for."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; of the snapshot, only where there is one."""
        yield _gauge("portal_ready", "1 where /readyz finds no fault", int(not faults()))
        try:
            reading = lookup()
        except SnapshotError:
            yield _gauge("portal_snapshot_live", "1 where a snapshot is served", 0)
            return
        manifest = reading.snapshot.manifest
        since = (moment() - manifest.created_at).total_seconds()
        age = (reading.today - manifest.day).days
        yield _gauge("portal_snapshot_live", "1 where a snapshot is served", 1)
        yield _gauge("portal_snapshot_age_days", "Days since the day it was decided for", age)
        yield _gauge("portal_snapshot_published_seconds", "Seconds since it was made", since)
        yield _gauge("portal_entities", "Subjects in the snapshot", manifest.entities)
        yield _by_label("portal_records", "Records in the snapshot", "class", manifest.by_class)
        yield _by_label(
            "portal_records_withheld", "Records that are not public", "reason", manifest.withheld
        )


def _may_read() -> bool:
    forwarded = any(name in request.headers for name in FORWARDING)
    if forwarded and not settings().trusted_proxies:
        return False
    if settings().metrics_networks.hold(request.remote_addr or ""):
        return True
    return not forwarded and is_loopback(request.remote_addr or "") and _host_is_here()


def _host_is_here() -> bool:
    host = request.host
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name == "localhost" or is_loopback(name)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value)


def _by_label(name: str, about: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family
