"""Atom feeds (RFC 4287): the newest records of a class or a list, of organisations alone."""

import re
from datetime import date, datetime, time
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Blueprint, Response, request, url_for

from portal.bulk import extract
from portal.clock import SHANGHAI
from portal.errors import NotFoundError
from portal.records import NO_END, PublishedRecord
from portal.web.limits import search_limit
from portal.web.reading import catalog, lookup, settings
from search_index.query import Filters, SearchTerms

feeds = Blueprint("feeds", __name__, url_prefix="/feeds")

ENTRIES = 50
ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@feeds.get("/<segment:code>.atom")
@search_limit
def of_class(code: str) -> Response:
    """The newest records of a class."""
    record_class = catalog().classes_by_code.get(code)
    if record_class is None:
        raise NotFoundError("没有这个类别")
    page = f"{url_for('pages.search')}?class={code}"
    return _feed(record_class.title, Filters(class_code=code), page)


@feeds.get("/lists/<segment:code>.atom")
@search_limit
def of_list(code: str) -> Response:
    """The newest entries of a list."""
    entry = next((entry for entry in catalog().public_lists if entry.code == code), None)
    if entry is None:
        raise NotFoundError("没有这个名单")
    return _feed(entry.name, Filters(list_code=code), url_for("pages.list", code=code))


def _feed(title: str, filters: Filters, page: str) -> Response:
    reading, site = lookup(), settings()
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": "zh-Hans"})
    _add(feed, "title", f"{title} — {site.site_name}")
    _add(feed, "id", _lasting_id(request.path))
    # When what it shows was made: an entry that has ended since is no news.
    _add(feed, "updated", reading.snapshot.manifest.created_at.isoformat(timespec="seconds"))
    SubElement(feed, "link", rel="self", type="application/atom+xml", href=_address(request.path))
    SubElement(feed, "link", rel="alternate", type="text/html", href=_address(page))
    _add(SubElement(feed, "author"), "name", site.site_operator or site.site_name)
    for record in extract(reading, SearchTerms(), filters, ENTRIES).records():
        _add_entry(feed, record)
    body = tostring(feed, encoding="utf-8", xml_declaration=True)
    return Response(body, content_type="application/atom+xml; charset=utf-8")


def _add_entry(feed: Element, record: PublishedRecord) -> None:
    record_class = catalog().classes_by_code[record.class_code]
    address = url_for("pages.record", public_id=record.public_id)
    entry = SubElement(feed, "entry")
    _add(entry, "title", f"{record.subject_name}：{record.title or record_class.title}")
    _add(entry, "id", _lasting_id(f"/records/{record.public_id}"))
    _add(entry, "updated", _start_of(record.delivered_on))
    if record.decided_on:
        _add(entry, "published", _start_of(record.decided_on))
    SubElement(entry, "link", rel="alternate", type="text/html", href=_address(address))
    SubElement(entry, "category", term=record.class_code, label=record_class.title)
    until = "长期" if record.public_until == NO_END else record.public_until.isoformat()
    facts = (record.document_number, record.authority, f"公示至：{until}")
    _add(entry, "summary", "，".join(fact for fact in facts if fact))


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _NOT_XML.sub("", text)


def _lasting_id(path: str) -> str:
    """Return an id that stays the same under whatever host the site stands."""
    return uuid5(NAMESPACE_URL, f"credit-lookup-portal:{path}").urn


def _start_of(day: date) -> str:
    return datetime.combine(day, time(), SHANGHAI).isoformat()


def _address(path: str) -> str:
    return settings().site_origin + path
