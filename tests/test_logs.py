"""Nothing of what visitors send is kept: every route is driven, and everything written is read."""

import base64
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from portal.config import SETTINGS
from portal.person_key import audit_address_digest, audit_digest, read_person_key
from portal.web.access import template_of
from tests import world
from tests.conftest import Portal
from tests.marks import found_in, found_under, spellings
from tests.publish.test_publicity import person

ROOT = Path(__file__).parent.parent
NAME, WORD = "鄢霁月", "qzxmark7431"
NUMBER = world.id_number(613, "19770708")
STRANGER = world.id_number(614)
CLIENT, CLIENT6, OTHER_CLIENT = "203.0.113.77", "2001:db8:aaaa:bbbb::77", "198.51.100.201"
MARKS = (NAME, WORD, NUMBER)
ADDRESSES = (CLIENT, CLIENT6, OTHER_CLIENT, "2001:0db8:aaaa:bbbb:0000:0000:0000:0077")

ROUTES = {
    "/": "/", "/search": "/search", "/entities/<public_id>": "/entities/{}",
    "/records/<public_id>": "/records/{}", "/codes/<uscc>": "/codes/{}", "/lists": "/lists",
    "/lists/<code>": "/lists/{}", "/about": "/about", "/check-person": "/check-person",
    "/api/v1/persons/check": "/api/v1/persons/check", "/catalog": "/catalog",
    "/measures": "/measures", "/library": "/library", "/library/<slug>": "/library/{}",
    "/guide": "/guide", "/guide/<slug>": "/guide/{}", "/privacy": "/privacy",
    "/accessibility": "/accessibility", "/sitemap": "/sitemap", "/statistics": "/statistics",
    "/statistics/<name>.csv": "/statistics/{}.csv", "/feeds/<code>.atom": "/feeds/{}.atom",
    "/feeds/lists/<code>.atom": "/feeds/lists/{}.atom",
    "/exports/<code>.<form>": "/exports/{}.csv",
    "/search.<form>": "/search.jsonl", "/robots.txt": "/robots.txt",
    "/sitemap.xml": "/sitemap.xml", "/sitemaps/<number>.xml": "/sitemaps/7.xml",
    "/opensearch.xml": "/opensearch.xml", "/manifest.webmanifest": "/manifest.webmanifest",
    "/favicon.ico": "/favicon.ico", "/api/v1/search": "/api/v1/search",
    "/api/v1/entities/<public_id>": "/api/v1/entities/{}",
    "/api/v1/records/<public_id>": "/api/v1/records/{}",
    "/api/v1/organizations/<uscc>": "/api/v1/organizations/{}",
    "/api/v1/status": "/api/v1/status", "/api/v1/catalog": "/api/v1/catalog",
    "/api/v1/openapi.json": "/api/v1/openapi.json", "/suggest": "/suggest",
    "/healthz": "/healthz", "/readyz": "/readyz", "/metrics": "/metrics",
    "/static/<filename>": "/static/{}",
}  # fmt: skip
"""Every address of the application, and how it is asked for with a mark in it."""

FAULTY = """
from flask import request
from portal.app import create_app
from portal.bulk import Extract
from portal.lookup import Lookup
from portal.web import problems

search, rows, page = Lookup.search, Extract.records, problems._page

def no_search(self, asked):
    if "faulty" in request.url:
        raise RuntimeError(f"cannot look for {asked!r} at {request.url}")
    return search(self, asked)

def no_rows(self):
    yield from rows(self)
    if "broken" in request.url:
        raise RuntimeError(request.url)

def no_page(*described):
    if "hopeless" in request.url:
        raise RuntimeError(request.url)
    return page(*described)

Lookup.search, Extract.records, problems._page = no_search, no_rows, no_page
app = create_app()
"""
"""The portal, failing where an address says so: in a search, a download, an error page."""

LIMITS = {
    setting.variable: "100000/hour"
    for setting in SETTINGS
    if re.search(r"\d/[a-z]", setting.default)
} | {"PORTAL_RATELIMIT_SUGGEST": "4/hour", "PORTAL_RATELIMIT_PERSONS": "4/hour"}


class Copied(threading.Thread):
    """Copies the error log of a gunicorn into a file, and knows where it listens."""

    def __init__(self, process: subprocess.Popen[bytes], path: Path) -> None:
        super().__init__()
        self._process, self._path = process, path
        self._ports: queue.Queue[int] = queue.Queue()
        self.start()

    def run(self) -> None:
        """Copy until the process ends."""
        assert self._process.stderr is not None
        with self._process.stderr as stream, self._path.open("wb") as copy:
            for line in stream:
                copy.write(line)
                listening = re.search(rb"Listening at: http://127\.0\.0\.1:(\d+)", line)
                if listening:
                    self._ports.put(int(listening[1]))

    def port(self) -> int:
        """Wait until it listens."""
        return self._ports.get(timeout=60)


