import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal
from tests.publish.test_publicity import person

Browse = Callable[[], CheckingClient]


@pytest.fixture
def client(portal: Portal, browse: Browse) -> CheckingClient:
    hostile = world.penalty(3, CF_XDR_MC="<script>alert(1)</script>有限公司", CF_SY='"><b>粗</b>')
    basis = person(world.penalty(4)) | {"CF_GKYJ": "《食品安全法》第一百一十三条"}
    portal.ingest(
        [world.penalty(1), world.penalty(2), hostile | {"CF_XDR_SHXYM": world.uscc(7)}, basis]
    )
    portal.ingest([world.permit(1, XK_YXQZI="2026-06-30")], "permits.csv")
    portal.ingest([world.listing(1)], "black.csv")
    portal.ingest([world.honour()], "red.csv")
    portal.ingest([world.assignment(1, 曾用名称="澄州蓝穗小吃店")], "codes.csv")
    portal.ingest_path(world.write_jsonl(portal.folder / "d.jsonl", [world.debtor(1)]))
    portal.publish()
    return browse()


def links(page: str, prefix: str) -> list[str]:
    return re.findall(rf'href="({prefix}[^"]+)"', page)


def test_home_leads_everywhere(client: CheckingClient) -> None:
    page = client.page("/")
    assert 'name="q"' in page
    assert "行政处罚" in page
    for address in set(links(page, "/")):
        if not address.startswith(("/static", "/api", "/manifest")):
            client.page(address.replace("&amp;", "&"))


@pytest.mark.parametrize("q", ["蓝穗食品", world.uscc(1), "澄市监罚[2026]1号"])
def test_from_search_to_company_to_record(client: CheckingClient, q: str) -> None:
    results = client.get("/search", query_string={"q": q}).text
    assert "澄州市蓝穗食品有限公司" in re.sub("</?mark>", "", results)
    record = links(results, "/records/")[0]
    shown = client.page(record)
    entity = client.page(links(shown, "/entities/")[0])
    assert record in links(entity, "/records/")


def test_a_record_shows_everything_a_reader_needs(client: CheckingClient) -> None:
    results = client.page("/search?q=" + "澄市监罚〔2026〕1号")
    page = client.page(links(results, "/records/")[0])
    for text in (
        "行政处罚决定书文号", "澄市监罚〔2026〕1号", "处罚机关", world.BUREAU, "罚款金额（万元）",
        "2026年6月1日", "2027年6月1日", "一般失信行为", "信用修复管理办法", "异议",
    ):  # fmt: skip
        assert text in page, text


def test_an_ended_permit_is_not_called_invalid(client: CheckingClient) -> None:
    results = client.page("/search?class=permit")
    page = client.page(links(results, "/records/")[0])
    assert '<span class="state">有效期届满</span>' in page
    assert "无效" not in page


def test_an_empty_answer_is_worded_as_the_law_wants(client: CheckingClient) -> None:
    page = client.page("/search?q=不存在的公司")
    assert "未查询到在公示期内的公开信息" in page
    assert "无不良" not in page


def test_pages_of_natural_persons_stay_out_of_crawlers(client: CheckingClient) -> None:
    results = client.get("/search", query_string={"q": "欧阳若澄"})
    addresses = links(results.text, "/entities/") + links(results.text, "/records/")
    assert len(addresses) >= 2
    for address in ("/search?q=欧阳若澄", *addresses):
        assert client.get(address).headers["X-Robots-Tag"] == "noindex, noarchive", address
    company = client.get("/search", query_string={"q": "蓝穗"})
    assert "X-Robots-Tag" not in company.headers


def test_codes_lead_to_their_company(client: CheckingClient) -> None:
    response = client.get(f"/codes/{world.uscc(1).lower()}")
    assert response.status_code == 302
    assert "澄州市蓝穗食品有限公司" in client.page(response.headers["Location"])
    client.page(f"/codes/{world.uscc(99)}", 404)


def test_lists(client: CheckingClient) -> None:
    page = client.page("/lists")
    assert "市场监督管理严重违法失信名单" in page
    assert "行业协会失信会员名单" not in page
    entry = client.page("/lists/market-regulation")
    assert "澄州市蓝穗食品有限公司" in entry
    assert "国家市场监督管理总局令第44号" in entry
    client.page("/lists/association-warning", 404)
    client.page("/lists/market-regulation?page=2", 404)
    client.page("/lists/market-regulation?color=red", 400)


def test_a_list_is_searched_and_narrowed_like_everything(
    client: CheckingClient, portal: Portal
) -> None:
    other = {"失信主体名称": "澄州市断桥检测有限公司", "统一社会信用代码": world.uscc(78)}
    portal.ingest([world.listing(2, 列入日期="2026-06-20", **other)], "more.csv")
    portal.publish()
    page = client.page("/lists/market-regulation?sort=oldest")
    assert page.index("蓝穗食品") < page.index("断桥检测")
    narrowed = client.page("/lists/market-regulation?from=2026-06-01")
    assert "断桥检测" in narrowed
    assert "蓝穗食品" not in narrowed
    assert 'href="/lists/market-regulation"' in narrowed
    assert '<meta name="robots" content="noindex">' in narrowed
    found = client.get("/lists/market-regulation", query_string={"q": "断桥"}).text
    assert "<mark>断桥</mark>检测" in found
    assert "蓝穗食品" not in found
    for refused in ("list=wage-arrears", "class=penalty", "type=entity", "page=99"):
        assert client.get(f"/lists/market-regulation?{refused}").status_code in (400, 404)
    client.page("/lists/market-regulation?list=wage-arrears", 400)


