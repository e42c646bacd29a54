"""What pages of other sites may do here: read the interface, and make nobody's browser post.

Reading is open to scripts of every origin (Fetch standard, CORS), without cookies: the interface
knows no visitors. Nothing else is, and the check of a person least of all.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from werkzeug.exceptions import MethodNotAllowed

from portal.web.reading import settings

_READING = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, RateLimit, RateLimit-Policy, Retry-After",
}
_BEFORE_READING = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}
"""Of the answer to OPTIONS, by which a browser asks whether a script may send If-None-Match."""


def install(app: Flask) -> None:
    """Open what may be read."""
    app.after_request(_open)


def refuse_cross_site() -> None:
    """Refuse a request that another site's page made a visitor's browser send (403).

    Browsers say so in Sec-Fetch-Site, older ones and those without TLS at least in Origin. An
    origin of null says nothing: our own form sends it too, since pages tell no referrer.
    """
    site = request.headers.get("Sec-Fetch-Site", "")
    if site in ("cross-site", "same-site"):
        abort(403)
    origin = request.headers.get("Origin", "null")
    own = {request.host, urlsplit(settings().site_origin).netloc}
    if not site and origin != "null" and origin.partition("://")[2] not in own:
        abort(403)


def _open(response: Response) -> Response:
    closed = request.blueprint == "persons" or isinstance(
        request.routing_exception, MethodNotAllowed
    )
    if closed or not request.path.startswith("/api/"):
        return response
    if request.method in ("GET", "HEAD"):
        response.headers.update(_READING)
    elif request.method == "OPTIONS":
        response.headers.update(_BEFORE_READING)
    return response
