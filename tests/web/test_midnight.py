"""A live site walked over midnight, on every route that the application has."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from urllib.parse import quote

import pytest
from openpyxl import load_workbook
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

LAST_DAY = date(2026, 12, 1)
ENDING = world.penalty(
    2, CF_SY="当事人无证经营烟花爆竹", CF_WFXW="无证经营烟花爆竹", CF_CFJG="澄州市应急管理局",
    CF_CFJGDM=world.uscc(90000009, prefix="11", region="380100"),
) | {"CF_GSJZQ": LAST_DAY.isoformat()}  # fmt: skip
LONELY = ENDING | {
    "CF_WSH": "澄应急罚〔2026〕77号",
    "CF_XDR_MC": "澄州市孤山爆竹有限公司",
    "CF_XDR_SHXYM": world.uscc(77),
}
PERSON = world.debtor(
    5, iname="端木清越", cardNum=world.id_number(55), 失信期限届满日=LAST_DAY.isoformat()
)
LISTED = world.listing(
    3,
    列入事由="伪造检验报告",
    公布截止日期=LAST_DAY.isoformat(),
    失信主体名称="澄州市断桥检测有限公司",
    统一社会信用代码=world.uscc(78),
)
MARKS = (
    *("烟花爆竹", "澄市监罚〔2026〕2号", "澄应急罚〔2026〕77号", "孤山爆竹", world.uscc(77)),
    *("澄州市应急管理局", "端木清越", "伪造检验报告", "断桥检测", world.uscc(78)),
)

# How each route is called; a route that stands in none of these tables fails the test.
ASKED = [f"q={quote(q)}" for q in ("烟花爆竹", "孤山爆竹", "孤山暴竹", "蓝穗", "断桥", "端木清越")]
ASKED += ["class=penalty", "list=market-regulation", "region=38", "sort=oldest&type=record"]
CLASSES, FORMS = ("penalty", "black_list", "judgment_debtor"), ("csv", "jsonl", "xlsx")
QUERIES: dict[str, list[str]] = {
    "pages.search": [f"/search?{query}" for query in ASKED],
    "api.search": [f"/api/v1/search?{query}" for query in ASKED],
    "suggestions.suggest": [f"/suggest?q={quote(q)}" for q in ("孤山", "断桥", "蓝穗", "gushan")],
    "pages.list": ["/lists/market-regulation"],
    "pages.code": [f"/codes/{world.uscc(n)}" for n in (1, 77, 78)],
    "api.organization": [f"/api/v1/organizations/{world.uscc(n)}" for n in (1, 77, 78)],
    "statistics.table": [
        f"/statistics/{name}.csv"
        for name in ("months", "authorities", "regions", "ending", "timeliness", "amounts")
    ],
    "feeds.of_class": [f"/feeds/{code}.atom" for code in CLASSES],
    "feeds.of_list": ["/feeds/lists/market-regulation.atom"],
    "exports.of_class": [f"/exports/{code}.{form}" for code in CLASSES for form in FORMS],
    "exports.of_search": [
        f"/search.{form}?{query}" for query in ASKED if "type" not in query for form in FORMS
    ],
    "machines.sitemap_part": ["/sitemaps/1.xml", "/sitemaps/2.xml"],
}
FOUND_BY_CRAWLING = {"pages.entity", "pages.record", "api.entity", "api.record"}
PLAIN = {
    *("pages.home", "pages.lists", "pages.about", "api.status", "health.ready", "persons.check"),
    *("statistics.overview", "knowledge.catalog", "knowledge.measures", "knowledge.library"),
    *("knowledge.guides", "knowledge.privacy", "knowledge.accessibility", "knowledge.sitemap"),
    *("machines.robots", "machines.sitemap", "machines.opensearch", "machines.manifest"),
    *("reference.catalog", "reference.openapi", "metrics.show"),
}
POSTED = {"persons.check_api"}
SHOW_NO_RECORD = {
    *("static", "health.alive", "machines.favicon", "knowledge.document", "knowledge.guide"),
}


@pytest.fixture
def live(portal: Portal) -> Portal:
    portal.ingest([world.penalty(1), ENDING, LONELY])
    portal.ingest([world.listing(1), LISTED], "black.csv")
    portal.ingest([world.assignment(1)], "codes.csv")
    portal.ingest_path(world.write_jsonl(portal.folder / "debtors.jsonl", [PERSON]))
    portal.publish()
    portal.settings = replace(portal.settings, site_origin="https://credit.example.cn")
    return portal


ECHOED = r'value="[^"]*"|“[^”]*”|q=[^&"]*|"q":"[^"]*"|<title>.*?</title>|<strong>[^<]*</strong>'
"""Where a page repeats what was asked."""


def addresses(rules: list[Rule]) -> list[str]:
    found = []
    for rule in rules:
        if rule.endpoint in QUERIES:
            found += QUERIES[rule.endpoint]
        elif rule.endpoint in PLAIN:
            assert not rule.arguments, rule
            found.append(rule.rule)
        else:
            known = FOUND_BY_CRAWLING | POSTED | SHOW_NO_RECORD
            assert rule.endpoint in known, f"{rule.endpoint} is not walked over midnight"
    return found


def crawl(client: CheckingClient, start: list[str]) -> dict[str, str]:
    """Fetch everything that can be reached, and return address → text."""
    pages: dict[str, str] = {}
    waiting = list(start)
    while waiting:
        path = waiting.pop()
        if path in pages:
            continue
        pages[path] = text_of(client.get(path))
        found = set(re.findall(r"/(?:entities|records)/[a-z0-9]{24}", pages[path]))
        waiting += [root + address for address in found for root in ("", "/api/v1")]
    return pages


def text_of(response: TestResponse) -> str:
    """What an answer says; of a sheet, its cells."""
    if "spreadsheet" not in response.content_type:
        return response.text
    sheet = load_workbook(BytesIO(response.data), read_only=True).worksheets[0]
    return "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)


def ids_in(text: str) -> set[str]:
    return set(re.findall(r"/(?:entities|records)/([a-z0-9]{24})", text))


def check_person(client: CheckingClient) -> str:
    body = {"name": "端木清越", "id_number": world.id_number(55)}
    answers = [
        client.get("/api/v1/persons/check", method="POST", json=body),
        client.get("/check-person", method="POST", data=body),
    ]
    return "".join(answer.text for answer in answers)


def test_at_midnight_it_is_gone_from_every_route(
    live: Portal, browse: Callable[[], CheckingClient]
) -> None:
    client = browse()
    rules = list(client.app.url_map.iter_rules())
    start = addresses(rules)
    live.today = LAST_DAY
    before = crawl(client, start)
    for mark in MARKS:
        assert any(mark in text for text in before.values()), mark
    assert "端木清越" in check_person(client) or "records/" in check_person(client)
    ending = {path for path, text in before.items() if any(mark in text for mark in MARKS)}
    assert len(ending) > 40

    live.today = LAST_DAY + timedelta(days=1)
    after = crawl(client, [*before, *start])
    assert set(after) >= set(before)
    for path, text in after.items():
        shown = re.sub(ECHOED, "", text)
        for mark in MARKS:
            assert mark not in shown, (path, mark)
    gone = {
        public_id
        for public_id in set().union(*map(ids_in, before.values()))
        if "404" in client.get(f"/api/v1/records/{public_id}").status
        and "404" in client.get(f"/api/v1/entities/{public_id}").status
    }
    assert len(gone) > 5
    for path, text in after.items():
        assert not gone & ids_in(text), path
    unknown = client.get("/api/v1/records/" + "a" * 24).data
    for path in ending:
        if "/api/v1/records/" in path and path not in ("/api/v1/records/",):
            assert client.get(path).data == unknown
    assert "records/" not in check_person(client)


def test_a_snapshot_of_yesterday_counts_like_one_of_today(
    live: Portal, browse: Callable[[], CheckingClient]
) -> None:
    client = browse()
    live.today = LAST_DAY + timedelta(days=1)
    aged = client.json("/api/v1/status")
    facets = client.json("/api/v1/search?type=record")["facets"]
    live.publish()
    fresh = client.json("/api/v1/status")
    assert aged["snapshot"] != fresh["snapshot"]
    for key in ("entities", "records", "today"):
        assert aged[key] == fresh[key], key
    assert facets == client.json("/api/v1/search?type=record")["facets"]


def test_midnight_is_that_of_shanghai(live: Portal) -> None:
    from datetime import UTC, datetime

    from portal.app import create_app

    def at(moment: datetime) -> int:
        app = create_app(live.settings, now=lambda: moment.astimezone(world.NOW.tzinfo))
        response = app.test_client().get("/api/v1/search?q=%E5%AD%A4%E5%B1%B1%E7%88%86%E7%AB%B9")
        app.extensions["portal.live"].close()
        total: int = response.get_json()["total"]
        return total

    assert at(datetime(2026, 12, 1, 15, 59, 59, tzinfo=UTC)) == 2
    assert at(datetime(2026, 12, 1, 16, 0, 0, tzinfo=UTC)) == 0


def test_no_answer_may_be_kept_past_midnight(
    live: Portal, browse: Callable[[], CheckingClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import datetime

    moment = datetime(2026, 12, 1, 23, 59, 40, tzinfo=world.NOW.tzinfo)
    monkeypatch.setattr(type(live), "now", lambda _: moment)
    client = browse()
    for path in crawl(client, addresses(list(client.app.url_map.iter_rules()))):
        control = client.get(path).headers["Cache-Control"]
        age = re.search(r"max-age=(\d+)", control)
        assert control == "no-store" or (age and int(age[1]) <= 20), (path, control)
