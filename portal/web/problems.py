"""The one error handler: an HTML page for people, RFC 9457 problem+json under /api."""

import logging
import traceback
from typing import Any

import msgspec
from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from portal.errors import BadRequestError, PortalError, UnavailableError

_log = logging.getLogger(__name__)

TITLES = {
    400: "请求有误",
    403: "不接受这个请求",
    404: "没有这一页",
    405: "不支持这种请求方式",
    413: "内容过长",
    429: "查询过于频繁",
    500: "系统出错",
    503: "暂时无法提供服务",
}
DETAILS = {
    403: "请在本站的页面上提交查询",
    404: "没有这一页，或者其内容已不在公示期内",
    405: "本站只提供查询",
    413: "请求内容过长",
    429: "请稍候再查",
    500: "请稍后再试；如持续出现，请联系运行单位",
}


def install(app: Flask) -> None:
    """Answer every error of the application here."""
    app.register_error_handler(Exception, _answer)


def _answer(error: Exception) -> Response:
    status, detail, parameter = _describe(error)
    retry_after = getattr(error, "retry_after", None)
    if is_api():
        response = _problem(status, detail, parameter)
    else:
        page = render_template(
            "errors/error.html",
            status=status,
            title=TITLES.get(status, "请求无法完成"),
            detail=f"{parameter}：{detail}" if parameter else detail,
            retry_after=retry_after,
        )
        response = Response(page, status=status)
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
    return response


def is_api() -> bool:
    """Tell whether this request is answered in JSON."""
    return request.path.startswith("/api/")


def _describe(error: Exception) -> tuple[int, str, str]:
    """Return status, what to tell, and the parameter at fault."""
    if isinstance(error, BadRequestError):
        return error.status, error.detail, error.parameter
    if isinstance(error, UnavailableError):
        _log.error("%s", error)
        return error.status, str(error), ""
    if isinstance(error, PortalError):
        return error.status, str(error) if error.status < 500 else _unavailable(error), ""  # noqa: PLR2004
    if isinstance(error, HTTPException) and error.code:
        return error.code, DETAILS.get(error.code, "请求无法完成"), ""
    # Lines of code, never the error's own text: it may quote what a visitor typed.
    trace = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s at %s\n%s", type(error).__name__, request.endpoint, trace)
    return 500, DETAILS[500], ""


def _unavailable(error: PortalError) -> str:
    _log.error("%s", error)
    return "数据正在准备或者暂时无法读取，请稍后再试"


def _problem(status: int, detail: str, parameter: str) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, "请求无法完成"),
        "status": status,
        "detail": detail,
    }
    if parameter:
        body["parameter"] = parameter
    return Response(
        msgspec.json.encode(body), status=status, content_type="application/problem+json"
    )
