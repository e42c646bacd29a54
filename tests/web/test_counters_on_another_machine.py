"""Limits counted by a Redis server: shared by processes, and what happens when it dies."""

import logging
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal.web import steady_counters
from portal.web.limits import limiter
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

REDIS = shutil.which("redis-server") or shutil.which("valkey-server") or ""
pytestmark = pytest.mark.skipif(not REDIS, reason="no redis-server on this machine")


@pytest.fixture
def published(portal: Portal) -> Portal:
    portal.ingest([world.penalty(1)])
    portal.publish()
    return portal


@pytest.fixture
def port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def redis(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server that keeps nothing, on a port of this machine alone."""
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen([REDIS, *options], stdout=subprocess.DEVNULL)
    try:
        while True:
            assert server.poll() is None
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except ConnectionRefusedError:
                continue
        yield server
    finally:
        server.kill()
        server.wait(timeout=20)


@contextmanager
def running(portal: Portal, address: str, allowed: str) -> Iterator[CheckingClient]:
    app = portal.app(ratelimit_enabled=True, ratelimit_url=address, ratelimit_search=allowed)
    app.testing = True
    yield CheckingClient(app)
    app.extensions["portal.live"].close()


def search(client: CheckingClient, times: int = 1) -> list[int]:
    return [client.get("/search?q=蓝穗").status_code for _ in range(times)]


def test_counts_are_shared(published: Portal, port: int, tmp_path: Path) -> None:
    address = f"redis://127.0.0.1:{port}"
    with redis(tmp_path, port):
        for statuses in ([200, 200], [200, 429]):
            with running(published, address, "3/day") as client:
                assert search(client, 2) == statuses
        with running(published, address, "3/day") as client:
            told = client.get("/search?q=蓝穗").headers
            assert '"search";r=0;t=' in told["RateLimit"]
            assert 0 < int(told["Retry-After"]) <= 86_401


def test_when_it_dies_each_process_counts_and_when_it_is_back_it_counts_again(
    published: Portal,
    port: int,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = f"redis://127.0.0.1:{port}"
    now = 1000.0
    monkeypatch.setattr("portal.web.steady_counters.time.monotonic", lambda: now)
    with running(published, address, "3/day") as client:
        with redis(tmp_path, port):
            assert search(client, 2) == [200, 200]
        assert search(client, 5) == [200, 200, 200, 429, 429]
        with redis(tmp_path, port):
            assert search(client) == [429]  # it looks again only now and then
            now += steady_counters.TRY_AGAIN
            assert search(client, 4) == [200, 200, 200, 429]
    said = [r.getMessage() for r in caplog.records if "limits are" in r.getMessage()]
    assert [text.split("limits are ")[1][:4] for text in said] == ["away", "back"]


def test_one_that_does_not_answer_is_not_waited_for(
    published: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        ending = threading.Timer(20, silent.close)  # for who would wait for ever
        ending.start()
        address = f"redis://:hidden@127.0.0.1:{silent.getsockname()[1]}"
        with running(published, address, "2/day") as client:
            client.get("/healthz")
            begun = time.monotonic()
            limiter.storage.get_sliding_window("key", 60)  # type: ignore[attr-defined]
            waited = time.monotonic() - begun
            assert search(client, 3) == [200, 200, 429]
        ending.cancel()
    assert waited < 5.0  # by itself the client would try for some ten seconds and more
    assert "hidden" not in caplog.text
    assert [r for r in caplog.records if r.levelno == logging.ERROR]
