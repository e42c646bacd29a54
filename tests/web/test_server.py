"""gunicorn as it is really started: what it answers, and what it writes down."""

import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]

from portal.web.headers import ALWAYS
from portal.web.server import DiscreetLog, discreet
from tests import world
from tests.conftest import Portal

ROOT = Path(__file__).parent.parent.parent
SECRET = "蓝穗食品"
HOST = "Host: localhost\r\nConnection: close\r\n\r\n"


@dataclass
class Server:
    """A running gunicorn; `log` ends it and returns all that it wrote."""

    process: subprocess.Popen[str]
    port: int
    written: str

    def ask(self, request: str) -> tuple[int, dict[str, str], str]:
        """Send bytes, return status, headers and body of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request.encode("utf-8", "surrogateescape"))
            answer = b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
        head, _, body = answer.partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        return int(first.split()[1]), headers, body

    def log(self) -> str:
        """End the server and return its log."""
        self.process.terminate()
        out, err = self.process.communicate(timeout=20)
        return self.written + out + err


@pytest.fixture
def server(portal: Portal) -> Iterator[Server]:
    portal.ingest([world.penalty(1)])
    portal.publish()
    with started(portal.settings.var) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that holds nothing, for what is refused or shown without data."""
    with started(str(tmp_path_factory.mktemp("server") / "var")) as running:
        yield running


@contextmanager
def started(var: str) -> Iterator[Server]:
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")},
        "PORTAL_VAR": var,
        "PORTAL_RATELIMIT_ENABLED": "0",
        "PORTAL_ACCESS_LOG": "",
        "WEB_CONCURRENCY": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--log-level", "debug"]
    process = subprocess.Popen(
        [*command, "--access-logfile", "-"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    written = ""
    for line in process.stderr:
        written += line
        listening = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line)
        if listening:
            yield Server(process, int(listening[1]), written)
            break
    process.kill()
    process.communicate(timeout=20)
    assert "Listening at" in written, written


def check(headers: dict[str, str]) -> None:
    for name, value in ALWAYS.items():
        assert headers[name] == value


def test_what_visitors_typed_is_neither_echoed_nor_logged(server: Server) -> None:
    malformed = {
        f"GET /search?q={SECRET} {SECRET} HTTP/1.1\r\n{HOST}": 400,
        f"GET /{SECRET}\r\n{HOST}": 400,
        f"{SECRET} / HTTP/1.1\r\n{HOST}": 400,
        f"get /?q={SECRET} HTTP/1.1\r\n{HOST}": 400,
        f"GET {SECRET} HTTP/1.1\r\n{HOST}": 400,
        f"GET http://[{SECRET}/ HTTP/1.1\r\n{HOST}": 400,
        f"GET / {SECRET}/9.9\r\n{HOST}": 400,
        f"GET / HTTP/1.1\r\nX {SECRET}: {SECRET}\r\n{HOST}": 400,
        f"GET / HTTP/1.1\r\n{SECRET}\r\n{HOST}": 400,
        f"GET / HTTP/1.1\r\nExpect: {SECRET}\r\n{HOST}": 417,
        f"GET /?q={quote(SECRET) * 200} HTTP/1.1\r\n{HOST}": 414,
        f"GET / HTTP/1.1\r\nTransfer-Encoding: {SECRET}\r\n{HOST}": 501,
        f"GET /codes/{SECRET} HTTP/1.1\r\nHost: a..b\r\nConnection: close\r\n\r\n": 400,
    }
    for request, expected in malformed.items():
        status, headers, body = server.ask(request)
        assert status == expected, request[:60]
        check(headers)
        assert headers["Cache-Control"] == "no-store"
        assert "<h1>" in body
        assert SECRET not in body
    assert server.ask(f"GET /guide HTTP/1.1\r\n{HOST}")[0] == 200
    assert server.ask(f"GET /records/{quote(SECRET)} HTTP/1.1\r\n{HOST}")[0] == 404
    log = server.log()
    assert "Refused a request: InvalidRequestMethod" in log
    assert "[ERROR]" not in log
    assert "Traceback" not in log
    for word in (SECRET, quote(SECRET), SECRET.encode().decode("latin-1"), "/search", "/records"):
        assert word not in log
        assert ascii(word)[1:-1] not in log


def test_an_address_in_plain_utf_8_is_understood(server: Server) -> None:
    for query in (SECRET, quote(SECRET)):
        status, headers, body = server.ask(f"GET /search?q={query} HTTP/1.1\r\n{HOST}")
        assert status == 200
        check(headers)
        assert "澄州市蓝穗食品有限公司" in re.sub("</?mark>", "", body)
    status, _, body = server.ask(f"GET /api/v1/search?q={SECRET} HTTP/1.1\r\n{HOST}")
    assert (status, '"total":2' in body) == (200, True)
    # What is no UTF-8 is text all the same, and finds nothing.
    assert server.ask(f"GET /search?q=\udcc0\udcb6\udccb\udceb HTTP/1.1\r\n{HOST}")[0] in (200, 400)


FIRST = "POST /api/v1/persons/check HTTP/1.1\r\nHost: localhost\r\n"
JSON = "Content-Type: application/json\r\n"
HIDDEN = "GET /guide HTTP/1.1\r\nHost: localhost\r\nX: "
CHUNKS = "Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    "ambiguous",
    [
        f"{FIRST}Content-Length: 5\r\n{CHUNKS}\r\n0\r\n\r\n{HIDDEN}",
        f"{FIRST}{CHUNKS}{CHUNKS}\r\n0\r\n\r\n{HIDDEN}",
        f"{FIRST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef{HIDDEN}",
        f"{FIRST}Content-Length: 5, 5\r\n\r\nabcde{HIDDEN}",
        f"{FIRST}Content-Length: +5\r\n\r\nabcde{HIDDEN}",
        f"{FIRST}Content-Length: -5\r\n\r\nabcde{HIDDEN}",
        f"{FIRST}Content-Length: 5 5\r\n\r\nabcde{HIDDEN}",
        f"{FIRST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{HIDDEN}",
        f"{FIRST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{HIDDEN}",
        f"{FIRST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{HIDDEN}",
        f"{FIRST}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n{HIDDEN}",
        f"{FIRST}{JSON}{CHUNKS}\r\n5;\nx\r\nabcde\r\n0\r\n\r\n{HIDDEN}",
        f"{FIRST}{JSON}{CHUNKS}\r\n0x5\r\nabcde\r\n0\r\n\r\n{HIDDEN}",
        f"GET /guide HTTP/1.1\r\nHost: a\r\n{CHUNKS}\r\n0x5\r\nabcde\r\n0\r\n\r\n{HIDDEN}",
        f"{FIRST} folded: 1\r\n\r\n{HIDDEN}",
        "POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\nHost: localhost\n\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\n" + "X: 1\r\n" * 51 + "\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "1" * 9_000 + "\r\n\r\n",
    ],
)
def test_no_request_is_read_in_two_ways(shared: Server, ambiguous: str) -> None:
    status, headers, body = shared.ask(ambiguous)
    assert status in (400, 413, 431, 501), ambiguous
    check(headers)
    assert body.count("HTTP/1.1") == 0, "a second request was read"