@dataclass
class Server:
    """A running gunicorn with every log on. `answered` counts its answers by status."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    errors: Copied
    answered: Counter[int] = field(default_factory=Counter)

    def send(self, request: bytes) -> tuple[int, bytes]:
        """Send bytes; return the status and all that came back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(request)
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        status = int(answer.split(maxsplit=2)[1])
        self.answered[status] += 1
        return status, answer

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Ask as a visitor behind the one trusted proxy."""
        sent = {"Host": "localhost", "Connection": "close", "X-Forwarded-For": CLIENT}
        sent |= {"Content-Length": str(len(body))} | (headers or {})
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in sent.items() if v)]
        return self.send("\r\n".join((*lines, "", "")).encode() + body)

    def lines(self, name: str) -> list[dict[str, Any]]:
        """The lines of a log."""
        path = self.folder / "logs" / name
        content = path.read_bytes() if path.exists() else b""
        return [json.loads(line) for line in content.splitlines()]

    def stop(self) -> None:
        """End it, so that everything is written."""
        self.process.terminate()
        assert self.process.wait(timeout=20) == 0
        self.errors.join(timeout=20)


@pytest.fixture
def server(portal: Portal) -> Iterator[Server]:
    basis = {"CF_GKYJ": "《食品安全法》第一百一十三条"}
    one = person(world.penalty(1), CF_XDR_MC=NAME, CF_XDR_ZJHM=NUMBER) | basis
    portal.ingest([one, world.penalty(2)])
    portal.publish()
    folder = portal.folder
    (folder / "tmp").mkdir()
    (folder / "faulty.py").write_text(FAULTY, encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PORTAL_", "PROMETHEUS_"))}
    environ = kept | LIMITS | {
        "PORTAL_VAR": portal.settings.var, "PORTAL_TRUSTED_PROXIES": "1",
        "PORTAL_ACCESS_LOG": str(folder / "logs" / "access.jsonl"),
        "PORTAL_AUDIT_LOG": str(folder / "logs" / "audit.jsonl"),
        "WEB_CONCURRENCY": "2", "TMPDIR": str(folder / "tmp"),
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--log-level", "debug"]
    command += ["--access-logfile", "-", "--pythonpath", str(folder), "faulty:app"]
    with (folder / "stdout").open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=out, stderr=subprocess.PIPE
        )
    log = Copied(process, folder / "stderr")
    yield Server(folder, log.port(), process, log)
    process.kill()
    process.wait(timeout=20)
    log.join()


def drive(server: Server) -> None:
    """Send everything that a visitor could send a mark in, to every route."""
    for path in ROUTES.values():
        for mark in MARKS:
            for value in dresses(mark):
                server.ask(f"{path.format(value)}?{query(value)}", headers=marked_headers(mark))
            server.ask(path.format(quote(mark)), headers=marked_headers(mark))
        server.ask(path.format(WORD), headers=marked_headers(WORD) | {"X-Institution-Key": WORD})
        server.ask(path.format(WORD.ljust(24, "x")), headers=marked_headers(WORD))  # as an id looks
        for method in ("POST", "HEAD", "OPTIONS", "DELETE", WORD.upper()):
            form = urlencode({"name": NAME, "id_number": NUMBER, NUMBER: WORD}).encode()
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            server.ask(f"{path.format(WORD)}?q={WORD}", method, form, marked_headers(WORD) | kind)
    for fault, where in (("faulty", "search"), ("broken", "search.csv"), ("hopeless", "records/x")):
        for value in (quote(NAME), NUMBER, WORD):
            server.ask(f"/{where}?q={value}+{fault}", headers=marked_headers(NAME))
            server.ask(f"/api/v1/search?q={value}+{fault}", headers=marked_headers(NAME))
    for path in ("search", "api/v1/search", "suggest", "search.csv", "search.xlsx"):
        for mark in MARKS:
            server.ask(f"/{path}?q={quote(mark)}", headers=marked_headers(mark))
    server.ask("/search?q=" + "x" * 300 + WORD)
    server.ask("/api/v1/persons/check", "POST", WORD.encode() * 10_000, JSON)
    drive_persons(server)
    drive_malformed(server)


JSON = {"Content-Type": "application/json"}


def drive_persons(server: Server) -> None:
    """Check a person who is there and one who is not, until a limit refuses; and send rubbish."""
    for client in (OTHER_CLIENT, CLIENT6):
        for number in (NUMBER, STRANGER) * 5:
            asked = {"name": NAME, "id_number": number}
            body = json.dumps(asked).encode()
            headers = JSON | {"X-Forwarded-For": f"{WORD}, {NUMBER}, {client}"}
            server.ask("/api/v1/persons/check", "POST", body, headers)
    for body in (b"{" + NAME.encode(), f'{{"name": "{NAME}"}}'.encode(), NUMBER.encode()):
        for kind in ("application/json", "text/plain", "multipart/form-data; boundary=" + WORD):
            headers = {"Content-Type": kind, "X-Forwarded-For": NUMBER}
            server.ask("/api/v1/persons/check", "POST", body, headers)
            server.ask("/check-person", "POST", body, headers)


def drive_malformed(server: Server) -> None:
    """Send what is no request."""
    end = b"Host: localhost\r\nConnection: close\r\n\r\n"
    for mark in (m.encode() for m in MARKS):
        for request in (
            b"GET /search?q=%b %b HTTP/1.1\r\n%b" % (mark, mark, end),
            b"GET /%b\r\n%b" % (mark, end),
            b"%b / HTTP/1.1\r\n%b" % (mark, end),
            b"GET / %b/9.9\r\n%b" % (mark, end),
            b"GET / HTTP/1.1\r\nX %b: %b\r\n%b" % (mark, mark, end),
            b"GET / HTTP/1.1\r\n%b\r\n%b" % (mark, end),
            b"GET / HTTP/1.1\r\nExpect: %b\r\n%b" % (mark, end),
            b"GET /?q=%b HTTP/1.1\r\n%b" % (mark * 900, end),
            b"GET / HTTP/1.1\r\nX-Long: %b\r\n%b" % (mark * 2000, end),
            b"GET / HTTP/1.1\r\nTransfer-Encoding: %b\r\n%b" % (mark, end),
            b"GET /about HTTP/1.1\r\nHost: %b..b\r\nConnection: close\r\n\r\n" % mark,
            b"GET /lists/%b?q=%b HTTP/1.1\r\n%b" % (mark, mark, end),
        ):
            server.send(request)


def dresses(value: str) -> list[str]:
    """A value as it is written into an address."""
    once = quote(value, safe="")
    return [value, once, quote(once, safe=""), base64.urlsafe_b64encode(value.encode()).decode()]


def query(value: str) -> str:
    """A query string with a value wherever one can stand, in a parameter's name too."""
    names = ("q", "class", "list", "authority", "region", "from", "sort", "page", "lang", "theme")
    return "&".join((*(f"{name}={value}" for name in names), f"{value}=1", value))


