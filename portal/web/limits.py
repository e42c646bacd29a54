"""Query limits: how often one address may read, search, and check natural persons.

What is left is told in `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers),
a refusal says in `Retry-After` when to come back.
"""

import math
import time

from flask import Flask, Response, g
from flask_limiter import ApplicationLimit, Limiter, RequestLimit
from flask_limiter.util import get_remote_address
from limits import parse_many
from werkzeug.exceptions import TooManyRequests
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.config import Settings
from portal.web.reading import settings

PERSON_NAME = "person-name"
"""Name of the limit on checks of one name."""


def _reads_allowed() -> str:
    return settings().ratelimit_pages


limiter = Limiter(
    key_func=get_remote_address,
    application_limits=[ApplicationLimit(_reads_allowed, scope="pages")],
    headers_enabled=False,
    in_memory_fallback_enabled=True,
)
"""Counts every request but those for static files and of what is exempt, in one budget "pages".

Where the counters' storage does not answer, each process counts for itself: the site stays up.
"""


def install(app: Flask, given: Settings) -> None:
    """Count requests by client address, seen through the trusted proxies only."""
    if given.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=given.trusted_proxies, x_proto=given.trusted_proxies
        )
    app.config["RATELIMIT_ENABLED"] = given.ratelimit_enabled
    app.config["RATELIMIT_STORAGE_URI"] = given.ratelimit_url
    limiter.init_app(app)
    app.after_request(_tell)


def seconds_to_wait() -> int:
    """Return in how many seconds this request would be taken, 0 where no limit refused it."""
    return max((_seconds_left(limit) for limit in _counted() if limit.breached), default=0)


def limit_class() -> str:
    """Return the name of the limit that refused this request, else of the last that it counts in.

    That is the narrowest. Empty where no limit counts it.
    """
    if "name_limit" in g:
        return PERSON_NAME
    counted = _counted()
    refusing = [limit for limit in counted if limit.breached]
    return next((str(limit.request_args[-1]) for limit in reversed(refusing or counted)), "")


def counters_answer() -> bool:
    """Tell whether the storage of the counters can be reached."""
    return not limiter.enabled or limiter.storage.check()


def _counted() -> list[RequestLimit]:
    return list(limiter.current_limits) if limiter.enabled else []


def _tell(response: Response) -> Response:
    policies, states = [], []
    names: set[str] = set()
    for limit in _counted():
        name = scope = str(limit.request_args[-1])
        while name in names:  # "10/second; 120/minute": two policies of one scope
            name = f"{scope}-{len(names) + 1}"
        names.add(name)
        policies.append(f'"{name}";q={limit.limit.amount};w={limit.limit.get_expiry()}')
        states.append(f'"{name}";r={max(limit.remaining, 0)};t={_seconds_left(limit)}')
    if policies:
        response.headers["RateLimit-Policy"] = ", ".join(policies)
        response.headers["RateLimit"] = ", ".join(states)
    if response.status_code == TooManyRequests.code and "Retry-After" not in response.headers:
        response.headers["Retry-After"] = str(max(seconds_to_wait(), 1))
    return response


def _seconds_left(limit: RequestLimit) -> int:
    return max(math.ceil(limit.window.reset_time - time.time()), 0)


def _searches_allowed() -> str:
    return settings().ratelimit_search


search_limit = limiter.shared_limit(_searches_allowed, scope="search")
"""Decorator of what searches: pages and JSON draw on one budget."""


def _suggestions_allowed() -> str:
    return settings().ratelimit_suggest


suggest_limit = limiter.shared_limit(_suggestions_allowed, scope="suggest")
"""Decorator of what suggests names: several answers to one search, so it has its own budget."""


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
    for allowed in parse_many(settings().ratelimit_person_name):
        if not limiter.limiter.hit(allowed, PERSON_NAME, digest):
            g.name_limit = True
            raise TooManyRequests(retry_after=allowed.get_expiry())