@pytest.mark.parametrize(
    "claim",
    [
        "SCRIPT_NAME: //evil.example",
        "Script-Name: //evil.example",
        "PATH_INFO: /check-person",
        "X-Forwarded-Prefix: //evil.example",
        "X-Forwarded-Host: evil.example",
        "Forwarded: host=evil.example;proto=https",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Ssl: on",
        "X-Original-URL: /check-person",
        "X-HTTP-Method-Override: DELETE",
    ],
)
def test_no_header_says_where_the_site_stands(shared: Server, claim: str) -> None:
    plain = shared.ask(f"GET /guide?lang=en HTTP/1.1\r\n{HOST}")
    claimed = shared.ask(f"GET /guide?lang=en HTTP/1.1\r\n{claim}\r\n{HOST}")
    assert (claimed[0], claimed[2]) == (200, plain[2])
    assert "Strict-Transport-Security" not in claimed[1]
    assert "Secure" not in claimed[1]["Set-Cookie"]


@pytest.mark.parametrize("method", ["TRACE", "PUT", "PROPFIND", "PATCH", "DELETE"])
def test_the_site_is_only_read(shared: Server, method: str) -> None:
    status, headers, _ = shared.ask(f"{method} /guide HTTP/1.1\r\n{HOST}")
    assert (status, set(headers["Allow"].split(", "))) == (405, {"GET", "HEAD", "OPTIONS"})


def test_a_body_that_nobody_reads_spoils_no_later_request(shared: Server) -> None:
    refused = "GET /guide HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30\r\n\r\n" + "x" * 30
    answers = shared.ask(f"{refused}GET /healthz HTTP/1.1\r\n{HOST}")
    assert answers[0] == 413
    assert answers[2].count("HTTP/1.1 200 OK") == 1
    assert answers[2].endswith("ok\n")


@pytest.mark.parametrize("length", [65_537, 70_000])
def test_a_body_without_end_is_refused(shared: Server, length: int) -> None:
    chunk = f"{length:x}\r\n{'a' * length}\r\n0\r\n\r\n"
    kind = f"{JSON}Connection: close\r\n"
    status, _, body = shared.ask(f"{FIRST}{kind}{CHUNKS}\r\n{chunk}")
    assert status == 413
    assert '"parameter":"body"' in body


def record(message: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("gunicorn.error", logging.ERROR, "", 0, message, args, info)


@pytest.mark.parametrize(
    "quoting",
    [
        record("Error handling request %s %s", "GET", f"/search?q={SECRET}"),
        record(f"Invalid request from ip=192.0.2.1: {SECRET}"),
        record("Ignored premature client disconnection. %s", ValueError(SECRET)),
        record("Socket error processing request.", error=OSError(SECRET)),
        record("Error handling request /%s", SECRET, error=ValueError(SECRET)),
    ],
)
def test_a_log_record_is_written_without_what_it_quotes(quoting: logging.LogRecord) -> None:
    assert discreet(quoting)
    text = logging.Formatter().format(quoting)
    assert SECRET not in text
    assert re.match(r"Error handling request|Invalid request|Ignored|Socket", text)


def test_the_log_is_filtered(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    log = DiscreetLog(Config())
    for logger in (log, logging.getLogger("some.library")):
        try:
            raise ValueError("-".join(("quoted", "words")))
        except ValueError:
            logger.exception("Error handling request %s %s", "GET", f"/search?q={SECRET}")
    log.error_log.handlers.clear()
    written = capfd.readouterr().err
    assert written.count("[ERROR] Error handling request: ValueError") == 2
    assert "quoted-words" not in written
    assert SECRET not in written


def test_a_log_record_says_where_an_error_came_from() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        written = record("Exception in worker process", error=error)
    assert discreet(written)
    text = logging.Formatter().format(written)
    assert "Exception in worker process: ValueError" in text
    assert "test_server.py" in text
    assert SECRET not in text.replace("raise ValueError(SECRET)", "")
