"""Query limits: how often one address may search."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
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
