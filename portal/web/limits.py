"""Query limits: how often one address may search, and check natural persons."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse
from werkzeug.exceptions import TooManyRequests
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.config import Settings
from portal.web.reading import settings

limiter = Limiter(key_func=get_remote_address, headers_enabled=True)


def install(app: Flask, given: Settings) -> None:
    """Count requests by client address, seen through the trusted proxies only."""
    if given.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=given.trusted_proxies, x_proto=given.trusted_proxies
        )
    app.config["RATELIMIT_ENABLED"] = given.ratelimit_enabled
    app.config["RATELIMIT_STORAGE_URI"] = given.ratelimit_url
    app.config["RATELIMIT_HEADER_RETRY_AFTER_VALUE"] = "delta-seconds"
    app.config["RATELIMIT_HEADER_LIMIT"] = "RateLimit-Limit"
    app.config["RATELIMIT_HEADER_REMAINING"] = "RateLimit-Remaining"
    app.config["RATELIMIT_HEADER_RESET"] = "RateLimit-Reset"
    limiter.init_app(app)


def _searches_allowed() -> str:
    return settings().ratelimit_search


search_limit = limiter.shared_limit(_searches_allowed, scope="search")
"""Decorator of what searches: pages and JSON draw on one budget."""


def _persons_allowed() -> str:
    return settings().ratelimit_persons


person_limit = limiter.shared_limit(_persons_allowed, scope="persons")
"""Decorator of what checks a natural person: page and JSON draw on one budget."""


def spend_on_name(digest: str) -> None:
    """Count a check of a person's name, from whatever address, by the keyed hash of the name.

    Raises TooManyRequests when the name has been asked for too often. How much is left, and since
    when it is counted, is told to nobody: it would say that others asked for this name.
    """
    if not settings().ratelimit_enabled:
        return
    allowed = parse(settings().ratelimit_person_name)
    if not limiter.limiter.hit(allowed, "person-name", digest):
        raise TooManyRequests(retry_after=allowed.get_expiry())
