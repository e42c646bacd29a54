"""/metrics: who may read it, and what it counts over all workers."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from portal.addresses import read_networks
from portal.web import metric_slots
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal
from tests.publish.test_publicity import person

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def published(portal: Portal) -> Portal:
    hidden = person(world.penalty(2), CF_XDR_MC="佟晓岚", CF_XDR_ZJHM=world.id_number(3))
    portal.ingest([world.penalty(1), hidden])
    portal.publish()
    return portal


@pytest.fixture
def client(published: Portal) -> Iterator[CheckingClient]:
    app = published.app()
    yield CheckingClient(app)
    app.extensions["portal.live"].close()


def values(text: str) -> dict[tuple[str, ...], float]:
    """Samples by name and the values of their labels, in order of the labels' names."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route(client: CheckingClient) -> None:
    before = values(client.get("/metrics").text)
    for path in ("/about", "/about", "/records/" + "a" * 24, "/no/such/鄢霁月", "/search?page=x"):
        client.get(path)
    client.get("/about", method="MARK7431")
    text = client.get("/metrics").text
    after = values(text)

    def more(*key: str) -> float:
        return after.get(key, 0) - before.get(key, 0)

    requests = "portal_requests_total"
    assert more(requests, "GET", "/about", "2xx") == 2
    assert more(requests, "GET", "/records/<public_id>", "4xx") == 1
    assert more(requests, "GET", "(none)", "4xx") == 1
    assert more(requests, "OTHER", "(none)", "4xx") == 1
    assert more("portal_request_seconds_count", "/about") == 2
    assert more("portal_errors_total", "bad_request") == 1
    assert more("portal_errors_total", "not_found") == 2
    assert before["portal_requests_in_flight",] >= 1  # the one that asks
    assert more("portal_requests_in_flight") == 0
    assert "MARK7431" not in text
    assert "鄢霁月" not in text


def test_the_snapshot_is_told_as_it_stands(published: Portal, client: CheckingClient) -> None:
    published.today = world.TODAY.replace(day=25)
    found = values(client.get("/metrics").text)
    manifest = published.store.open(published.store.current_id())
    assert found["portal_snapshot_live",] == found["portal_ready",] == 1
    assert found["portal_snapshot_age_days",] == 3
    assert found["portal_snapshot_published_seconds",] == 3 * 86_400
    assert found["portal_records", "penalty"] == 1
    withheld = {key[1]: n for key, n in found.items() if key[0] == "portal_records_withheld"}
    assert withheld == manifest.manifest.withheld
    assert sum(withheld.values()) == 1
    manifest.close()


def test_without_a_snapshot_there_are_metrics_all_the_same(portal: Portal) -> None:
    client = CheckingClient(portal.app())
    found = values(client.get("/metrics").text)
    assert found["portal_snapshot_live",] == found["portal_ready",] == 0
    assert ("portal_snapshot_age_days",) not in found


def test_limits_are_counted_by_name(published: Portal) -> None:
    app = published.app(
        ratelimit_enabled=True, ratelimit_suggest="1/hour", ratelimit_person_name="1/day"
    )
    client = CheckingClient(app)
    before = values(client.get("/metrics").text)
    for _ in range(3):
        client.get("/suggest?q=蓝")
        asked = {"name": "佟晓岚", "id_number": "1"}
        client.get("/api/v1/persons/check", method="POST", json=asked)
    after = values(client.get("/metrics").text)
    hits = {
        key[1]: after[key] - before.get(key, 0) for key in after
        if key[0] == "portal_limit_hits_total" and after[key] != before.get(key, 0)
    }  # fmt: skip
    assert hits == {"suggest": 2, "person-name": 2}
    app.extensions["portal.live"].close()


@contextmanager
def running(portal: Portal, **changes: object) -> Iterator[CheckingClient]:
    app = portal.app(**changes)
    yield CheckingClient(app)
    app.extensions["portal.live"].close()


@pytest.mark.parametrize("proxies", [0, 1])
def test_this_machine_may_read_them(published: Portal, proxies: int) -> None:
    with running(published, trusted_proxies=proxies) as client:
        for peer in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
            for host in ("localhost", "127.0.0.1:8000", "localhost:8000", "[::1]:8000", "[::1]"):
                response = client.get(
                    "/metrics", headers={"Host": host}, environ_overrides={"REMOTE_ADDR": peer}
                )
                assert response.status_code == 200, (peer, host)
                assert response.headers["Cache-Control"] == "no-store"


