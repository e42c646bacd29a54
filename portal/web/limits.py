"""Query limits: budgets for each class of work, of an address or of an institution with a key.

A budget is a sliding window. What is left of it is told in `RateLimit-Policy` and `RateLimit`
(draft-ietf-httpapi-ratelimit-headers), a refusal says in `Retry-After` when to come back.
"""

import logging
import math
from collections import Counter
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, Response, g, request
from flask_limiter import ApplicationLimit, Limiter, RequestLimit
from limits import RateLimitItem, parse_many
from limits.storage import SlidingWindowCounterSupport
from werkzeug.exceptions import TooManyRequests

from portal.config import Settings
from portal.sliding_window import Window
from portal.web import clients, costs, steady_counters
from portal.web.clients import client
from portal.web.reading import settings

P = ParamSpec("P")
R = TypeVar("R")

PERSON_NAME = "person-name"
"""Name of the limit on checks of one name."""

PATIENCE = 0.2
"""Seconds to wait for counters on another machine, to be connected and for each answer."""


NOWHERE = "nowhere"
"""Name of the endpoint of addresses where nothing stands."""


def _counted_as() -> str:
    return client().counted_as


def _allowed(scope: str) -> str:
    """Return the budget of whoever asks, for one class of work."""
    given: str = getattr(settings(), f"ratelimit_{scope}")
    if not client().institution:
        return given
    if scope == "persons":
        return settings().ratelimit_institution_persons
    return _times(given, settings().ratelimit_institution)


@cache
def _times(given: str, factor: int) -> str:
    return ";".join(
        f"{item.amount * factor}/{item.multiples} {item.GRANULARITY.name}"
        for item in parse_many(given)
    )


@cache
def _smallest(given: str) -> int:
    return min(item.amount for item in parse_many(given))


def _cost(scope: str) -> int:
    """Return what this request costs of a budget; never more than the whole of it."""
    arguments = request.args
    cost = costs.PLAIN
    if scope == "pages" and client().wrong_key:
        cost = costs.WRONG_KEY
    elif scope == "search":
        cost = costs.search_cost(arguments)
    elif scope == "deep":
        cost = costs.deep_cost(arguments)
    elif scope == "exports":
        cost = costs.export_cost((request.view_args or {}).get("form", ""))
    return min(cost, _smallest(_allowed(scope)))


def _is_no_api() -> bool:
    return not request.path.startswith("/api/")


limiter = Limiter(
    key_func=_counted_as,
    application_limits=[
        ApplicationLimit(lambda: _allowed("pages"), scope="pages", cost=lambda: _cost("pages")),
        ApplicationLimit(lambda: _allowed("api"), scope="api", exempt_when=_is_no_api),
    ],
    headers_enabled=False,
    strategy="sliding-window-counter",
    # Of what has no name it counts nothing, and an address where nothing stands has none.
    request_identifier=lambda: request.endpoint or NOWHERE,
)
"""Counts every request but those for static files and of what is exempt, in one budget "pages"."""


def install(app: Flask, given: Settings) -> None:
    """Count requests; where the counters are away, each process counts for itself."""
    clients.install(app, given.trusted_proxies)
    # At its more talkative levels it writes addresses.
    logging.getLogger("flask-limiter").setLevel(logging.WARNING)
    app.config["RATELIMIT_ENABLED"] = given.ratelimit_enabled
    app.config["RATELIMIT_STORAGE_URI"] = f"{steady_counters.SCHEME}:{given.counters_address}"
    app.config["RATELIMIT_STORAGE_OPTIONS"] = _storage_options(given.counters_address)
    limiter.init_app(app)
    app.before_request(_refuse_wrong_key)
    app.after_request(_tell)


def _refuse_wrong_key() -> None:
    """Refuse a wrong key once it has been counted; where nothing is counted, no key matters."""
    if _counted() or not limiter.enabled:
        clients.refuse_wrong_key()


def _storage_options(address: str) -> dict[str, Any]:
    if not address.startswith(("redis", "valkey")):
        return {}
    waiting: dict[str, Any] = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    if not address.startswith("redis"):
        return waiting
    from redis.backoff import NoBackoff  # not loaded where it is not used
    from redis.retry import Retry

    # By itself the client tries several times, with pauses of seconds between.
    return {**waiting, "retry": Retry(NoBackoff(), 0)}


def seconds_to_wait() -> int:
    """Return in how many seconds this request would be taken, 0 where no limit refused it."""
    refused = (limit for limit in _counted() if limit.breached)
    return max((_wait(limit) for limit in refused), default=0)