def marked_headers(mark: str) -> dict[str, str]:
    """Headers that hold a mark."""
    value = quote(mark)
    return {
        "Referer": f"https://example.cn/search?q={value}", "User-Agent": f"Browser/{mark}",
        "Cookie": f"lang={value}; theme={mark}; session={mark}", "Authorization": f"Bearer {mark}",
        "X-Request-Id": mark, "Accept-Language": mark,
        "If-None-Match": f'"{mark}"', "Range": f"bytes={mark}", "Origin": f"https://{WORD}.cn",
        "X-Forwarded-For": f"{mark}, {CLIENT}", "X-Forwarded-Host": WORD, "X-Real-Ip": OTHER_CLIENT,
    }  # fmt: skip


def test_every_route_is_driven(portal: Portal) -> None:
    rules = {template_of(rule.rule) for rule in portal.app().url_map.iter_rules()}
    assert rules == set(ROUTES), "a new address: tell here how it is asked for with a mark"


def test_nothing_that_was_sent_is_kept(server: Server) -> None:
    drive(server)
    wanted = {200, 400, 404, 405, 413, 414, 417, 429, 431, 500, 501}
    assert wanted <= set(server.answered), server.answered
    _, metrics = server.ask("/metrics", headers={"X-Forwarded-For": ""})
    assert b"portal_requests_total{" in metrics
    (server.folder / "metrics").write_bytes(metrics)
    written = list((server.folder / "tmp").rglob("*.db"))
    assert written, "the files of the metrics are not where they are looked for"
    live = found_under(server.folder, (*MARKS, *ADDRESSES), PRIVATE)
    server.stop()
    assert live == found_under(server.folder, (*MARKS, *ADDRESSES), PRIVATE) == {}
    check_access_log(server)
    check_audit_log(server)
    errors = (server.folder / "stderr").read_text(encoding="utf-8")
    assert "RuntimeError at pages.search" in errors
    assert "Refused a request" in errors


