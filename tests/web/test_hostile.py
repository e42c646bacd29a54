"""Every route, asked in every wrong way, answers calmly."""

import functools
from collections.abc import Iterator
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.search_request import PARAMETERS
from portal.web.headers import ALWAYS
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

WRITING = ("POST", "PUT", "DELETE", "PATCH")

HOSTILE = [
    "%00", "a%00b", "%ED%A0%80", "%ED%BF%BF", "%ff%fe", "%F4%90%80%80", "%C0%AF", "%E8%93",
    quote("\u202e蓝穗\u202c"), quote("\u2066\u200f\u061c"), quote("\ufeff\u200b\u00ad"),
    quote("["* 10_000), quote("(" * 10_000), "%25" * 500, quote("“" * 300),
    quote("' OR 1=1 --"), quote("'; DROP TABLE records; --"), quote("\" UNION SELECT 1,2 --"),
    quote("{{ 7*7 }}"), quote("{% include 'base.html' %}"), quote("${7*7}#{7*7}"),
    quote("<script>alert(1)</script>"), quote("../../../../etc/passwd", safe=""),
    "..%2f..%2fwsgi.py", "%2e%2e%2f", quote("a\r\nSet-Cookie: x=1"), "%0a%0d", "+", "%20" * 50,
    quote("\U0001f600\U000e0041\ue000"), "1e999", "-1", "9" * 400, "²", "NaN", "2026-02-30",
    quote("AND OR NOT * ~ ^ : \\ / {!func} name:x"), quote("\u0130\u0131ßﬃ㍿"), "*", "?",
    world.uscc(1),
]  # fmt: skip


@pytest.fixture
def client(portal: Portal) -> Iterator[CheckingClient]:
    portal.ingest([world.penalty(1), world.penalty(2, CF_SY="当事人无证经营烟花爆竹")])
    portal.ingest([world.listing(1)], "black.csv")
    portal.publish()
    app = portal.app()
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield CheckingClient(app)
    app.extensions["portal.live"].close()


def rules(client: CheckingClient) -> list[Rule]:
    return list(client.app.url_map.iter_rules())


def address(rule: Rule, value: str) -> str:
    path = rule.rule.replace("<int:number>", "1").replace("<any(csv, jsonl, xlsx):form>", "csv")
    for name in rule.arguments:
        path = path.replace(f"<path:{name}>", value).replace(f"<{name}>", value)
    return path


def check(response: TestResponse, path: str) -> None:
    assert response.status_code < 500, path[:200]
    for name, value in ALWAYS.items():
        assert response.headers[name] == value
    assert "x=1" not in str(response.headers.get("Set-Cookie", ""))
    if response.mimetype == "text/html":
        assert "<script>alert" not in response.text
    response.close()


def test_every_route_refuses_to_write(client: CheckingClient) -> None:
    for rule in rules(client):
        for method in WRITING:
            if method in (rule.methods or ()):
                assert rule.endpoint.startswith("persons."), rule
                continue
            response = client.get(address(rule, "x"), method=method, data=b"x" * 10)
            assert response.status_code == 405, (rule, method)
            allowed = set(response.headers["Allow"].split(", "))
            assert {"OPTIONS"} < allowed
            assert not allowed & set(WRITING) - set(rule.methods or ())
            assert response.headers["Cache-Control"] == "no-store"
            is_api = rule.rule.startswith("/api/")
            assert (response.content_type == "application/problem+json") is is_api
            check(response, rule.rule)


def test_head_and_options_do_no_harm(client: CheckingClient) -> None:
    for rule in rules(client):
        path = address(rule, "x")
        options = client.get(path, method="OPTIONS")
        assert (options.status_code, options.data) == (200, b"")
        assert set(options.headers["Allow"].split(", ")) >= set(rule.methods or ())
        check(options, path)
        if "GET" in (rule.methods or ()):
            head, got = client.get(path, method="HEAD"), client.get(path)
            assert (head.status_code, head.data) == (got.status_code, b"")
            got.close()
            check(head, path)
    for method in ("TRACE", "CONNECT", "PROPFIND", "蓝"):
        assert client.get("/about", method=method).status_code == 405


def test_no_text_breaks_a_route(client: CheckingClient) -> None:
    for rule in rules(client):
        for value in HOSTILE:
            for path in {address(rule, value), f"{address(rule, 'x')}?q={value}"}:
                check(client.get(path), path)
    for name in PARAMETERS:
        for value in HOSTILE:
            for path in (f"/search?{name}={value}", f"/api/v1/search?{name}={value}"):
                check(client.get(path), path)


@functools.cache
def texts() -> st.SearchStrategy[str]:
    anything = st.text(st.characters(), max_size=60).map(
        lambda text: quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")
    )
    octets = st.binary(max_size=40).map(lambda data: quote_from_bytes(data, safe=""))
    return st.one_of(anything, octets, st.sampled_from(HOSTILE))


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_address_gives_an_error_of_ours(client: CheckingClient, data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(rules(client)))
    names = st.one_of(st.sampled_from([*PARAMETERS, "lang", "v"]), texts())
    pairs = data.draw(st.lists(st.tuples(names, texts()), max_size=4))
    query = "&".join(f"{name}={value}" for name, value in pairs)
    path = f"{address(rule, data.draw(texts()))}?{query}"
    method = data.draw(st.sampled_from(["GET", "GET", "GET", "HEAD", "OPTIONS", "PATCH"]))
    check(client.get(path, method=method), path)
