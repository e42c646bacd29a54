"""Limits as gunicorn's workers keep them together: exact, over restarts and killed workers."""

import http.client
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests import world
from tests.conftest import Portal

ROOT = Path(__file__).parent.parent.parent
WORKERS = 4
CLIENTS = 8


@pytest.fixture
def published(portal: Portal) -> Portal:
    portal.ingest([world.penalty(1)])
    portal.publish()
    return portal


@contextmanager
def serving(portal: Portal, **settings: str) -> Iterator[tuple[int, int]]:
    """Run gunicorn with four workers; give the port and the master's process id."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")},
        **{f"PORTAL_{name.upper()}": value for name, value in settings.items()},
        "PORTAL_VAR": portal.settings.var,
        "WEB_CONCURRENCY": str(WORKERS),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0"],
        cwd=ROOT,
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    written, port = "", 0
    for line in process.stderr:
        written += line
        listening = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line)
        port = int(listening[1]) if listening else port
        if written.count("Booting worker") == WORKERS:
            break
    assert port, written
    try:
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGQUIT)  # at once
        process.communicate(timeout=30)


def ask(port: int, path: str = "/about", body: str | None = None, **headers: str) -> int:
    """Return the status of one request over a connection of its own, so that workers take turns."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request("GET" if body is None else "POST", path, body, {**sent})
        return connection.getresponse().status
    finally:
        connection.close()


def hammer(port: int, times: int) -> Counter[int]:
    """Ask so often, as one address behind the proxy that claims to be many."""

    def once(number: int) -> int:
        return ask(port, X_Forwarded_For=f"192.0.2.{number}, 198.51.100.1")

    with ThreadPoolExecutor(CLIENTS) as clients:
        return Counter(clients.map(once, range(times)))


def check_persons(port: int, asked: list[tuple[str, str]]) -> Counter[int]:
    """Check a person for each pair of a name and an address, with another number each time."""

    def once(number: int) -> int:
        name, address = asked[number]
        body = urlencode({"name": name, "id_number": world.id_number(number + 1)})
        return ask(port, "/check-person", body, X_Forwarded_For=f"203.0.113.9, {address}")

    with ThreadPoolExecutor(CLIENTS) as clients:
        return Counter(clients.map(once, range(len(asked))))


def children(process: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            parent = re.search(r"^PPid:\t(\d+)", status.read_text(), re.MULTILINE)
        except OSError:
            continue
        if parent and int(parent[1]) == process:
            found.append(int(status.parent.name))
    return found


def test_four_workers_let_exactly_the_limit_through_whatever_happens_to_them(
    published: Portal,
) -> None:
    settings = {
        **{"trusted_proxies": "1", "ratelimit_pages": "50/day"},
        **{"ratelimit_person_name": "5/day", "ratelimit_persons": "2/day"},
    }
    from_anywhere = [("端木清越", f"192.0.2.{n}") for n in range(10)]
    from_one_place = [(f"云初{n}", "198.51.100.7") for n in range(5)]
    with serving(published, **settings) as (port, master):
        assert hammer(port, 30) == {200: 30}
        assert check_persons(port, from_anywhere[:3]) == {200: 3}
        assert check_persons(port, from_one_place[:1]) == {200: 1}
        os.kill(children(master)[0], signal.SIGKILL)
    with serving(published, **settings) as (port, _):
        assert hammer(port, 60) == {200: 20, 429: 40}
        assert check_persons(port, from_anywhere[3:]) == {200: 2, 429: 5}
        assert check_persons(port, from_one_place[1:]) == {200: 1, 429: 3}
        assert ask(port, "/healthz") == 200
