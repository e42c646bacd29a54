"""The one error handler: an HTML page for people, RFC 9457 problem+json under /api."""

import logging
import traceback
from html import escape
from types import TracebackType
from typing import Any

import msgspec
from flask import Flask, Response, g, render_template, request
from flask.globals import request_ctx
from sqlalchemy.exc import DatabaseError
from werkzeug.exceptions import (
    ClientDisconnected,
    HTTPException,
    NotFound,
    RequestEntityTooLarge,
    SecurityError,
    TooManyRequests,
)
from werkzeug.routing import RequestRedirect

from portal import bounds
from portal.errors import (
    BadRequestError,
    PortalError,
    SnapshotError,
    UnavailableError,
    WrongKeyError,
)
from portal.web.language import gettext, to_translate, translate
from portal.web.reading import live
from portal.web.refusals import Refusal, refusal

_log = logging.getLogger(__name__)
_Raised = tuple[type, BaseException, TracebackType] | tuple[None, None, None]

TITLES = {
    400: to_translate("请求有误"),
    401: to_translate("密钥无效"),
    403: to_translate("不接受这个请求"),
    404: to_translate("没有这一页"),
    405: to_translate("不支持这种请求方式"),
    413: to_translate("内容过长"),
    414: to_translate("地址过长"),
    417: to_translate("不接受这个请求"),
    429: to_translate("查询过于频繁"),
    431: to_translate("请求头过长"),
    500: to_translate("系统出错"),
    501: to_translate("不支持这种请求方式"),
    503: to_translate("暂时无法提供服务"),
}
DETAILS = {
    400: to_translate("请求不完整或者格式不对，请检查地址"),
    403: to_translate("请在本站的页面上提交查询"),
    404: to_translate("没有这一页，或者其内容已不在公示期内"),
    405: to_translate("本站只提供查询"),
    413: to_translate("请求内容过长"),
    414: to_translate("地址过长，请缩短查询内容"),
    429: to_translate("请稍候再查"),
    500: to_translate("请稍后再试；如持续出现，请联系运行单位"),
}
OTHERWISE = to_translate("请求无法完成")


def install(app: Flask) -> None:
    """Answer every error of the application here."""
    app.before_request(_refuse_other_spellings)
    app.register_error_handler(Exception, _answer)
    app.log_exception = _log_exception  # type: ignore[method-assign]  # its own quotes the path


def plain_page(status: int) -> str:
    """Return a page of fixed words for a status, for where nothing may be relied on."""
    title, detail = TITLES.get(status, OTHERWISE), DETAILS.get(status, OTHERWISE)
    return (
        '<!DOCTYPE html>\n<html lang="zh-Hans">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="robots" content="noindex">\n<title>{escape(title)}</title>\n</head>\n'
        f"<body>\n<main>\n<h1>{escape(title)}</h1>\n<p>{escape(detail)}。</p>\n</main>\n"
        "</body>\n</html>\n"
    )


def _refuse_other_spellings() -> None:
    """Redirect to no other spelling of an address: it would repeat whatever Host is claimed."""
    if isinstance(request.routing_exception, RequestRedirect):
        raise NotFound


def _answer(error: Exception) -> Response:
    status, detail, parameter = _describe(error)
    if is_api():
        response = _problem(status, detail, parameter)
    elif request_ctx.url_adapter is None:
        # The Host header is none: no address can be built, and the page's frame is full of them.
        response = Response(plain_page(status), status=status)
    else:
        response = Response(_page(error, status, detail, parameter), status=status)
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
    if isinstance(error, WrongKeyError):
        response.headers["WWW-Authenticate"] = error.parameter  # RFC 9110 asks for a scheme
    return response


def _page(error: Exception, status: int, detail: str, parameter: str) -> str:
    g.problem = True
    return render_template(
        "errors/error.html",
        status=status,
        title=translate(TITLES.get(status, OTHERWISE)),
        detail=detail,
        parameter=parameter,
        refusal=_refusal(error),
    )


def _refusal(error: Exception) -> Refusal | None:
    """Return what to tell of a request that was one too many, None of any other."""
    if isinstance(error, TooManyRequests):
        told = error.retry_after
        return refusal(told if isinstance(told, int) else None)
    return None


def is_api() -> bool:
    """Tell whether this request is answered in JSON."""
    return request.path.startswith("/api/")


def _describe(error: Exception) -> tuple[int, str, str]:
    """Return status, what to tell, and the parameter at fault."""
    if isinstance(error, DatabaseError):
        # Not its text, which quotes what was asked for.
        error = SnapshotError(f"记录库无法读取：{type(error.orig).__name__}")
    if isinstance(error, BadRequestError):
        return error.status, gettext(error.message, **error.values), error.parameter
    if isinstance(error, UnavailableError):
        _log.error("%s", str(error))  # of an error the log would keep its kind alone
        return error.status, translate(str(error)), ""
    if isinstance(error, PortalError):
        detail = str(error) if error.status < 500 else _unavailable(error)  # noqa: PLR2004
        return error.status, translate(detail), ""
    told = _refusal(error)
    if told is not None:
        return TooManyRequests.code, told.detail, ""
    if isinstance(error, HTTPException) and error.code:
        return error.code, translate(DETAILS.get(error.code, OTHERWISE)), _at_fault(error)
    _note_fault(error)
    return 500, translate(DETAILS[500]), ""


def _at_fault(error: HTTPException) -> str:
    """Return what of a request an error of Werkzeug's is about, where it is one thing."""
    if isinstance(error, RequestEntityTooLarge | ClientDisconnected):
        return bounds.BODY.name
    return "Host" if isinstance(error, SecurityError) else ""


def _log_exception(exc_info: _Raised) -> None:
    """Log what even the error handler could not answer, in place of Flask's own words."""
    if exc_info[1] is not None:
        _note_fault(exc_info[1])


def _note_fault(error: BaseException) -> None:
    """Log lines of code, never the error's own text or the address: they quote what was typed."""
    lines = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s at %s\n%s", type(error).__name__, request.endpoint, lines)


def _unavailable(error: PortalError) -> str:
    """Log why, and have the snapshot read again: it was sound when it was opened."""
    _log.error("%s", str(error))  # of an error the log would keep its kind alone
    live().doubt()
    return to_translate("数据正在准备或者暂时无法读取，请稍后再试")


def _problem(status: int, detail: str, parameter: str) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, OTHERWISE),
        "status": status,
        "detail": detail,
    }
    if parameter:
        body["parameter"] = parameter
    return Response(
        msgspec.json.encode(body), status=status, content_type="application/problem+json"
    )
