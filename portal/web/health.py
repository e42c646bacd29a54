"""Is the process alive, and is it ready to answer."""

from flask import Blueprint, Response

from portal.errors import SnapshotError
from portal.web.reading import live, lookup, settings

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process lives."""
    return _plain("ok", 200)


@health.get("/readyz")
def ready() -> Response:
    """The live snapshot is open and fresh enough; else 503 and why not."""
    try:
        reading = lookup()
    except SnapshotError as error:
        return _plain(str(error), 503)
    age = (reading.today - reading.snapshot.manifest.day).days
    if live().problem:
        return _plain(f"最新快照无法打开，仍在使用上一个：{live().problem}", 503)
    if age > settings().snapshot_max_age:
        return _plain(f"快照已有 {age} 天未更新", 503)
    return _plain("ok", 200)


def _plain(text: str, status: int) -> Response:
    response = Response(text + "\n", status=status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
