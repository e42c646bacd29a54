from collections.abc import Callable
from datetime import timedelta

import pytest

from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

Browse = Callable[[], CheckingClient]


@pytest.fixture
def client(portal: Portal, browse: Browse) -> CheckingClient:
    portal.ingest([world.penalty(1), world.penalty(2, CF_SY="当事人无证经营烟花爆竹")])
    portal.ingest([world.permit(1)], "permits.csv")
    portal.ingest([world.listing(1)], "black.csv")
    portal.ingest([world.honour()], "red.csv")
    former = world.assignment(1, 曾用名称="澄州蓝穗小吃店")
    empty = world.assignment(3, "澄州市空白贸易有限公司")
    twin = world.assignment(4, "澄州市空白贸易有限公司")
    portal.ingest([former, empty, twin], "codes.csv")
    debtors = [world.debtor(1), world.debtor(2, iname="欧阳若澄", cardNum="3801021990****0026")]
    portal.ingest_path(world.write_jsonl(portal.folder / "debtors.jsonl", debtors))
    portal.publish()
    return browse()


def search(client: CheckingClient, **query: str) -> dict[str, object]:
    response = client.get("/api/v1/search", query_string=query)
    assert response.status_code == 200, response.text
    body: dict[str, object] = response.get_json()
    return body


def names(body: dict[str, object], kind: str = "entity") -> list[str]:
    results = body["results"]
    assert isinstance(results, list)
    return [result["name"] for result in results if result["type"] == kind]


def first(body: dict[str, object]) -> dict[str, object]:
    results = body["results"]
    assert isinstance(results, list)
    found: dict[str, object] = results[0]
    return found


@pytest.mark.parametrize(
    "q",
    ["蓝穗", "穗食品有", "有限公司 蓝穗", "藍穗食品", "ＬＡＮ蓝穗"[3:], "（蓝穗）", "澄州市 蓝穗"],
)
def test_any_fragment_of_a_company_name_finds_it(client: CheckingClient, q: str) -> None:
    found = first(search(client, q=q))
    assert found["name"] == "澄州市蓝穗食品有限公司"
    assert found["counts"] == {"permit": 1, "penalty": 2, "black_list": 1, "code_assignment": 1}


def test_codes_in_any_spelling_find_exactly_one(client: CheckingClient) -> None:
    code = world.uscc(1)
    for q in (code, code.lower(), f"{code[:8]} {code[8:]}", code[8:17], f"{code[8:16]}-{code[16]}"):
        body = search(client, q=q)
        assert names(body) == ["澄州市蓝穗食品有限公司"], q
        match = first(body)["match"]
        assert isinstance(match, dict)
        assert match["kind"] == "exact_code"


def matched(found: dict[str, object]) -> tuple[object, object, object]:
    match = found["match"]
    assert isinstance(match, dict)
    return match["kind"], match["field"], match["spans"]


def test_a_match_names_its_field_and_place(client: CheckingClient) -> None:
    code = world.uscc(1)
    for q, spans in ((code, [[0, 18]]), (code.lower(), [[0, 18]]), (code[8:17], [[8, 17]])):
        results = search(client, q=q)["results"]
        assert isinstance(results, list)
        assert {result["type"] for result in results} == {"entity", "record"}
        for result in results:
            assert matched(result) == ("exact_code", "uscc", spans)
            assert result["uscc"] == code
    number = first(search(client, q="澄市监罚[2026]1号"))
    assert matched(number) == ("doc_no", "document_number", [[0, len("澄市监罚〔2026〕1号")]])
    assert number["excerpt"] == ""
    former = first(search(client, q="澄州蓝穗小吃店"))
    assert matched(former) == ("former_name", "former_names", [[0, 7]])
    assert former["matched_name"] == "澄州蓝穗小吃店"
    former = first(search(client, q="蓝穗小吃"))
    assert matched(former) == ("contains", "former_names", [[2, 6]])
    assert matched(first(search(client, q="穗食品"))) == ("contains", "name", [[4, 7]])
    of_name = first(search(client, q="蓝穗食品", type="record"))
    assert matched(of_name) == ("text", "name", [[3, 7]])
    assert matched(first(search(client, q="烟花爆竹")))[1] == "facts"
    assert matched(first(search(client, type="record"))) == ("filter", "", [])


def test_a_number_in_another_field_is_quoted(client: CheckingClient, portal: Portal) -> None:
    portal.ingest([world.permit(2, XK_XKZS="食品经营许可证", XK_XKBH="JY13801020000017")], "p.csv")
    portal.publish()
    found = first(search(client, q="jy13801020000017"))
    assert matched(found) == ("doc_no", "permit_number", [[0, 16]])
    assert found["excerpt"] == "JY13801020000017"


def test_a_document_number_finds_its_record(client: CheckingClient) -> None:
    for q in ("澄市监罚〔2026〕1号", "澄市监罚[2026]1号", "澄市监罚（2026）1号"):
        body = search(client, q=q)
        found = first(body)
        assert found["document_number"] == "澄市监罚〔2026〕1号"
        assert body["total"] == 1


def test_the_text_of_a_record_is_found_and_marked(client: CheckingClient) -> None:
    body = search(client, q="烟花爆竹")
    found = first(body)
    assert found["type"] == "record"
    match = found["match"]
    excerpt = found["excerpt"]
    assert isinstance(match, dict)
    assert isinstance(excerpt, str)
    assert [excerpt[start:end] for start, end in match["spans"]] == ["烟花爆竹"]


def test_a_former_name_leads_to_the_company(client: CheckingClient) -> None:
    found = first(search(client, q="澄州蓝穗小吃店"))
    match = found["match"]
    assert isinstance(match, dict)
    assert (found["name"], match["kind"]) == ("澄州市蓝穗食品有限公司", "former_name")