def refused_budget() -> str:
    """Return the class of work whose budget refused this request, empty where none did."""
    return next((_scope(limit) for limit in _counted() if limit.breached), "")


def limit_class() -> str:
    """Return the name of the limit that refused this request, else of the last that it counts in.

    That is the narrowest. Empty where no limit counts it.
    """
    if "name_limit" in g:
        return PERSON_NAME
    counted = _counted()
    refusing = [limit for limit in counted if limit.breached]
    return next((_scope(limit) for limit in reversed(refusing or counted)), "")


def counters_answer() -> bool:
    """Tell whether the storage of the counters can be reached."""
    return not limiter.enabled or limiter.storage.check()


def _counted() -> list[RequestLimit]:
    """Return the limits that counted this request, before its view and at it."""
    return [*g.get("counted", ()), *limiter.current_limits] if limiter.enabled else []


def _scope(limit: RequestLimit) -> str:
    return str(limit.request_args[-1])


def _window(limit: RateLimitItem, *identifiers: str) -> Window:
    storage = cast("SlidingWindowCounterSupport", limiter.storage)
    key, width = limit.key_for(*identifiers), limit.get_expiry()
    previous, previous_left, current, current_left = storage.get_sliding_window(key, width)
    left = current_left - width if current_left else previous_left
    return Window(previous, current, min(max(left, 0.0), width))


def _wait(limit: RequestLimit) -> int:
    width = limit.limit.get_expiry()
    window = _window(limit.limit, *limit.request_args)
    return max(window.seconds_to_wait(_cost(_scope(limit)), limit.limit.amount, width), 1)


def _tell(response: Response) -> Response:
    policies, states = [], []
    names: Counter[str] = Counter()
    for limit in _counted():
        name = scope = _scope(limit)
        names[scope] += 1
        if names[scope] > 1:  # "10/second; 120/minute": two policies of one scope
            name = f"{scope}-{names[scope]}"
        most, width = limit.limit.amount, limit.limit.get_expiry()
        window = _window(limit.limit, *limit.request_args)
        left = 0 if limit.breached else max(most - window.counted(width), 0)
        policies.append(f'"{name}";q={most};w={width}')
        states.append(f'"{name}";r={left};t={math.ceil(window.seconds_until_empty(width))}')
    if policies:
        response.headers["RateLimit-Policy"] = ", ".join(policies)
        response.headers["RateLimit"] = ", ".join(states)
    if response.status_code == TooManyRequests.code and "Retry-After" not in response.headers:
        response.headers["Retry-After"] = str(max(seconds_to_wait(), 1))
    return response


def _in_budget(
    scope: str, exempt_when: Callable[[], bool] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator of what is done within one budget, whoever does it."""
    limited = limiter.shared_limit(
        lambda: _allowed(scope),
        scope=scope,
        cost=lambda: _cost(scope),
        exempt_when=exempt_when,
    )

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        counting = limited(view)

        @wraps(counting)
        def counted(*args: P.args, **kwargs: P.kwargs) -> R:
            g.counted = list(limiter.current_limits)  # it keeps those of the last count alone
            return counting(*args, **kwargs)

        return counted

    return decorate


def _is_not_deep() -> bool:
    return costs.deep_cost(request.args) == 0


_deep_limit = _in_budget("deep", _is_not_deep)
_search_limit = _in_budget("search")


def search_limit(view: Callable[P, R]) -> Callable[P, R]:
    """Decorate what searches: pages and JSON draw on one budget, deep pages on a second one too."""
    return _search_limit(_deep_limit(view))


suggest_limit = _in_budget("suggest")
"""Decorator of what suggests names: several answers to one search, so it has its own budget."""

export_limit = _in_budget("exports")
"""Decorator of downloads: thousands of records each."""

person_limit = _in_budget("persons")
"""Decorator of what checks a natural person: page and JSON draw on one budget."""


def spend_on_name(digest: str) -> None:
    """Count a check of a person's name, from whatever address, by the keyed hash of the name.

    The checks of an institution are counted apart: others cannot use them up.
    Raises TooManyRequests when the name has been asked for too often. How much is left, and since
    when it is counted, is told to nobody: it would say that others asked for this name.
    """
    if not settings().ratelimit_enabled:
        return
    asking = [client().counted_as] if client().institution else []
    for allowed in parse_many(settings().ratelimit_person_name):
        if not limiter.limiter.hit(allowed, PERSON_NAME, *asking, digest):
            g.name_limit = True
            raise TooManyRequests(retry_after=allowed.get_expiry())
