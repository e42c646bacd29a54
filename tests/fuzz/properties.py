"""What every answer has to be, whatever was asked."""

import msgspec
from hypothesis import HealthCheck, settings
from werkzeug.datastructures import Headers

from portal.web.headers import ALWAYS
from tests.checking_client import check_page
from tests.fuzz.asking import Answer, Asking
from tests.fuzz.nasty import MARK

FUZZ = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""So many examples, always the same ones."""

_CHECKED: set[bytes] = set()
"""Pages of errors that were checked: most of them are the same."""
STATUSES = frozenset({200, 206, 302, 304, 400, 403, 404, 405, 413, 414, 416, 503})
"""503 is that of a check of persons where none can be made; nothing else may lead to it."""


def check(asking: Asking, answer: Answer) -> None:
    """Hold an answer to all that is true of every one."""
    assert answer.status in STATUSES, (asking, answer.status)
    assert answer.status < 500, asking
    for name, value in ALWAYS.items():
        assert answer.headers.getlist(name) == [value], (name, asking)
    assert "Strict-Transport-Security" not in answer.headers
    _check_header_values(asking, answer.headers)
    if answer.status >= 400:
        assert answer.headers["Cache-Control"] == "no-store"
    if asking.method == "HEAD" or answer.status == 304:
        assert answer.body == b"", asking
        return
    if answer.mimetype == "text/html":
        _check_html(asking, answer)
    elif answer.mimetype == "application/problem+json":
        _check_problem(asking, answer)
    else:
        assert answer.status < 400, asking


def _check_header_values(asking: Asking, headers: Headers) -> None:
    for name, value in headers:
        assert not set(value) & {"\r", "\n", "\0"}, (name, asking)
        assert value.isascii(), (name, asking)
    assert "evil.example" not in headers.get("Location", ""), asking
    assert headers.get("Location", "/").startswith("/"), asking
    assert not headers.get("Location", "/").startswith("//"), asking
    for cookie in headers.getlist("Set-Cookie"):
        assert cookie.startswith(("lang=", "theme=")), (cookie, asking)


def _check_html(asking: Asking, answer: Answer) -> None:
    text = answer.text
    assert MARK not in text, asking
    for harm in ("<zq", "<script>alert", "<svg onload", 'href="javascript:', "49#{49}"):
        assert harm not in text, asking
    if answer.status >= 400 and answer.body not in _CHECKED:
        check_page(answer)
        _CHECKED.add(answer.body)


def _check_problem(asking: Asking, answer: Answer) -> None:
    body = msgspec.json.decode(answer.body)
    assert body["status"] == answer.status
    assert set(body) <= {"type", "title", "status", "detail", "parameter"}
    assert asking.path.startswith(b"/api/")
    if answer.status == 400:
        assert "parameter" in body, asking
