"""What every request is held to before anything reads it: its address, parameters and body.

A parameter that an address does not take is refused by its name: a misspelt filter that was ignored
would show more than was asked for. Pages alone overlook what other sites add to a link when it is
shared or clicked; it changes nothing.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from flask import Flask, request
from flask import Request as FlaskRequest
from werkzeug.exceptions import HTTPException, RequestURITooLarge
from werkzeug.routing import MapAdapter
from werkzeug.wrappers import Request

from portal import bounds
from portal.arguments import single_values
from portal.errors import BadRequestError, TooLongError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

DISPLAY = ("lang", "theme")
"""Parameters of every page, read by `portal.web.display`."""
TAKEN: Mapping[str, tuple[str, ...]] = {"suggestions.suggest": ("q",), "static": ("v",)}
"""Endpoint → its parameters; those that are not here take none, but for the display of pages."""
SEARCHES = frozenset({"pages.search", "pages.list", "api.search", "exports.of_search"})
"""Endpoints that check all their parameters themselves, as those of a search."""
_PAGE_ROOMS = frozenset({"pages", "knowledge"})
_OTHER_PAGES = frozenset({"persons.check", "statistics.overview"})
_ADDED_BY_OTHERS = re.compile(r"utm_[a-z_]{1,20}|isappinstalled|bd_vid|fbclid|gclid|msclkid|spm")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_SHARED_FROM = frozenset({"singlemessage", "groupmessage", "timeline"})
"""Values that WeChat gives to a parameter `from` of its own; ours is a date."""


class EncodedRequest(FlaskRequest):
    """A request whose query string is ASCII, as RFC 3986 has it and its parser expects.

    A server may hand over other bytes as they were sent; to encode them changes nothing.
    """

    def __init__(self, environ: "WSGIEnvironment", *flags: bool, **named: bool) -> None:
        """Take a request as WSGI has it."""
        super().__init__(environ, *flags, **named)
        self.query_string = _NOT_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], self.query_string)


def install(app: Flask) -> None:
    """Check every request. To be installed before whatever reads one."""
    app.request_class = EncodedRequest
    app.config["MAX_CONTENT_LENGTH"] = bounds.BODY.most + 1  # one more tells that it is too long
    create_url_adapter = app.create_url_adapter

    def within_bounds(asked: Request | None) -> MapAdapter | None:
        if asked is not None and _address_length(asked) > bounds.ADDRESS.most:
            raise RequestURITooLarge  # before its parts are matched with the routes
        return create_url_adapter(asked)  # type: ignore[arg-type]

    app.create_url_adapter = within_bounds  # type: ignore[assignment,method-assign]
    app.before_request(_check)


def is_page(endpoint: str | None) -> bool:
    """Tell whether an endpoint answers with a page for people."""
    room = (endpoint or "").partition(".")[0]
    return room in _PAGE_ROOMS or endpoint in _OTHER_PAGES


def own_arguments() -> dict[str, list[str]]:
    """Return the parameters of this request with all their values.

    Of a page: without those of its display, and without what other sites added to the link.
    """
    arguments = request.args.to_dict(flat=False)
    if not is_page(request.endpoint):
        return arguments
    return {
        name: given
        for name, given in arguments.items()
        if name not in DISPLAY and not _is_added(name, given)
    }


def _is_added(name: str, given: list[str]) -> bool:
    if name == "from":
        return set(given) <= _SHARED_FROM
    return _ADDED_BY_OTHERS.fullmatch(name) is not None


def _address_length(asked: Request) -> int:
    environ = asked.environ
    return len(environ.get("PATH_INFO", "")) + len(environ.get("QUERY_STRING", "")) + 1


def _check() -> None:
    if isinstance(request.routing_exception, RequestURITooLarge):
        raise request.routing_exception
    if request.endpoint is None:
        return
    _check_body()
    if request.endpoint in SEARCHES:
        return
    given = own_arguments()
    if given and request.blueprint == "persons":
        # Not by its name: what is sent to this address is never repeated.
        raise BadRequestError("query", "这里的查询内容只能放在请求正文里")
    single_values(given, TAKEN.get(request.endpoint, ()))


def _check_body() -> None:
    """Read the body of a POST, whole; no other request has one."""
    if request.method == "POST":
        if max(request.content_length or 0, _body_length()) > bounds.BODY.most:
            raise TooLongError("body", "最多 %(most)s 字节", most=bounds.BODY.most)
    elif request.content_length or "HTTP_TRANSFER_ENCODING" in request.environ:
        raise TooLongError("body", "这种请求不能带正文")


def _body_length() -> int:
    """Read the body and return its bytes, or one more than it may have. Views find it read."""
    try:
        return len(request.get_data())
    except HTTPException:
        raise
    except Exception:  # whatever the server's own parser finds wrong with the chunks of a body
        raise BadRequestError("body", "正文没有完整送到") from None
