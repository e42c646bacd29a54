"""A test client that holds every page it fetches to the rules of all pages."""

import re
import warnings
from collections import Counter
from typing import Any, Protocol
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from portal.web.display import LANGUAGES

_NAMESPACE = "{http://www.w3.org/1999/xhtml}"


class CheckingClient:
    """Fetches pages; fails on an unexpected status, invalid HTML, or a page that breaks a rule."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._client = app.test_client()

    def page(self, path: str, status: int = 200) -> str:
        """Return the text of a page after checking it."""
        response = self._client.get(path, buffered=True)
        assert response.status_code == status, (path, response.status_code)
        check_page(response)
        return response.get_data(as_text=True)

    def json(self, path: str, status: int = 200) -> Any:
        """Return the body of a JSON answer."""
        response = self._client.get(path, buffered=True)
        assert response.status_code == status, (path, response.status_code, response.text[:300])
        expected = "application/json" if status == 200 else "application/problem+json"
        assert response.content_type.startswith(expected)
        return response.get_json(force=True)

    def cookies(self, **values: str) -> None:
        """Let the browser hold these cookies."""
        for name, value in values.items():
            self._client.set_cookie(name, value)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Return any answer, unchecked, read to its end."""
        return self._client.open(path, **{"buffered": True, **options})


class Page(Protocol):
    """What a page is checked by."""

    @property
    def text(self) -> str:
        """Its HTML."""

    @property
    def content_type(self) -> str | None:
        """Its media type with its parameters."""

    @property
    def headers(self) -> Headers:
        """All that was said before it."""


def check_page(response: Page) -> None:
    """Check one page: policy, valid HTML, one heading, a title, labels, ids, no inline code."""
    text = response.text
    assert response.content_type == "text/html; charset=utf-8"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parser = html5lib.HTMLParser(strict=True)
        tree = parser.parse(text)
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    names = Counter(_name(element) for element in elements)
    assert names["h1"] == names["main"] == 1
    assert names["style"] == 0
    title = next(e for e in elements if _name(e) == "title")
    assert title.text and title.text.strip()
    html = tree if _name(tree) == "html" else elements[0]
    assert html.get("lang") in LANGUAGES
    ids = Counter(element.get("id") for element in elements if element.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    for element in elements:
        _check_element(element, set(ids))
    _check_structure(elements)
    _check_controls(elements)


def _name(element: Element) -> str:
    return element.tag.removeprefix(_NAMESPACE)


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _check_structure(elements: list[Element]) -> None:
    """The skip link comes first, headings leave no level out, every region has its own name."""
    focusable = [e for e in elements if _name(e) in ("a", "button", "input")]
    assert not focusable or focusable[0].get("href") == "#main", "no skip link"
    levels = [int(_name(e)[1]) for e in elements if re.fullmatch("h[1-6]", _name(e))]
    previous = 0
    for level in levels:
        assert level <= previous + 1, f"h{level} after h{previous}"
        previous = level
    regions = [e for e in elements if _name(e) in ("nav", "aside", "section")]
    named = Counter((_name(e), e.get("aria-label") or e.get("aria-labelledby")) for e in regions)
    assert [region for region, count in named.items() if not region[1] or count > 1] == []


def _check_controls(elements: list[Element]) -> None:
    """Every control has a label, every link, button, table heading and drawing has words."""
    labelled = {e.get("for") for e in elements if _name(e) == "label"}
    for element in elements:
        name = _name(element)
        if name in ("input", "select", "textarea") and element.get("type") != "hidden":
            assert element.get("aria-label") or element.get("id") in labelled, element.attrib
        if name in ("a", "button", "summary", "th", "label", "legend", "figcaption"):
            assert _text(element) or element.get("aria-label"), element.attrib
        if name == "th":
            assert element.get("scope") in ("col", "row")
        if element.tag.endswith("}svg"):
            assert element.get("aria-label") or element.get("aria-hidden") or _described(element)


def _described(drawing: Element) -> bool:
    return any(child.tag.endswith("}title") and _text(child) for child in drawing)


def _check_element(element: Element, ids: set[str | None]) -> None:
    assert not any(name.startswith("on") or name == "style" for name in element.attrib)
    name, address = _name(element), element.get("href") or element.get("src") or ""
    for reference in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
        assert set(element.get(reference, "").split()) <= ids, (reference, element.attrib)
    if name in ("img", "script") or element.get("rel") in ("stylesheet", "icon", "manifest"):
        assert not re.match(r"(https?:)?//", address), address
    if name == "a" and address.startswith("#") and len(address) > 1:
        assert address[1:] in ids, address
    if name == "img":
        assert "alt" in element.attrib
    if name == "script":
        assert address.startswith("/static/js/"), address
        assert not _text(element), "a script within the page"
