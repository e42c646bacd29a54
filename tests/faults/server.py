"""gunicorn as it is really started, and visitors who keep asking it."""

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from tests.faults.site import ROOT, Site

MISSING = "/no-such-page"
PATHS = (
    "/", "/search?q=%E8%93%9D%E7%A9%97", "/api/v1/search?q=%E9%A3%9F%E5%93%81", "/api/v1/status",
    "/statistics", "/about", "/exports/penalty.jsonl", "/search.csv?q=%E8%93%9D%E7%A9%97",
    "/feeds/penalty.atom", "/suggest?q=%E8%93%9D%E7%A9%97", "/static/css/site.css",
    "/lists", MISSING, "/healthz",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 where the connection broke, and how long it took in seconds."""

    path: str
    status: int
    body: bytes = b""
    seconds: float = 0.0

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Server:
    """A running gunicorn."""

    process: subprocess.Popen[str]
    port: int

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, path: str) -> Answer:
        connection = self.connect()
        try:
            return ask(connection, path)
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children, encoding="ascii") as stream:  # noqa: PTH123
            return [int(pid) for pid in stream.read().split()]


def ask(connection: http.client.HTTPConnection, path: str) -> Answer:
    """Ask on a connection that is kept alive, opening it again where the server had closed it.

    A server may close a connection that nobody uses: a client then asks once more, as all do.
    """
    for attempt in (1, 2):
        began, reused = time.monotonic(), connection.sock is not None
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            connection.close()
            if attempt == 1 and reused:
                continue
            return Answer(path, 0)
        except (http.client.HTTPException, OSError):
            connection.close()
            return Answer(path, 0)
        return Answer(path, response.status, body, time.monotonic() - began)
    raise AssertionError


def failed(answers: Sequence[Answer]) -> list[Answer]:
    """Return the answers that are not what their address should give."""
    return [a for a in answers if a.status != (404 if a.path == MISSING else 200)]


@contextmanager
def serve(site: Site, workers: int = 2, **environ: str) -> Iterator[Server]:
    """Run gunicorn over the site's snapshots, and end it."""
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=site.environ | {"WEB_CONCURRENCY": str(workers)} | environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    written = ""
    try:
        for line in process.stderr:
            written += line
            found = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line)
            if found:
                draining = threading.Thread(target=process.stderr.read, daemon=True)
                draining.start()
                yield Server(process, int(found[1]))
                break
        else:
            raise AssertionError(written)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=60)
        process.stderr.close()


@dataclass
class Visitors:
    """Threads that ask one path after the other until they are told to stop."""

    server: Server
    paths: Sequence[str] = PATHS
    number: int = 4
    pause: float = 0.0
    answers: list[Answer] = field(default_factory=list)

    def __enter__(self) -> "Visitors":
        self._done = threading.Event()
        self._threads = [
            threading.Thread(target=self._visit, args=(n,)) for n in range(self.number)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Wait until so many more requests have been answered."""
        goal = len(self.answers) + more
        deadline = time.monotonic() + 60
        while len(self.answers) < goal:
            assert time.monotonic() < deadline
            self._done.wait(0.005)

    def take_answers(self) -> list[Answer]:
        """Return the answers since the last time, and forget them: they would fill the memory."""
        taken, self.answers = self.answers, []
        return taken

    def _visit(self, number: int) -> None:
        connection = self.server.connect()
        for path in cycle((*self.paths[number:], *self.paths[:number])):
            if self._done.wait(self.pause):
                break
            self.answers.append(ask(connection, path))
        connection.close()


def process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
