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
        process.terminate()
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
    with ThreadPoolExecutor(CLIENTS) as clients:
        return Counter(
            clients.map(lambda n: ask(port, X_Forwarded_For=f"192.0.2.{n}"), range(times))
        )


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
    with serving(published, ratelimit_pages="50/day") as (port, master):
        assert hammer(port, 30) == {200: 30}
        os.kill(children(master)[0], signal.SIGKILL)
    with serving(published, ratelimit_pages="50/day") as (port, _):  # and a restart
        assert hammer(port, 100) == {200: 20, 429: 80}
        assert ask(port, "/healthz") == 200


def test_a_name_cannot_be_tried_from_many_addresses_at_many_workers(published: Portal) -> None:
    settings = {"trusted_proxies": "1", "ratelimit_person_name": "5/day"}
    with serving(published, **settings, ratelimit_persons="2/day") as (port, _):

        def check(number: int, name: str, address: str) -> int:
            body = urlencode({"name": name, "id_number": world.id_number(number)})
            return ask(port, "/check-person", body, X_Forwarded_For=f"203.0.113.9, {address}")

        with ThreadPoolExecutor(CLIENTS) as clients:
            anywhere = clients.map(lambda n: check(n, "端木清越", f"192.0.2.{n}"), range(1, 21))
            assert Counter(anywhere) == {200: 5, 429: 15}
            one_place = clients.map(lambda n: check(n, f"云初{n}", "198.51.100.7"), range(1, 11))
            assert Counter(one_place) == {200: 2, 429: 8}
