"""Headers of every answer: content policy, caching to midnight at most, no crawling of persons."""

import hashlib
from collections.abc import Mapping

from flask import Flask, Response, g, request

from portal.clock import seconds_to_midnight
from portal.web.reading import moment
from portal.web.static_files import static_digest

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_UNUSED_FEATURES = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "fullscreen", "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb",
    "xr-spatial-tracking",
)  # fmt: skip
ALWAYS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _UNUSED_FEATURES),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""On every answer, whatever else it says."""
TLS_ONLY = "max-age=31536000"
"""For a year browsers ask this host by TLS alone (RFC 6797): said only where they just did."""
MAX_AGE = 60
"""Seconds that an answer may be reused; never past midnight, when records leave."""
STATIC_AGE = 365 * 24 * 3600
"""Seconds that a static file may be reused at an address that names its content."""


def install(app: Flask) -> None:
    """Set the headers of every answer."""
    app.after_request(_set)


def name_a_person() -> None:
    """Note that this answer names a natural person: no crawler may index or keep it."""
    g.names_person = True


def keep_briefly() -> None:
    """Note that this answer, which shows nothing of a snapshot, may be kept like those that do."""
    g.keep_briefly = True


def keep_nowhere() -> None:
    """Note that nothing may store this answer: it belongs to this moment, or to who asked."""
    g.keep_nowhere = True


def _set(response: Response) -> Response:
    response.headers.update(ALWAYS)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = TLS_ONLY
    if g.get("names_person"):
        response.headers["X-Robots-Tag"] = "noindex, noarchive"
    if request.endpoint == "static":
        response.headers["Cache-Control"] = _static_caching(response)
        return response
    known = "lookup" in g or g.get("keep_briefly")
    if response.status_code not in (200, 304) or not known or g.get("keep_nowhere"):
        response.headers["Cache-Control"] = "no-store"
        return response
    age = min(MAX_AGE, seconds_to_midnight(moment()))
    response.headers["Cache-Control"] = f"public, max-age={age}"
    if response.is_streamed or response.status_code == 304:  # noqa: PLR2004
        # A tag would need all of it at once; or it is a file that has one.
        return response
    response.set_etag(_etag(response))
    response.make_conditional(request)
    return response


def _static_caching(response: Response) -> str:
    """Tell how long a static file may be kept: long only under an address that names its content.

    What is not there now may be there after the next update, so its absence is never kept.
    """
    if response.status_code not in (200, 206, 304):
        return "no-store"
    digest = static_digest((request.view_args or {}).get("filename", ""))
    if digest and request.args.get("v") == digest:
        return f"public, max-age={STATIC_AGE}, immutable"
    return f"public, max-age={MAX_AGE}"


def _etag(response: Response) -> str:
    """Return a tag of what is shown: it changes with the snapshot, the day and the answer."""
    seen = f"{g.lookup.snapshot.id}|{g.lookup.today}|" if "lookup" in g else ""
    return hashlib.sha256(seen.encode() + response.get_data()).hexdigest()[:32]
