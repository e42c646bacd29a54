"""The access log: what a line tells, and what it never tells."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from flask import Flask

from portal.web.access import accesses_of
from portal.web.access_log import ID_HEADER, Line
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def app(portal: Portal) -> Iterator[Flask]:
    portal.ingest([world.penalty(n) for n in range(1, 4)])
    portal.publish()
    app = portal.app(
        access_log=str(portal.folder / "access.jsonl"),
        ratelimit_enabled=True,
        ratelimit_suggest="2/hour",
        trusted_proxies=1,
    )
    app.testing = True
    yield app
    app.extensions["portal.live"].close()
    accesses_of(app).close()


@pytest.fixture
def client(app: Flask) -> CheckingClient:
    return CheckingClient(app)


def lines(portal: Portal) -> list[dict[str, Any]]:
    text = (portal.folder / "access.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_tells_the_kind_of_a_request(client: CheckingClient, portal: Portal) -> None:
    response = client.get(
        "/search?q=蓝穗", headers={"X-Forwarded-For": "203.0.113.77", ID_HEADER: "chosen"}
    )
    (line,) = lines(portal)
    assert line.pop("ms") > 0
    assert line.pop("pid") > 1
    assert re.fullmatch("[0-9a-f]{16}", line["id"])
    assert line == {
        "time": "2026-11-22T02:30:00.000Z",
        "id": response.headers[ID_HEADER],
        "address": "203.0.113.0/24",
        "method": "GET",
        "route": "/search",
        "endpoint": "pages.search",
        "status": 200,
        "bytes": len(response.data),
        "limit": "search",
        "snapshot": portal.store.current_id(),
    }


def test_a_line_for_whatever_came(client: CheckingClient, portal: Portal) -> None:
    record = client.json("/api/v1/search?q=蓝穗&type=record")["results"][0]["id"]
    asked = [
        ("GET", f"/records/{record}", 200, "/records/<public_id>", "pages"),
        ("GET", "/records/" + 24 * "a", 404, "/records/<public_id>", "pages"),
        ("GET", "/nowhere/at/all", 404, None, ANY),
        ("DELETE", "/about", 405, None, ANY),
        ("BREW", "/about", 405, None, ANY),
        ("HEAD", "/about", 200, "/about", "pages"),
        ("GET", "/search?page=many", 400, "/search", "search"),
        ("GET", "/suggest?q=蓝", 200, "/suggest", "suggest"),
        ("GET", "/suggest?q=蓝", 200, "/suggest", "suggest"),
        ("GET", "/suggest?q=蓝", 429, "/suggest", "suggest"),
        ("GET", "/healthz", 200, "/healthz", None),
        ("GET", "/static/css/site.css", 200, "/static/<filename>", None),
    ]
    for method, path, *_ in asked:
        client.get(path, method=method).close()
    found = lines(portal)[1:]
    told = [(line["status"], line["route"], line["limit"]) for line in found]
    assert told == [(status, route, limit) for _, _, status, route, limit in asked]
    assert [line["method"] for line in found] == [
        "OTHER" if method == "BREW" else method for method, *_ in asked
    ]


def test_a_download_is_told_when_it_ends(app: Flask, portal: Portal) -> None:
    client = app.test_client()
    response = client.get("/exports/penalty.csv")
    chunks = response.iter_encoded()
    next(iter(chunks))
    assert not (portal.folder / "access.jsonl").exists()
    content = response.get_data()
    response.close()
    (line,) = lines(portal)
    assert (line["status"], line["route"]) == (
        200,
        "/exports/<code>.<form>",
    )
    assert line["bytes"] >= len(content)


def test_an_answer_that_breaks_off_has_its_line(
    app: Flask, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Iterator[str]:
        yield "first"
        raise RuntimeError("disk")

    monkeypatch.setattr("portal.web.exports._csv_lines", broken)
    response = app.test_client().get("/exports/penalty.csv")
    with pytest.raises(RuntimeError):
        response.get_data()
    response.close()
    assert [(line["status"], line["bytes"]) for line in lines(portal)] == [(200, 5)]


def test_what_is_no_request_has_its_line(app: Flask, portal: Portal) -> None:
    accesses_of(app).refuse(400, "2001:db8:aaaa:bbbb::77", 512)
    (line,) = lines(portal)
    assert (line["address"], line["method"], line["route"], line["status"], line["bytes"]) == (
        "2001:db8:aaaa::/48", "OTHER", None, 400, 512
    )  # fmt: skip


def test_without_its_log_the_site_stays_up_and_says_so(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    portal.ingest([world.penalty(1)])
    portal.publish()
    app = portal.app(access_log=str(portal.folder))
    client = CheckingClient(app)
    for _ in range(3):
        client.page("/about")
    assert caplog.text.count("The access log cannot be written") == 1
    ready = client.get("/readyz")
    assert (ready.status_code, ready.text) == (200, "ok\n访问日志无法写入\n")
    assert 'portal_log_failures_total{log="access"} ' in client.get("/metrics").text
    app.extensions["portal.live"].close()


def test_the_page_tells_every_field() -> None:
    page = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8")
    for name in Line.__struct_fields__:
        assert f"| `{name}` |" in page