def test_rotating_and_a_killed_worker_lose_nothing(server: Server) -> None:
    def counted() -> float:
        _, text = server.ask("/metrics", headers={"X-Forwarded-For": ""})
        found = re.search(rb'portal_requests_total{method="GET",route="/about"[^}]*} (\S+)', text)
        return float(found[1]) if found else 0

    while len({line["pid"] for line in server.lines("access.jsonl")}) < 2:
        server.ask("/about")
    asked, log = server.answered[200], server.folder / "logs" / "access.jsonl"
    before = server.lines("access.jsonl")
    log.rename(log.with_name("access.jsonl-20261122"))
    assert counted() == asked
    os.kill(before[0]["pid"], signal.SIGKILL)
    old = {line["pid"] for line in before}
    while {line["pid"] for line in server.lines("access.jsonl")} <= old:
        server.ask("/about")
    assert len(before) + len(server.lines("access.jsonl")) == sum(server.answered.values())
    assert counted() == server.answered[200] - 2  # without the looks at the metrics
    slots = {path.stem.rpartition("_")[2] for path in (server.folder / "tmp").rglob("counter_*.db")}
    assert slots == {"0", "1", "2"}
    server.stop()
    assert list((server.folder / "tmp").iterdir()) == []


PRIVATE = ("registry.sqlite", "delivery.csv")
"""Where the mark of a registered person stands by right."""


def check_access_log(server: Server) -> None:
    """One line a request, of every route, with the network of the address alone."""
    lines = server.lines("access.jsonl")
    assert Counter(line["status"] for line in lines) == server.answered
    assert len({line["id"] for line in lines}) == len(lines)
    assert len({line["pid"] for line in lines}) == 2
    assert {line["route"] for line in lines} == {*ROUTES, None}
    assert {line["address"] for line in lines} >= {
        None, "203.0.113.0/24", "198.51.100.0/24", "2001:db8:aaaa::/48", "127.0.0.0/24"
    }  # fmt: skip
    assert {line["method"] for line in lines} == {
        "GET", "HEAD", "POST", "OPTIONS", "DELETE", "OTHER"
    }  # fmt: skip
    assert {line["limit"] for line in lines} >= {None, "pages", "search", "suggest", "persons"}


def check_audit_log(server: Server) -> None:
    """One line a check, with digests under the key, none of which is in the snapshot."""
    key = read_person_key(server.folder / "var" / "person.key")
    assert key is not None
    lines = server.lines("audit.jsonl")
    person_, stranger = (
        audit_digest(key, NAME, NUMBER),
        audit_digest(key, NAME, STRANGER),
    )
    for client in (OTHER_CLIENT, CLIENT6):
        own = [line for line in lines if line["address"] == audit_address_digest(key, client)]
        assert [line["person"] for line in own] == [person_, stranger] * 5
        assert [line["outcome"] for line in own[:4]] == ["answered"] * 4
        assert "limited" in {line["outcome"] for line in own[4:]}
        assert {line["name"] for line in own} == {audit_digest(key, NAME)}
    assert ((server.folder / "logs" / "audit.jsonl").stat().st_mode & 0o777) == 0o600
    known = {line["id"] for line in server.lines("access.jsonl")}
    assert {line["id"] for line in lines} <= known
    for database in (server.folder / "var" / "snapshots").rglob("records.sqlite"):
        content = database.read_bytes()
        for digest in (person_, audit_digest(key, NAME)):
            assert bytes.fromhex(digest) not in content
            assert digest.encode() not in content


@pytest.mark.parametrize("mark", MARKS)
def test_the_reader_finds_what_was_planted(tmp_path: Path, mark: str) -> None:
    """Otherwise the test above would prove nothing."""
    for number, spelling in enumerate(sorted(spellings(mark))):
        (tmp_path / f"{number}.log").write_bytes(b'{"status": 200, "q": "' + spelling + b'"}\n')
    found = found_under(tmp_path, MARKS, PRIVATE)
    assert found == {f"{number}.log": {mark} for number in range(len(spellings(mark)))}
    for value in dresses(mark):
        assert found_in(f"GET /search?q={value} HTTP/1.1".encode(), MARKS) == {mark}
    (tmp_path / "names").mkdir()
    (tmp_path / "names" / f"{mark}.csv").write_bytes(b"")
    assert f"names/{mark}.csv" in found_under(tmp_path, MARKS, PRIVATE)
    assert found_in(b'{"route": "/search", "address": "203.0.113.0/24"}', ADDRESSES) == set()
