"""Is the process alive, and is it ready to answer.

Outside, a reason is one of a few fixed sentences: what exactly is wrong may name files, and is told
to the log alone.
"""

import logging
from typing import Any

from flask import Blueprint, Response, current_app

from portal.errors import SnapshotError
from portal.web.headers import keep_nowhere
from portal.web.limits import limiter
from portal.web.reading import live, lookup, policy, settings

health = Blueprint("health", __name__)
limiter.exempt(health)

_log = logging.getLogger(__name__)
_TOLD = "portal.told"

NO_SNAPSHOT = "没有可以使用的快照"
OLD_SNAPSHOT = "新快照无法打开，仍在使用上一个快照"
OTHER_POLICY = "快照所依据的目录与本站正在使用的不同，请重新发布"


@health.before_request
def _keep_nowhere() -> None:
    keep_nowhere()


@health.get("/healthz")
def alive() -> Response:
    """The process lives."""
    return _plain("ok", 200)


@health.get("/readyz")
def ready() -> Response:
    """The live snapshot is open, fresh enough and made by this catalogue; else 503 and why not."""
    try:
        reading = lookup()
    except SnapshotError as error:
        _tell(str(error))
        return _plain(NO_SNAPSHOT, 503)
    manifest = reading.snapshot.manifest
    problem = snapshot_problem()
    if problem:
        return _plain(problem, 503)
    if manifest.policy != policy():
        return _plain(OTHER_POLICY, 503)
    age = (reading.today - manifest.day).days
    if age > settings().snapshot_max_age:
        return _plain(f"快照已有 {age} 天未更新", 503)
    return _plain("ok", 200)


def snapshot_problem() -> str:
    """Return what may be said outside of a snapshot that cannot be opened, empty if all is well."""
    _tell(live().problem)
    return OLD_SNAPSHOT if live().problem else ""


def _tell(detail: str) -> None:
    """Write a problem to the log, once until another one takes its place."""
    extensions: dict[str, Any] = current_app.extensions
    if detail and extensions.get(_TOLD) != detail:
        _log.error("%s", detail)
    extensions[_TOLD] = detail


def _plain(text: str, status: int) -> Response:
    return Response(text + "\n", status=status, content_type="text/plain; charset=utf-8")
