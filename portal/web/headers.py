"""Headers of every answer: content policy, caching to midnight at most, no crawling of persons."""

import hashlib

from flask import Flask, Response, g, request

from portal.clock import seconds_to_midnight
from portal.web.reading import moment

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAX_AGE = 60
"""Seconds that an answer may be reused; never past midnight, when records leave."""
STATIC_AGE = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Set the headers of every answer."""
    app.after_request(_set)


def name_a_person() -> None:
    """Note that this answer names a natural person: no crawler may index or keep it."""
    g.names_person = True


def keep_nowhere() -> None:
    """Note that nothing may store this answer: it belongs to the one who asked."""
    g.keep_nowhere = True


def _set(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CONTENT_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=()"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if g.get("names_person"):
        response.headers["X-Robots-Tag"] = "noindex, noarchive"
    if request.endpoint == "static":
        age = STATIC_AGE if request.args.get("v") else MAX_AGE
        response.headers["Cache-Control"] = f"public, max-age={age}"
        return response
    keep = response.status_code == 200 and "lookup" in g and not g.get("keep_nowhere")  # noqa: PLR2004
    if not keep:
        response.headers["Cache-Control"] = "no-store"
        return response
    age = min(MAX_AGE, seconds_to_midnight(moment()))
    response.headers["Cache-Control"] = f"public, max-age={age}"
    response.set_etag(_etag(response))
    response.make_conditional(request)
    return response


def _etag(response: Response) -> str:
    """Return a tag of what is shown: it changes with the snapshot, the day and the answer."""
    seen = f"{g.lookup.snapshot.id}|{g.lookup.today}|".encode()
    return hashlib.sha256(seen + response.get_data()).hexdigest()[:32]
