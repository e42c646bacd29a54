import struct
from collections.abc import Callable
from dataclasses import replace

import pytest
from defusedxml.ElementTree import fromstring

from portal.web import machines
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

Browse = Callable[[], CheckingClient]
ORIGIN = "https://credit.example.cn"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def client(portal: Portal, browse: Browse) -> CheckingClient:
    portal.ingest([world.assignment(n, f"澄州市第{n}商贸有限公司") for n in range(1, 6)])
    household = world.penalty(
        8, CF_XDR_MC="澄州市东湖区晚晴饭馆", CF_XDR_LB="个体工商户",
        CF_XDR_SHXYM=world.uscc(77, prefix="92"),
    )  # fmt: skip
    portal.ingest([household], "penalties.csv")
    portal.ingest_path(world.write_jsonl(portal.folder / "d.jsonl", [world.debtor(1)]))
    portal.publish()
    portal.settings = replace(portal.settings, site_origin=ORIGIN)
    return browse()


def locations(client: CheckingClient, path: str) -> list[str]:
    response = client.get(path)
    assert response.status_code == 200, response.text
    assert response.content_type == "application/xml; charset=utf-8"
    found = [element.text or "" for element in fromstring(response.data).iter(f"{SITEMAP}loc")]
    assert all(address.startswith(f"{ORIGIN}/") for address in found)
    return [address.removeprefix(ORIGIN) for address in found]


def test_the_site_map_has_pages_and_organisations_and_all_are_there(
    client: CheckingClient,
) -> None:
    found = locations(client, "/sitemap.xml")
    assert len(found) == len(set(found))
    assert sum(path.startswith("/entities/") for path in found) == 5
    for path in found:
        response = client.get(path)
        assert response.status_code == 200, path
        assert "X-Robots-Tag" not in response.headers, path
        assert "晚晴饭馆" not in response.text or not path.startswith("/entities/")


def test_a_long_one_comes_in_parts(client: CheckingClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = locations(client, "/sitemap.xml")
    monkeypatch.setattr(machines, "MAX_URLS", 2)
    parts = locations(client, "/sitemap.xml")
    assert parts == [f"/sitemaps/{number}.xml" for number in (1, 2, 3, 4)]
    joined = [path for part in parts for path in locations(client, part)]
    assert joined == whole
    for path in ("/sitemaps/0.xml", "/sitemaps/5.xml", "/sitemaps/x.xml"):
        client.page(path, 404)


def test_crawlers_are_told_where_to_look(client: CheckingClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()
    assert {"Disallow: /search.", "Disallow: /search?*page="} <= set(lines)
    assert "Disallow: /check-person" in lines
    assert f"Sitemap: {ORIGIN}/sitemap.xml" in lines


def test_a_browser_can_add_the_search_box(client: CheckingClient) -> None:
    response = client.get("/opensearch.xml")
    assert response.content_type.startswith("application/opensearchdescription+xml")
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    root = fromstring(response.data)
    assert 0 < len(root.findtext(f"{space}ShortName") or "") <= 16
    url = root.find(f"{space}Url")
    assert url is not None
    assert url.get("template") == f"{ORIGIN}/search?q={{searchTerms}}"
    assert '<link rel="search" type="application/opensearchdescription+xml"' in client.page("/")


def test_the_site_has_icons_of_the_sizes_it_names(client: CheckingClient) -> None:
    body = client.get("/manifest.webmanifest").get_json(force=True)
    assert body["start_url"] == "/"
    for icon in body["icons"]:
        image = client.get(icon["src"])
        assert image.status_code == 200
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", image.data[16:24])
            assert icon["sizes"] == f"{width}x{height}"
    icon = client.get("/favicon.ico")
    assert icon.status_code == 200
    assert icon.data.startswith(b"\0\0\1\0")
    assert 'href="/manifest.webmanifest"' in client.page("/")
    assert "manifest-src 'self'" in icon.headers["Content-Security-Policy"]


def test_without_an_origin_there_are_no_whole_addresses(
    client: CheckingClient, portal: Portal, browse: Browse
) -> None:
    portal.settings = replace(portal.settings, site_origin="")
    other = browse()
    for path in ("/sitemap.xml", "/sitemaps/1.xml", "/opensearch.xml"):
        page = other.page(path, 404)
        assert "localhost" not in page
    assert "Sitemap:" not in other.get("/robots.txt").text
    assert "opensearch.xml" not in other.page("/")
    assert client.get("/robots.txt").status_code == 200
