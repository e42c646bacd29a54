"""Names while typing, and names that are like what was typed: pages and JSON."""

from collections.abc import Callable

import pytest

from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

Browse = Callable[[], CheckingClient]
NAMES = ("澄州神舰食品有限公司", "神舰工程股份有限公司", "湖东神舰贸易有限公司")


@pytest.fixture
def client(portal: Portal, browse: Browse) -> CheckingClient:
    portal.ingest(
        [
            world.penalty(n, CF_XDR_MC=name, CF_XDR_SHXYM=world.uscc(n))
            for n, name in enumerate(NAMES, start=1)
        ]
    )
    stall = {"CF_XDR_LB": "个体工商户", "CF_XDR_SHXYM": world.uscc(9, prefix="92")}
    portal.ingest([world.penalty(9, CF_XDR_MC="神舰小吃店", **stall)], "stall.csv")
    people = [world.debtor(1, iname="神舰一郎"), world.debtor(2, iname="欧阳若澄")]
    portal.ingest_path(world.write_jsonl(portal.folder / "debtors.jsonl", people))
    portal.publish()
    return browse()


def suggested(client: CheckingClient, q: str) -> list[str]:
    body = client.get("/suggest", query_string={"q": q}).get_json()
    assert set(body) == {"suggestions"}
    for entry in body["suggestions"]:
        assert entry["url"].startswith("/entities/")
        assert client.get(entry["url"]).status_code == 200
    return [entry["name"] for entry in body["suggestions"]]


@pytest.mark.parametrize("q", ["神舰", "神艦", "shenjian", "ShenJian"])
def test_organisations_are_suggested_and_nobody_else(client: CheckingClient, q: str) -> None:
    assert sorted(suggested(client, q)) == sorted(NAMES)


def test_a_code_suggests_its_organisation(client: CheckingClient) -> None:
    assert suggested(client, world.uscc(2).lower()) == [NAMES[1]]


@pytest.mark.parametrize(
    "q", ["", "神", "欧阳若澄", "欧阳", "神舰一郎", "神舰小吃店", "！", "\x00", "((("]
)
def test_nothing_is_suggested(client: CheckingClient, q: str) -> None:
    assert suggested(client, q) == []


@pytest.mark.parametrize(
    ("query", "status"), [("q=a&q=b", 400), ("x=1", 400), ("q=" + "a" * 201, 413)]
)
def test_what_cannot_be_meant_is_refused(client: CheckingClient, query: str, status: int) -> None:
    assert client.get(f"/suggest?{query}").status_code == status


@pytest.mark.parametrize(
    ("q", "reason"),
    [
        ("神舰股份", "parts"),
        ("神剑工程股份", "spelling"),
        ("神舰工程有限公司", "form"),
        ("shenjian gongcheng", "pinyin"),
        ("ST神舰工程A", "noise"),
    ],
)
def test_similar_names_are_told_apart_from_hits(
    client: CheckingClient, q: str, reason: str
) -> None:
    body = client.get("/api/v1/search", query_string={"q": q}).get_json()
    assert body["total"] == 0
    result = body["results"][0]
    assert (result["name"], result["match"]["kind"]) == (NAMES[1], "similar")
    assert result["match"]["reason"] == reason
    assert result["match"]["spans"]
    assert body["totals"]["similar"] == len(body["results"])


def test_the_page_offers_them_in_their_own_group(client: CheckingClient) -> None:
    page = client.get("/search", query_string={"q": "shenjian gongcheng"}).text
    assert "您要找的可能是" in page
    assert "拼音相符" in page
    assert "<mark>神舰工程</mark>股份有限公司" in page
    assert "未查询到在公示期内的公开信息" in page


def test_similar_names_are_paged_through_like_the_others(client: CheckingClient) -> None:
    query = {"q": "神舰有限公司", "type": "entity", "page_size": "1"}
    names = []
    for number in range(1, 9):
        answer = client.get("/api/v1/search", query_string={**query, "page": str(number)})
        if answer.status_code == 404:
            break
        body = answer.get_json()
        names += [result["name"] for result in body["results"]]
        if "next" not in body["links"]:
            break
    assert sorted(names) == sorted((*NAMES, "神舰小吃店"))
