"""Answers are sent compressed to who takes gzip: pages are mostly markup that repeats.

Only what anyone may keep is compressed. The length of an answer that belongs to who asked (the
check of a person) would tell of what is in it.
"""

import gzip
from functools import lru_cache

from flask import Flask, Response, request

TYPES = (
    "text/", "application/json", "application/manifest+json", "application/atom+xml",
    "application/xml", "image/svg+xml",
)  # fmt: skip
SMALLEST = 500
"""Bytes below which compression gains nothing."""
_LEVEL = 6


def install(app: Flask) -> None:
    """Compress answers. To be installed first, so that it comes last, after tags are compared."""
    app.before_request(_forget_mixed_ranges)
    app.after_request(_compress)


def _forget_mixed_ranges() -> None:
    """Send the whole to who holds part of a compressed answer, whose tag is weak.

    A range is one of the plain file, and would not continue it (RFC 9110, 13.1.5).
    """
    if request.headers.get("If-Range", "").startswith("W/"):
        request.environ.pop("HTTP_RANGE", None)


def _compress(response: Response) -> Response:
    if not _may_be(response):
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or not request.accept_encodings["gzip"]:  # noqa: PLR2004
        return response
    response.direct_passthrough = False
    whole = response.get_data()
    if len(whole) < SMALLEST:
        return response
    is_file = request.endpoint == "static"
    response.set_data(_file(whole) if is_file else gzip.compress(whole, _LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    response.headers.pop("Accept-Ranges", None)  # ranges are those of the file as it is
    tag, _ = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)
    return response


def _may_be(response: Response) -> bool:
    is_stream = response.is_streamed and request.endpoint != "static"
    return (
        response.status_code in (200, 206, 304)
        and "public" in response.headers.get("Cache-Control", "")
        and (response.mimetype or "").startswith(TYPES)
        and not is_stream
        and "Content-Encoding" not in response.headers
    )


@lru_cache(maxsize=16)
def _file(content: bytes) -> bytes:
    """Compress a static file, once."""
    return gzip.compress(content, 9, mtime=0)
