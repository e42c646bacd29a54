from collections.abc import Callable
from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from portal.web import feeds
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal
from tests.publish.test_publicity import person

Browse = Callable[[], CheckingClient]
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def client(portal: Portal, browse: Browse) -> CheckingClient:
    basis = {"CF_GKYJ": "《食品安全法》第一百一十三条"}
    strange = world.penalty(2, CF_XDR_MC="澄州市<b>&\x0b怪名有限公司", CF_JDRQ="2026-07-01")
    portal.ingest(
        [
            world.penalty(1),
            strange | {"CF_XDR_SHXYM": world.uscc(9)},
            person(world.penalty(3)) | basis,
        ]
    )
    portal.ingest([world.listing(1)], "black.csv")
    portal.publish()
    portal.settings = replace(portal.settings, site_origin="https://credit.example.cn")
    return browse()


def feed(client: CheckingClient, path: str) -> Element:
    response = client.get(path)
    assert response.status_code == 200, response.text
    assert response.content_type == "application/atom+xml; charset=utf-8"
    root: Element = fromstring(response.data)
    return root


def texts(root: Element, name: str) -> list[str]:
    return [element.text or "" for element in root.findall(f"{ATOM}entry/{ATOM}{name}")]


def test_the_newest_of_a_class_organisations_only(client: CheckingClient) -> None:
    root = feed(client, "/feeds/penalty.atom")
    titles = texts(root, "title")
    assert len(titles) == 2
    assert "澄州市<b>&" in titles[0]
    assert titles[1].startswith("澄州市蓝穗食品有限公司：")
    assert texts(root, "updated") == ["2026-11-22T00:00:00+08:00"] * 2
    assert texts(root, "published")[0] == "2026-07-01T00:00:00+08:00"
    assert "公示至：2027-06-01" in texts(root, "summary")[1]


def test_it_has_what_atom_asks_for(client: CheckingClient) -> None:
    root = feed(client, "/feeds/penalty.atom")
    for name in ("id", "title", "updated", f"author/{ATOM}name"):
        assert root.findtext(f"{ATOM}{name}"), name
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links["self"] == "https://credit.example.cn/feeds/penalty.atom"
    for entry in root.findall(f"{ATOM}entry"):
        for name in ("id", "title", "updated"):
            assert entry.findtext(f"{ATOM}{name}")
        link = entry.find(f"{ATOM}link")
        assert link is not None
        address = str(link.get("href")).removeprefix("https://credit.example.cn")
        client.page(address)


def test_ids_stay_whatever_the_host_and_the_snapshot(
    client: CheckingClient, portal: Portal, browse: Browse
) -> None:
    before = texts(feed(client, "/feeds/penalty.atom"), "id")
    assert len(set(before)) == 2
    assert all(one.startswith("urn:uuid:") for one in before)
    portal.publish()
    portal.settings = replace(portal.settings, site_origin="")
    assert texts(feed(browse(), "/feeds/penalty.atom"), "id") == before


def test_a_list_has_its_own(client: CheckingClient) -> None:
    assert len(texts(feed(client, "/feeds/lists/market-regulation.atom"), "id")) == 1
    assert texts(feed(client, "/feeds/lists/statistics.atom"), "id") == []


def test_only_so_many(client: CheckingClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "ENTRIES", 1)
    assert len(texts(feed(client, "/feeds/penalty.atom"), "id")) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/feeds/fines.atom", 404),
        ("/feeds/lists/none.atom", 404),
        ("/feeds/lists/association-warning.atom", 404),
        ("/feeds/penalty.atom?page=2", 400),
    ],
)
def test_a_wrong_address_is_told(client: CheckingClient, path: str, status: int) -> None:
    client.page(path, status)
