"""What visitors notice of an activation, of a worker that dies, of a restart: nothing."""

import http.client
import os
import re
import signal
import socket
import time

from tests.faults.server import PATHS, Answer, Visitors, failed, process_exists, serve
from tests.faults.site import Site

ACTIVATIONS = 20


def mixed(answers: list[Answer], records: dict[str, int]) -> list[Answer]:
    """Return the answers that do not show exactly what the snapshot they name holds."""
    found = []
    for answer in answers:
        if answer.path.startswith("/api/v1/search"):
            seen = answer.json["snapshot"], answer.json["totals"]["records"]
        elif answer.path == "/api/v1/status":
            seen = answer.json["snapshot"], sum(answer.json["records"].values())
        elif answer.path.startswith("/exports"):
            lines = answer.body.splitlines()
            last = re.search(rb'"snapshot":"([^"]+)"', lines[-1])
            assert last is not None
            seen = last[1].decode(), len(lines) - 1
        else:
            continue
        if records.get(seen[0]) != seen[1]:
            found.append(answer)
    return found


def test_activations_under_load(site: Site) -> None:
    before, live = site.store.ids()
    records = {before: 12, live: 24}
    with serve(site) as server:
        assert server.ask("/readyz").status == 200
        with Visitors(server) as visitors:
            for turn in range(ACTIVATIONS):
                site.store.activate((before, live)[turn % 2])
                visitors.wait_for(20)
        named = {a.json["snapshot"] for a in visitors.answers if a.path == "/api/v1/status"}
    assert named == {before, live}
    assert failed(visitors.answers) == []
    assert mixed(visitors.answers, records) == []


def test_a_worker_is_killed_under_load(site: Site) -> None:
    with serve(site) as server, Visitors(server) as visitors:
        visitors.wait_for(40)
        victim = server.workers()[0]
        os.kill(victim, signal.SIGKILL)
        visitors.wait_for(200)
        deadline = time.monotonic() + 30
        while len(server.workers()) < 2 or victim in server.workers():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        visitors.wait_for(40)
        # At most what that worker had in hand: one request of each visitor.
        assert len(failed(visitors.answers)) <= visitors.number
        assert failed(visitors.answers[-40:]) == []


def test_sigterm_lets_a_download_end(site: Site) -> None:
    with serve(site, workers=1) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            connection.sendall(b"GET /exports/penalty.jsonl HTTP/1.1\r\nHost: localhost\r\n\r\n")
            first = connection.recv(200)
            assert first.startswith(b"HTTP/1.1 200 OK")
            (worker,) = server.workers()
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            assert process_exists(worker) or server.process.poll() is None
            rest = first
            while piece := connection.recv(65_536):
                rest += piece
        assert rest.count(b'"public_id"') >= 24 or rest.count(b"\n{") >= 24
        assert rest.endswith(b"0\r\n\r\n")
        assert server.process.wait(timeout=30) == 0


def test_sigterm_under_load_breaks_no_answer(site: Site) -> None:
    with serve(site) as server, Visitors(server) as visitors:
        visitors.wait_for(60)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=30) == 0
        time.sleep(0.1)
    # What was answered was answered whole; then there was nobody to connect to.
    states = [answer.status for answer in visitors.answers]
    first_refused = states.index(0)
    assert 0 not in states[:60]
    assert first_refused >= 60


def test_connections_that_say_nothing_hold_up_nobody(site: Site) -> None:
    with serve(site, workers=1) as server:
        silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
        try:
            for path in PATHS[:6]:
                assert server.ask(path).status == 200
        finally:
            for connection in silent:
                connection.close()


def test_a_worker_is_replaced_in_time_and_nobody_notices(site: Site) -> None:
    with serve(site, GUNICORN_CMD_ARGS="--max-requests 60 --max-requests-jitter 20") as server:
        first = set(server.workers())
        with Visitors(server) as visitors:
            visitors.wait_for(300)
        assert first.isdisjoint(server.workers())
    assert failed(visitors.answers) == []


def test_no_connection_is_left_half_read(site: Site) -> None:
    with serve(site, workers=1) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", "/exports/penalty.jsonl")
        connection.getresponse().read(10)
        connection.close()
        assert server.ask("/api/v1/status").status == 200