def test_a_company_with_nothing_else_on_record_is_found(client: CheckingClient) -> None:
    body = search(client, q="空白贸易", type="entity")
    assert names(body) == ["澄州市空白贸易有限公司"] * 2
    results = body["results"]
    assert isinstance(results, list)
    assert len({result["uscc"] for result in results}) == 2


def test_persons_are_found_by_their_exact_full_name_only(client: CheckingClient) -> None:
    body = search(client, q="欧阳若澄")
    assert names(body) == ["欧阳若澄"] * 2
    for q in ("欧阳", "若澄", "欧阳若", "财产报告", "借款本金", world.COURT):
        assert search(client, q=q)["total"] == 0, q
    assert search(client, **{"class": "judgment_debtor"})["total"] == 0
    facets = search(client)["facets"]
    assert isinstance(facets, dict)
    assert "judgment_debtor" not in {entry["value"] for entry in facets["class"]}


def test_filters_and_facets(client: CheckingClient) -> None:
    body = search(client, q="蓝穗", type="record")
    facets = body["facets"]
    assert isinstance(facets, dict)
    counts = {entry["value"]: entry["count"] for entry in facets["class"]}
    assert counts == {"permit": 1, "penalty": 2, "black_list": 1, "code_assignment": 1}
    for code, count in counts.items():
        assert search(client, q="蓝穗", type="record", **{"class": code})["total"] == count
    assert search(client, list="market-regulation", type="record")["total"] == 1
    assert search(client, authority=world.BUREAU, region="3801", type="record")["total"] == 7
    dated = {"from": "2026-06-01", "to": "2026-06-01", "type": "record"}
    assert search(client, **dated)["total"] == 2
    assert search(client, q="蓝穗", **{"class": "red_list"})["total"] == 0


def test_order_and_paging(client: CheckingClient) -> None:
    newest = search(client, type="record", sort="newest", page_size="50")
    results = newest["results"]
    assert isinstance(results, list)
    days = [result["decided_on"] for result in results]
    assert days == sorted(days, reverse=True)
    oldest = search(client, type="record", sort="oldest", page_size="50")["results"]
    assert isinstance(oldest, list)
    assert [r["decided_on"] for r in oldest] == sorted(days)
    collected = []
    path = "/api/v1/search?type=record&page_size=3"
    while path:
        body = client.json(path)
        collected += [result["id"] for result in body["results"]]
        path = body["links"].get("next", "")
    assert collected == [result["id"] for result in results]
    assert client.json("/api/v1/search?type=record&page=40", 404)["status"] == 404


def test_an_entity_and_its_records(client: CheckingClient) -> None:
    found = first(search(client, q=world.uscc(1)))
    body = client.json(f"/api/v1/entities/{found['id']}")
    assert body["former_names"] == ["澄州蓝穗小吃店"]
    assert list(body["records"]) == ["permit", "penalty", "black_list", "code_assignment"]
    for records in body["records"].values():
        for entry in records:
            record = client.json(f"/api/v1/records/{entry['id']}")
            assert record["entity"]["id"] == found["id"]
            assert record["publicity"]["rule"]
            assert record["publicity"]["basis"]


def test_a_record_in_full(client: CheckingClient) -> None:
    found = first(search(client, q="烟花爆竹"))
    body = client.json(f"/api/v1/records/{found['id']}")
    assert body["publicity"]["from"] == "2026-06-01"
    assert body["publicity"]["until"] == "2027-06-01"
    assert body["source"]["authority"] == world.BUREAU
    assert body["source"]["delivered_on"] == "2026-11-22"
    assert body["fields"]["fine"] == "0.2"
    assert body["status"] == "valid"


def test_after_the_last_day_it_is_gone_everywhere(client: CheckingClient, portal: Portal) -> None:
    found = first(search(client, q="烟花爆竹"))
    record, unknown = f"/api/v1/records/{found['id']}", "/api/v1/records/" + "a" * 24
    portal.today = world.TODAY.replace(year=2027, month=6, day=1)
    assert search(client, q="烟花爆竹")["total"] == 1
    assert client.json(record)["id"] == found["id"]
    portal.today += timedelta(days=1)
    assert search(client, q="烟花爆竹")["total"] == 0
    assert client.get(record).data == client.get(unknown).data
    assert client.get(record).status_code == 404
    company = first(search(client, q=world.uscc(1)))
    assert company["counts"] == {"permit": 1, "black_list": 1, "code_assignment": 1}
    entity = client.json(f"/api/v1/entities/{company['id']}")
    assert "penalty" not in entity["records"]
    assert client.json("/api/v1/status")["records"]["penalty"] == 0


def test_errors_are_problem_json(client: CheckingClient) -> None:
    body = client.json("/api/v1/search?class=fines", 400)
    assert body["status"] == 400
    assert body["parameter"] == "class"
    assert "penalty" in body["detail"]
    assert client.json("/api/v1/search?q=" + "a" * 201, 413)["parameter"] == "q"
    assert client.json("/api/v1/records/none", 404)["title"]
    assert client.json("/api/v1/no-such-thing", 404)["status"] == 404
    response = client.get("/api/v1/search", method="DELETE")
    assert response.status_code == 405
    assert response.content_type == "application/problem+json"


def test_status(client: CheckingClient, portal: Portal) -> None:
    body = client.json("/api/v1/status")
    assert body["snapshot"] == portal.store.current_id()
    assert body["day"] == body["today"] == "2026-11-22"
    assert sum(body["records"].values()) == 10
    assert body["entities"] == 6
