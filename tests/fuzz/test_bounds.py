"""The one table of bounds: documented, taken by everyone, and held where it says."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from portal import bounds
from portal.bounds import BOUNDS, Bound
from portal.catalog import load_catalog
from portal.errors import BadRequestError
from portal.search_request import PARAMETERS, parse_search
from portal.web import metric_slots
from portal.web.openapi import document
from search_index.query import MAX_LENGTH
from tests.fuzz.asking import Asking, ask
from tests.fuzz.conftest import Site

ROOT = Path(__file__).parent.parent.parent
CATALOG = load_catalog()
PAIR = "蓝穗"


def test_every_bound_is_in_the_table_and_in_the_documents() -> None:
    named = [value for value in vars(bounds).values() if isinstance(value, Bound)]
    assert sorted(named, key=repr) == sorted(BOUNDS, key=repr)
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    section = page.partition("## Bounds\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    assert rows == [
        f"| {f'`{bound.name}`' if bound.name.isidentifier() else bound.name} "
        f"| {bound.most:,} {bound.unit} | {bound.where} | {bound.status} |"
        for bound in BOUNDS
    ]


def words(count: int) -> str:
    return " ".join(f"{PAIR}{chr(0x4E00 + place)}" for place in range(count))


@pytest.mark.parametrize(
    ("bound", "within", "beyond"),
    [
        (bounds.QUERY, {"q": PAIR * 100}, {"q": PAIR * 100 + "蓝"}),
        (bounds.QUERY, {"q": "㍿" * 50}, {"q": "㍿" * 51}),
        (bounds.WORDS, {"q": words(20)}, {"q": words(21)}),
        (bounds.VALUE, {"authority": "局" * 100}, {"authority": "局" * 101}),
        (bounds.PAGE, {"page": "1000", "page_size": "1"}, {"page": "1001", "page_size": "1"}),
        (bounds.PAGE_SIZE, {"page_size": "50"}, {"page_size": "51"}),
        (bounds.DEPTH, {"page": "20", "page_size": "50"}, {"page": "21", "page_size": "50"}),
        (bounds.TIMES, {"sort": "newest"}, {"sort": ["newest", "newest"]}),
    ],
)
def test_a_search_is_held_to_it(
    bound: Bound, within: dict[str, Any], beyond: dict[str, Any]
) -> None:
    def parse(given: dict[str, Any]) -> None:
        values = {n: [v] if isinstance(v, str) else v for n, v in given.items()}
        parse_search(values, CATALOG)

    parse(within)
    with pytest.raises(BadRequestError) as refusal:
        parse(beyond)
    assert refusal.value.status == bound.status
    assert refusal.value.parameter in beyond


@pytest.mark.parametrize(
    ("bound", "within", "beyond"),
    [
        (bounds.SEGMENT, b"/lists/" + b"a" * 64, b"/lists/" + b"a" * 65),
        (bounds.PART, b"/sitemaps/1.xml", b"/sitemaps/10000.xml"),
        (bounds.ADDRESS, b"/search?q=" + b"%20" * 1_330, b"/search?q=" + b"%20" * 1_331),
    ],
)
def test_an_address_is_held_to_it(site: Site, bound: Bound, within: bytes, beyond: bytes) -> None:
    statuses = []
    for address in (within, beyond):
        path, _, query = address.partition(b"?")
        statuses.append(ask(site.app, Asking(path, query)).status)
    assert statuses[1] == bound.status
    assert statuses[0] in (200, 404)
    assert bound.status == 404 or statuses[0] != bound.status


@pytest.mark.parametrize("bound", [bounds.NAME, bounds.NUMBER, bounds.BODY])
def test_a_body_is_held_to_it(site: Site, bound: Bound) -> None:
    def answer(length: int) -> Any:
        asked = {"name": "佟", "id_number": "1"}
        if bound is not bounds.BODY:
            asked[bound.name] = "1" * length
        body = json.dumps(asked).encode()
        if bound is bounds.BODY:
            body += b" " * (length - len(body))
        path, kind = b"/api/v1/persons/check", "application/json"
        return ask(site.app, Asking(path, method="POST", body=body, content_type=kind))

    assert answer(bound.most).status == 200
    refused = answer(bound.most + 1)
    assert refused.status == bound.status
    assert json.loads(refused.body)["parameter"] == bound.name


def test_the_interface_describes_the_same_bounds() -> None:
    described = document(CATALOG, "")
    search = described["paths"]["/api/v1/search"]["get"]["parameters"]
    schemas = {parameter["name"]: parameter["schema"]["anyOf"][0] for parameter in search}
    assert set(schemas) == set(PARAMETERS)
    assert schemas["q"]["maxLength"] == bounds.QUERY.most
    assert schemas["authority"]["maxLength"] == bounds.VALUE.most
    assert schemas["page"]["maximum"] == bounds.PAGE.most
    assert schemas["page_size"]["maximum"] == bounds.PAGE_SIZE.most
    posted = described["paths"]["/api/v1/persons/check"]["post"]["requestBody"]["content"]
    fields = posted["application/json"]["schema"]["properties"]
    lengths = {name: field["maxLength"] for name, field in fields.items()}
    assert lengths == {bound.name: bound.most for bound in (bounds.NAME, bounds.NUMBER)}


def test_the_server_is_held_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # A folder for metrics would stay in the environment of all later tests.
    monkeypatch.setattr(metric_slots, "claim_folder", lambda: None)
    given = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert given["limit_request_line"] == bounds.REQUEST_LINE > bounds.ADDRESS.most
    assert given["limit_request_fields"] == bounds.HEADERS.most
    assert given["limit_request_field_size"] == bounds.HEADER.most
    # A search of the longest text, each character nine bytes long, has room for its filters.
    assert bounds.QUERY.most * 9 + bounds.VALUE.most * 9 < bounds.ADDRESS.most
    assert bounds.QUERY.most <= MAX_LENGTH
