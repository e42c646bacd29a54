"""The access log: one line a request, written once its answer has been sent.

A line says which kind of address was asked for, never which one: no path, no query, no header, and
of the client's address the network alone.
"""

import logging
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from portal.addresses import truncated
from portal.web import metrics
from portal.web.log_file import LineFile

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"))
OTHER_METHOD = "OTHER"
ID_HEADER = "X-Request-Id"
MODE = 0o640
NOTED, REQUEST_ID = "portal.noted", "portal.request_id"
"""Where a request's environment holds what the application has noted of it, and its random id."""

_log = logging.getLogger(__name__)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the access log; docs/logs.md tells its fields."""

    time: str
    id: str
    address: str | None
    method: str
    route: str | None
    endpoint: str | None
    status: int
    ms: float
    bytes: int
    limit: str | None
    snapshot: str | None
    pid: int


@dataclass(frozen=True, slots=True)
class Noted:
    """What the application found out about a request."""

    route: str | None = None
    endpoint: str | None = None
    limit: str | None = None
    snapshot: str | None = None


def utc_text(moment: datetime) -> str:
    """Return a moment in UTC, ISO 8601 with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Accesses:
    """The record of all requests: the access log at `target` (none if empty), and the metrics."""

    def __init__(self, target: str, now: Callable[[], datetime]) -> None:
        self._file = LineFile(target, MODE) if target else None
        self._now = now
        self._failing = False

    def carry_out(
        self,
        application: "WSGIApplication",
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        """Carry a request out. It is recorded once its answer has been sent, or has broken off."""
        access = _Access(environ, self._now(), self._finish)
        metrics.in_flight.inc()

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            access.status = int(status[:3])
            return start_response(status, [*headers, (ID_HEADER, access.id)], exc_info)

        try:
            return _Body(application(environ, start), access)
        except BaseException:
            access.end()
            raise

    def refuse(self, status: int, address: str, sent: int) -> None:
        """Record what could not be read as a request, and how many bytes answered it."""
        metrics.count_request(None, OTHER_METHOD, status, 0.0)
        environ = {"REMOTE_ADDR": address, "REQUEST_METHOD": ""}
        access = _Access(environ, self._now(), self._finish)
        access.status, access.sent = status, sent
        self._write(access.line(0.0))

    def problem(self) -> str:
        """Return why no line can be written now, empty where one can or there is no log."""
        return self._file.problem() if self._file else ""

    def close(self) -> None:
        """Close the access log; another line opens it again."""
        if self._file:
            self._file.close()

    def _finish(self, access: "_Access", elapsed: float) -> None:
        metrics.in_flight.dec()
        line = access.line(elapsed)
        metrics.count_request(line.route, line.method, line.status, elapsed)
        self._write(line)

    def _write(self, line: Line) -> None:
        if self._file is None:
            return
        try:
            self._file.append(msgspec.json.encode(line))
        except OSError as error:
            metrics.log_failures.labels("access").inc()
            if not self._failing:
                _log.error("The access log cannot be written: %s", os.strerror(error.errno or 0))
            self._failing = True
        else:
            self._failing = False


class _Access:
    """A request under way. `status` is 500 until an answer has begun."""

    def __init__(
        self,
        environ: "WSGIEnvironment",
        arrived: datetime,
        finish: Callable[["_Access", float], None],
    ) -> None:
        self.id = environ[REQUEST_ID] = secrets.token_hex(8)
        self.status = HTTPStatus.INTERNAL_SERVER_ERROR.value
        self.sent = 0
        self._environ = environ
        self._arrived = arrived
        self._began = time.perf_counter()
        self._finish = finish

    def end(self) -> None:
        """Record it."""
        self._finish(self, time.perf_counter() - self._began)

    def line(self, elapsed: float) -> Line:
        """Return what is written of it, after so many seconds."""
        noted: Noted = self._environ.get(NOTED, Noted())
        method = self._environ.get("REQUEST_METHOD", "")
        return Line(
            time=utc_text(self._arrived),
            id=self.id,
            # Behind proxies that are trusted this is the client's by now.
            address=truncated(self._environ.get("REMOTE_ADDR", "")),
            method=method if method in METHODS else OTHER_METHOD,
            route=noted.route,
            endpoint=noted.endpoint,
            status=self.status,
            ms=round(elapsed * 1000, 3),
            bytes=self.sent,
            limit=noted.limit,
            snapshot=noted.snapshot,
            pid=os.getpid(),
        )


class _Body:
    """The chunks of an answer, counted; the request ends when they are closed."""

    def __init__(self, chunks: Iterable[bytes], access: _Access) -> None:
        self._chunks = chunks
        self._next = iter(chunks)
        self._access = access

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._next)
        self._access.sent += len(chunk)
        return chunk

    def close(self) -> None:
        """Close what makes the chunks, then record the request."""
        try:
            if hasattr(self._chunks, "close"):
                self._chunks.close()
        finally:
            self._access.end()