def test_a_list_tells_who_is_on_it_and_who_leaves(client: CheckingClient) -> None:
    page = client.page("/lists/market-regulation")
    for text in ("列入条件", "移出条件和程序", "受到较重行政处罚", "列入满一年", "行政复议"):
        assert text in page, text


def test_a_subject_shows_its_lists_and_when_its_records_are_public(client: CheckingClient) -> None:
    page = client.page(client.get(f"/codes/{world.uscc(1)}").headers["Location"])
    assert 'href="/lists/market-regulation"' in page
    assert 'id="measures-market-regulation"' in page
    assert 'href="#class-penalty"' in page
    assert 'id="class-penalty"' in page
    drawn = re.findall(r'<svg [^>]*aria-label="([^"]+)"', page)
    assert any("行政处罚" in label and "2027年6月1日" in label for label in drawn)
    assert "数据版本" in page


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("class=penalty", ("作出处罚决定的机关", "提前停止公示", "不收取任何费用")),
        ("class=black_list", ("作出列入决定的机关", "申请移出")),
        ("q=欧阳若澄&type=record", ("执行法院申请纠正", "由执行法院删除")),
    ],
)
def test_a_record_tells_whom_to_turn_to(
    client: CheckingClient, asked: str, words: tuple[str, ...]
) -> None:
    page = client.page(links(client.get(f"/search?{asked}").text, "/records/")[0])
    for text in words:
        assert text in page, text


def test_style_and_script_stay_small() -> None:
    static = Path(__file__).parent.parent.parent / "static"
    assert sum(p.stat().st_size for p in static.glob("css/*.css")) <= 30_000
    assert sum(p.stat().st_size for p in static.glob("js/*.js")) <= 15_000
    for path in static.rglob("*.css"):
        assert "url(" not in path.read_text(encoding="utf-8")


def test_texts_of_sources_are_never_markup(client: CheckingClient) -> None:
    page = client.page("/search?q=alert1script有限")
    assert "<script>" not in page
    record = client.page(links(page, "/records/")[0])
    assert "&lt;script&gt;" in record
    assert "<b>粗</b>" not in record


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/search?class=fines", 400, "class"),
        ("/search?q=a&page=x", 400, "至少"),
        ("/search?q=" + "长" * 201, 413, "200"),
        ("/search?q=蓝穗&page=9", 404, "没有这一页"),
        ("/entities/unknown", 404, "公示期"),
        ("/records/unknown", 404, "公示期"),
        ("/lists/unknown", 404, "名单"),
        ("/no/such/page", 404, "没有这一页"),
    ],
)
def test_errors_are_pages(client: CheckingClient, path: str, status: int, words: str) -> None:
    assert words in client.page(path, status)


def test_an_ended_an_unknown_and_a_withheld_id_answer_alike(
    client: CheckingClient, portal: Portal
) -> None:
    results = client.page("/search?class=penalty")
    ended = links(results, "/records/")[0]
    portal.today = world.TODAY + timedelta(days=365)
    answers = {client.get(path).data for path in (ended, "/records/" + "a" * 24)}
    assert len(answers) == 1
    assert client.get(ended).status_code == 404


def test_answers_may_be_kept_until_midnight_at_most(client: CheckingClient, portal: Portal) -> None:
    response = client.get("/search", query_string={"q": "蓝穗"})
    assert response.headers["Cache-Control"] == "public, max-age=60"
    tag = response.headers["ETag"]
    path = "/search?q=蓝穗"
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    portal.today += timedelta(days=1)
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200
    assert client.get("/records/unknown").headers["Cache-Control"] == "no-store"


def test_no_snapshot_is_a_503(portal: Portal, browse: Browse) -> None:
    client = browse()
    client.page("/", 503)
    assert client.json("/api/v1/status", 503)["status"] == 503
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    portal.publish()
    assert client.get("/readyz").status_code == 200
    portal.today += timedelta(days=8)
    assert client.get("/readyz").status_code == 503


def test_a_running_site_follows_a_new_snapshot(client: CheckingClient, portal: Portal) -> None:
    portal.ingest([world.assignment(50, "澄州市雁来红园艺有限公司")], "new.csv")
    before = client.json("/api/v1/search?q=雁来红")
    portal.publish()
    after = client.json("/api/v1/search?q=雁来红")
    assert (before["total"], after["total"]) == (0, 2)
    assert before["snapshot"] != after["snapshot"]


def test_searches_are_limited(portal: Portal) -> None:
    portal.publish()
    app = portal.app(ratelimit_enabled=True, ratelimit_search="3/minute")
    app.testing = True
    client = app.test_client()
    statuses = [client.get("/search?q=蓝穗").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = client.get("/api/v1/search?q=蓝穗")
    assert refused.status_code == 429
    assert refused.content_type == "application/problem+json"
    assert int(refused.headers["Retry-After"]) <= 60
    assert client.get("/about").status_code == 200
    app.extensions["portal.live"].close()


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("q=蓝穗食品", True),
        ("class=penalty", True),
        ("q=无此名称公司", False),
        ("q=欧阳若澄", False),
        ("q=张小三", False),
        ("q=蓝穗食品&page=0", False),
        ("", False),
    ],
)
def test_search_engines_list_results_that_name_nobody(
    client: CheckingClient, query: str, listed: bool
) -> None:
    page = client.get(f"/search?{query}").text
    assert ('name="robots"' not in page) == listed
