"""gunicorn's worker and log, so that what a visitor typed is neither logged nor echoed.

gunicorn by itself quotes a request line it cannot parse, in its log and in its answer, and logs the
address of a request whose handling failed.
"""

import logging
import re
import ssl
import traceback
from http import HTTPStatus
from typing import Any

from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.http.message import Request  # type: ignore[import-untyped]
from gunicorn.http.parser import RequestParser  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from portal.web.headers import ALWAYS
from portal.web.problems import plain_page

_STATUS: dict[type[BaseException], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ForbiddenProxyRequest: HTTPStatus.FORBIDDEN,
    # What the application answered cannot be sent: no fault of the visitor.
    errors.InvalidResponseHeader: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidResponseHeaderName: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ConfigurationProblem: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_QUOTING = ("Error handling request", "Invalid request")
"""Messages of gunicorn that go on with the address or the line of a request."""
PREPARE_SECONDS = 10.0
"""How long a new worker takes no requests while it opens the snapshot; its master waits for 30."""
_NOT_ASCII = re.compile(rb"[\x80-\xff]")


class DiscreetLog(Logger):  # type: ignore[misc]  # gunicorn is untyped
    """gunicorn's log without the addresses of requests and the texts of errors; no access log.

    What the portal and its libraries log is written the same way.
    """

    def setup(self, cfg: Any) -> None:
        """Set the log up, with a filter before whatever it writes to.

        There is no debug level: at it, every address is logged.
        """
        super().setup(cfg)
        if self.error_log.level < logging.INFO:
            self.error_log.setLevel(logging.INFO)
        for handler in self.error_log.handlers:
            handler.addFilter(discreet)
        logging.getLogger().handlers[:] = self.error_log.handlers

    def access(self, *_: Any) -> None:
        """Log no access, whatever gunicorn is started with."""


def discreet(record: logging.LogRecord) -> bool:
    """Take out of a log record what may quote a request; it is written in any case."""
    for message in _QUOTING:
        if str(record.msg).startswith(message):
            record.msg, record.args = message, ()
    if isinstance(record.args, tuple):
        record.args = tuple(
            type(value).__name__ if isinstance(value, BaseException) else value
            for value in record.args
        )
    if record.exc_info and record.exc_info[0] is not None:
        kind, _, trace = record.exc_info
        lines = "".join(traceback.format_tb(trace))
        record.msg, record.args = f"{record.getMessage()}: {kind.__name__}\n{lines}", ()
    record.exc_info = record.exc_text = None
    return True


class EncodedRequest(Request):  # type: ignore[misc]  # gunicorn is untyped
    """A request whose address may hold UTF-8 that was not percent-encoded, as some clients send it.

    RFC 9112 allows no such address; to encode its bytes changes nothing in what it says.
    """

    def parse_request_line(self, line_bytes: bytes) -> None:
        """Encode what is not ASCII in the address, then parse as ever."""
        method, *rest = bytes(line_bytes).split(b" ", 1)
        encoded = (_NOT_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], part) for part in rest)
        super().parse_request_line(b" ".join((method, *encoded)))


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn is untyped
    """A worker that answers what is no request with fixed words. `slot` is where it counts."""

    slot = 0

    def init_process(self) -> None:
        """Start, taking requests as EncodedRequest reads them."""
        RequestParser.mesg_class = EncodedRequest
        super().init_process()

    def load_wsgi(self) -> None:
        """Take the application, and let it open the snapshot before a request waits for that."""
        super().load_wsgi()
        self.wsgi.extensions["portal.live"].prepare(PREPARE_SECONDS)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """Close the connection where the rest of an answered request cannot be parsed.

        gunicorn would answer it once more, and a proxy take that for the answer to another request.
        """
        try:
            return bool(super()._keepalive_after(conn, keepalive))
        except errors.ParseException as error:
            self.log.warning("Refused the rest of a request: %s", type(error).__name__)
            return False

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a request that cannot be parsed or carried out; log which error it is."""
        status = _status_of(exc)
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.error("Error handling request", exc_info=exc)
        else:
            self.log.warning("Refused a request: %s", type(exc).__name__)
        answer = _answer(status)
        if req is None:  # the application has not seen it
            self._record(status, addr, len(answer))
        try:
            util.write_nonblock(client, answer)
        except OSError:
            self.log.debug("Failed to send error message.")

    def _record(self, status: HTTPStatus, addr: Any, sent: int) -> None:
        from portal.web.access import accesses_of  # not before metrics know where to count

        address = addr[0] if isinstance(addr, tuple) else ""
        accesses_of(self.wsgi).refuse(status.value, address, sent)


def _status_of(error: BaseException) -> HTTPStatus:
    if type(error) in _STATUS:
        return _STATUS[type(error)]
    if isinstance(error, errors.ParseException | ssl.SSLError):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _answer(status: HTTPStatus) -> bytes:
    body = plain_page(status.value).encode()
    headers = {
        "Connection": "close",
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        **ALWAYS,
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "", "")).encode("ascii") + body
