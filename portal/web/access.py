"""What is kept of a request, where it meets the application: a line in the log, and counts."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, current_app, g, request

from portal.config import Settings
from portal.web import metrics
from portal.web.access_log import NOTED, REQUEST_ID, Accesses, Noted
from portal.web.limits import limit_class

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_ACCESSES = "portal.accesses"
_CONVERTER = re.compile(r"<[^<>]*:")


def install(app: Flask, settings: Settings, now: Callable[[], datetime]) -> None:
    """Record every request. To be installed last: around all that changes a request."""
    accesses = Accesses(settings.access_log, now)
    app.extensions[_ACCESSES] = accesses
    app.after_request(_note)
    application = app.wsgi_app

    def recorded(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return accesses.carry_out(application, environ, start_response)

    app.wsgi_app = recorded  # type: ignore[method-assign]


def accesses_of(app: Flask) -> Accesses:
    """The record of the requests of an application."""
    return cast("Accesses", app.extensions[_ACCESSES])


def access_log_problem() -> str:
    """Return why the access log cannot be written now, empty where it can or there is none."""
    return accesses_of(current_app).problem()


def request_id() -> str:
    """The random id of this request; the visitor sees it in X-Request-Id."""
    return cast("str", request.environ.get(REQUEST_ID, ""))


@cache
def template_of(rule: str) -> str:
    """Return an address as the application writes it, with the names of its parts alone."""
    return _CONVERTER.sub("<", rule)


def _note(response: Response) -> Response:
    """Leave beside the request what only the application knows of it."""
    rule = request.url_rule
    limit = limit_class()
    request.environ[NOTED] = Noted(
        route=template_of(rule.rule) if rule else None,
        endpoint=request.endpoint if rule else None,
        limit=limit or None,
        snapshot=g.lookup.snapshot.id if "lookup" in g else None,
    )
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        metrics.limit_hits.labels(limit or metrics.OTHER_KIND).inc()
    return response
