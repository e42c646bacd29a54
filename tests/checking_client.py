"""A test client that holds every page it fetches to the rules of all pages."""

import re
import warnings
from collections import Counter
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
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
        response = self._client.get(path)
        assert response.status_code == status, (path, response.status_code)
        check_page(response)
        return response.get_data(as_text=True)

    def json(self, path: str, status: int = 200) -> Any:
        """Return the body of a JSON answer."""
        response = self._client.get(path)
        assert response.status_code == status, (path, response.status_code, response.text[:300])
        expected = "application/json" if status == 200 else "application/problem+json"
        assert response.content_type.startswith(expected)
        return response.get_json(force=True)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Return any answer, unchecked."""
        return self._client.open(path, **options)


def check_page(response: TestResponse) -> None:
    """Check one page: policy, valid HTML, one heading, a title, unique ids, no inline code."""
    text = response.get_data(as_text=True)
    assert response.content_type == "text/html; charset=utf-8"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parser = html5lib.HTMLParser(strict=True)
        tree = parser.parse(text)
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    names = Counter(element.tag.removeprefix(_NAMESPACE) for element in elements)
    assert names["h1"] == 1
    assert names["main"] == 1
    assert names["style"] == 0
    title = next(e for e in elements if e.tag == f"{_NAMESPACE}title")
    assert title.text and title.text.strip()
    html = tree if tree.tag == f"{_NAMESPACE}html" else elements[0]
    assert html.get("lang") in LANGUAGES
    ids = Counter(element.get("id") for element in elements if element.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    for element in elements:
        _check_element(element, set(ids))


def _check_element(element: Element, ids: set[str | None]) -> None:
    assert not any(name.startswith("on") or name == "style" for name in element.attrib)
    address = element.get("href") or element.get("src") or ""
    if element.tag in (f"{_NAMESPACE}link", f"{_NAMESPACE}img"):
        assert not re.match(r"(https?:)?//", address), address
    if element.tag == f"{_NAMESPACE}a" and address.startswith("#") and len(address) > 1:
        assert address[1:] in ids, address
    if element.tag == f"{_NAMESPACE}img":
        assert "alt" in element.attrib
    if element.tag == f"{_NAMESPACE}script":
        assert address.startswith("/static/js/"), address
        assert not (element.text or "").strip(), "a script within the page"