OUTSIDE: list[tuple[str, dict[str, str]]] = [
    ("203.0.113.77", {}),
    ("10.0.0.9", {}),
    ("", {}),
    ("127.0.0.1", {"X-Forwarded-For": "203.0.113.77"}),
    ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
    ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1, 127.0.0.1"}),
    ("127.0.0.1", {"X-Forwarded-For": ""}),
    ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}),
    ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}),
    ("127.0.0.1", {"Via": "1.1 proxy"}),
    ("127.0.0.1", {"X-Forwarded-Proto": "https"}),
    ("127.0.0.1", {"Host": "credit.example.cn"}),
    ("127.0.0.1", {"Host": "127.0.0.1.example.cn"}),
]
"""Who is not this machine, or came through a proxy on it."""


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_for_anyone_else_they_are_not_there(published: Portal, proxies: int) -> None:
    with running(published, trusted_proxies=proxies) as client:
        for peer, headers in OUTSIDE:
            refused = client.get(
                "/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": peer}
            )
            assert refused.status_code == 404, (peer, headers)
            assert "portal_" not in refused.text
            assert "没有这一页" in refused.text


NETWORKS = [
    (0, "10.1.2.3", "", 200),
    (0, "11.1.2.3", "", 404),
    (0, "10.1.2.3", "10.1.2.3", 404),  # a proxy that nobody spoke of
    (0, "127.0.0.1", "", 200),
    (1, "192.0.2.1", "10.1.2.3", 200),
    (1, "192.0.2.1", "203.0.113.77", 404),
    (1, "192.0.2.1", "10.1.2.3, 203.0.113.77", 404),  # forged by the client
    (1, "10.1.2.3", "203.0.113.77", 404),
    (1, "127.0.0.1", "", 200),
]


def test_networks_that_are_set_may_read_them(published: Portal) -> None:
    for proxies in (0, 1):
        networks = read_networks("10.0.0.0/8")
        with running(published, trusted_proxies=proxies, metrics_networks=networks) as client:
            for trusted, peer, forwarded, expected in NETWORKS:
                headers = {"X-Forwarded-For": forwarded} if forwarded else {}
                environ = {"REMOTE_ADDR": peer}
                if trusted == proxies:
                    answer = client.get("/metrics", headers=headers, environ_overrides=environ)
                    assert answer.status_code == expected, (trusted, peer, forwarded)


COUNTING = """
import os
from portal.web import metric_slots

folder = metric_slots.claim_folder()
assert metric_slots.claim_folder() == folder
from portal.web import metrics

def worker(slot, status):
    metric_slots.free_slot(range(1, slot))
    child = os.fork()
    if child == 0:
        metric_slots.take(slot)
        metrics.in_flight.inc()
        for _ in range(10):
            metrics.count_request("/about", "GET", status, 0.02)
        os._exit(0)
    os.waitpid(child, 0)

worker(1, 200); worker(2, 200); worker(1, 200); worker(1, 500)
metric_slots.forget_living(1); metric_slots.forget_living(2)
print(metrics.exposition().decode())
print("# files", sorted(path.name for path in folder.iterdir()))
metric_slots.remove_folder()
print("# gone", not folder.exists())
"""


def test_workers_are_counted_together_and_a_slot_is_taken_over(tmp_path: Path) -> None:
    environ = {k: v for k, v in os.environ.items() if k != metric_slots.VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", COUNTING],
        env=environ | {"TMPDIR": str(tmp_path)}, cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = values(done.stdout)
    assert found["portal_requests_total", "GET", "/about", "2xx"] == 30
    assert found["portal_requests_total", "GET", "/about", "5xx"] == 10
    assert found["portal_request_seconds_count", "/about"] == 40
    assert found["portal_errors_total", "fault"] == 10
    assert found["portal_requests_in_flight",] == 0
    files = re.findall(r"'(\w+)_(\d)\.db'", done.stdout)
    assert {slot for kind, slot in files if kind == "counter"} == {"0", "1", "2"}
    assert "# gone True" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_lowest_slot_that_is_free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(metric_slots.VARIABLE, str(tmp_path))
    assert metric_slots.free_slot([]) == 1
    assert metric_slots.free_slot([1, 2, 4]) == 3


def test_the_page_tells_every_metric(client: CheckingClient) -> None:
    page = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8")
    families = {
        family.name + ("_total" if family.type == "counter" else ""): family
        for family in text_string_to_metric_families(client.get("/metrics").text)
    }
    told = dict(re.findall(r"^\| `(portal_\w+)` \|([^|]*)\|", page, flags=re.MULTILINE))
    assert set(told) == set(families)
    for name, family in families.items():
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert labels <= set(re.findall(r"`(\w+)`", told[name])), name
