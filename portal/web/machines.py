"""What crawlers, browsers and search boxes ask of a site: robots, site map, icons, descriptions."""

from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec
from flask import Blueprint, Response, current_app, send_from_directory, url_for

from portal.bulk import organization_count, organization_ids
from portal.errors import NotFoundError
from portal.web.headers import MAX_AGE, keep_briefly
from portal.web.reading import catalog, library, lookup, settings
from portal.web.static_files import static_url

machines = Blueprint("machines", __name__)
machines.before_request(keep_briefly)

MAX_URLS = 50_000
"""Addresses that one file of a site map may hold (sitemaps.org)."""

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
_CLOSED = (
    "/search.", "/search?*page=", "/api/", "/exports/", "/check-person", "/statistics/", "/codes/",
)  # fmt: skip
"""What crawlers are asked to leave alone: endless, or the same once more."""
_OPEN = (
    "pages.home", "pages.lists", "pages.about", "statistics.overview", "knowledge.catalog",
    "knowledge.measures", "knowledge.library", "knowledge.guides", "knowledge.privacy",
    "knowledge.accessibility", "knowledge.sitemap",
)  # fmt: skip


@machines.get("/robots.txt")
def robots() -> Response:
    """What crawlers may fetch."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _CLOSED)]
    if settings().site_origin:
        lines += ["", f"Sitemap: {settings().site_origin}{url_for('machines.sitemap')}"]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@machines.get("/sitemap.xml")
def sitemap() -> Response:
    """The site map for crawlers: pages and organisations; an index of files where it is long."""
    origin, pages = _origin(), _pages()
    count = organization_count(lookup())
    if len(pages) + count <= MAX_URLS:
        return _xml(_url_set(origin, [*pages, *_organizations(0, count)]))
    index = Element("sitemapindex", xmlns=_SITEMAP)
    for number in range(1, _parts(count) + 1):
        address = origin + url_for("machines.sitemap_part", number=number)
        SubElement(SubElement(index, "sitemap"), "loc").text = address
    return _xml(index)


@machines.get("/sitemaps/<part:number>.xml")
def sitemap_part(number: int) -> Response:
    """One file of a long site map, counted from 1: the pages first, then organisations."""
    origin, pages = _origin(), _pages()
    if not 1 <= number <= _parts(organization_count(lookup())):
        raise NotFoundError("没有这一部分网站地图")
    if number == 1:
        return _xml(_url_set(origin, pages))
    return _xml(_url_set(origin, _organizations((number - 2) * MAX_URLS, MAX_URLS)))


@machines.get("/opensearch.xml")
def opensearch() -> Response:
    """The search box as browsers can add it (OpenSearch 1.1)."""
    origin, site = _origin(), settings()
    root = Element("OpenSearchDescription", xmlns=_OPENSEARCH)
    SubElement(root, "ShortName").text = site.site_name[:16]
    SubElement(root, "Description").text = f"{site.site_name}：单位名称、代码、文书号"
    SubElement(root, "InputEncoding").text = "UTF-8"
    SubElement(root, "Language").text = "zh-Hans"
    icon = SubElement(root, "Image", width="32", height="32", type="image/png")
    icon.text = origin + static_url("img/icon-32.png")
    template = f"{origin}{url_for('pages.search')}?q={{searchTerms}}"
    SubElement(root, "Url", type="text/html", method="get", template=template)
    return Response(
        _written(root), content_type="application/opensearchdescription+xml; charset=utf-8"
    )


@machines.get("/manifest.webmanifest")
def manifest() -> Response:
    """The site as an application of the device (Web App Manifest)."""
    sizes = ("192", "512")
    icons = [
        {"src": static_url(f"img/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in sizes
    ]
    icons.append({"src": static_url("img/favicon.svg"), "sizes": "any", "type": "image/svg+xml"})
    body = {
        "name": settings().site_name,
        "short_name": settings().site_name[:12],
        "lang": "zh-Hans",
        "start_url": url_for("pages.home"),
        "scope": url_for("pages.home"),
        "display": "browser",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": icons,
    }
    return Response(
        msgspec.json.encode(body), content_type="application/manifest+json; charset=utf-8"
    )


@machines.get("/favicon.ico")
def favicon() -> Response:
    """The icon where browsers look for it unasked."""
    folder = Path(current_app.static_folder or "") / "img"
    return send_from_directory(folder, "favicon.ico", max_age=MAX_AGE)


def _origin() -> str:
    """Return where the site stands. Such files name whole addresses, and no Host is believed."""
    if not settings().site_origin:
        raise NotFoundError("没有设置网站对外的地址（PORTAL_SITE_ORIGIN）")
    return settings().site_origin


def _pages() -> list[str]:
    lists = [url_for("pages.list", code=entry.code) for entry in catalog().public_lists]
    texts = [
        url_for(f"knowledge.{'guide' if text.kind == 'guide' else 'document'}", slug=slug)
        for slug, text in library().texts.items()
    ]
    return [*(url_for(endpoint) for endpoint in _OPEN), *lists, *texts]


def _organizations(start: int, count: int) -> list[str]:
    ids = organization_ids(lookup(), start, count)
    return [url_for("pages.entity", public_id=public_id) for public_id in ids]


def _parts(count: int) -> int:
    return 1 + -(-count // MAX_URLS)


def _url_set(origin: str, paths: Iterable[str]) -> Element:
    urls = Element("urlset", xmlns=_SITEMAP)
    for path in paths:
        SubElement(SubElement(urls, "url"), "loc").text = origin + path
    return urls


def _xml(root: Element) -> Response:
    return Response(_written(root), content_type="application/xml; charset=utf-8")


def _written(root: Element) -> bytes:
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written
