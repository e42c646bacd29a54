"""Any bytes, to every route: a calm answer of a known kind."""

from collections import Counter

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.routing import Rule

from portal.search_request import PARAMETERS
from portal.web.incoming import is_page
from tests.fuzz.asking import Answer, Asking, ask
from tests.fuzz.conftest import Site
from tests.fuzz.nasty import BROKEN, TEXTS, encoded, headers, texts, values
from tests.fuzz.properties import FUZZ, check
from tests.fuzz.routes import NOTHING_THERE, STANDING, path_of, rules, standing

WRITING = ("POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "", "蓝")


def sent(app: Flask, asking: Asking) -> Answer:
    answer = ask(app, asking)
    check(asking, answer)
    return answer


def test_every_route_is_listed(site: Site) -> None:
    assert {rule.endpoint for rule in rules(site.app)} == set(STANDING)


def test_what_stands_at_a_route_is_there(site: Site) -> None:
    for rule in rules(site.app):
        if "GET" in (rule.methods or ()) and rule.endpoint not in NOTHING_THERE:
            answer = sent(site.app, Asking(standing(site, rule)))
            assert answer.status in (200, 302), rule


def test_a_route_takes_its_methods_and_no_other(site: Site) -> None:
    for rule in rules(site.app):
        path, allowed = standing(site, rule), rule.methods or set()
        for method in WRITING:
            if method in allowed:
                assert rule.endpoint.startswith("persons."), rule
                continue
            asking = Asking(path, method=method.encode().decode("latin-1"), body=b"x" * 10)
            answer = sent(site.app, asking)
            assert answer.status == 405, (rule, method)
            assert set(answer.headers["Allow"].split(", ")) == allowed, rule
        options = sent(site.app, Asking(path, method="OPTIONS"))
        assert (options.status, options.body) == (200, b"")
        assert set(options.headers["Allow"].split(", ")) == allowed


def test_head_says_what_get_says(site: Site) -> None:
    for rule in rules(site.app):
        if "GET" not in (rule.methods or ()):
            continue
        for accepting in ({}, {"Accept-Encoding": "gzip"}):
            got = sent(site.app, Asking(standing(site, rule), headers=accepting))
            head = sent(site.app, Asking(standing(site, rule), method="HEAD", headers=accepting))
            assert (head.status, head.body) == (got.status, b"")
            for answer in (head, got):
                for own in ("X-Request-Id", "Date"):  # of each request
                    answer.headers.pop(own, None)
            assert sorted(head.headers) == sorted(got.headers), rule


def test_no_route_takes_a_parameter_it_does_not_know(site: Site) -> None:
    for rule in rules(site.app):
        for query in (b"color=red", b"lang=en&color=red", b"%71%00=1", b"\xff=1"):
            method = "GET" if "GET" in (rule.methods or ()) else "POST"
            answer = sent(site.app, Asking(standing(site, rule), query, method))
            assert answer.status == 400, (rule, query)
        twice = sent(site.app, Asking(standing(site, rule), b"lang=en&lang=en"))
        assert twice.status == (400 if "GET" in (rule.methods or ()) else 405), rule


def test_pages_overlook_what_other_sites_add(site: Site) -> None:
    added = b"utm_source=mail&utm_medium=x&utm_medium=y&isappinstalled=0&from=singlemessage"
    for rule in rules(site.app):
        if "GET" not in (rule.methods or ()) or rule.endpoint in NOTHING_THERE:
            continue
        plain = sent(site.app, Asking(standing(site, rule)))
        answer = sent(site.app, Asking(standing(site, rule), added))
        if is_page(rule.endpoint):
            assert (answer.status, answer.body) == (plain.status, plain.body), rule
        else:
            assert answer.status == 400, rule


def test_no_route_that_reads_takes_a_body(site: Site) -> None:
    for rule in rules(site.app):
        if "GET" in (rule.methods or ()):
            for asking in (
                Asking(standing(site, rule), body=b"q=1"),
                Asking(standing(site, rule), body=b"q=1", chunked=True),
            ):
                assert sent(site.app, asking).status == 413


@pytest.mark.parametrize("length", [4_001, 100_000, 5_000_000])
def test_an_address_that_is_too_long_is_not_even_parsed(site: Site, length: int) -> None:
    for path, query in (
        (b"/search", b"q=" + b"a" * length),
        (b"/search", b"a=1&" * (length // 4)),
        (b"/api/v1/search", b"&" * length),
        (b"/" + b"a" * length, b""),
        (b"/" * length, b""),
        (b"/sitemaps/" + b"9" * length + b".xml", b""),
    ):
        assert sent(site.app, Asking(path, query)).status == 414


def test_every_nasty_text_to_every_route(site: Site) -> None:
    for rule in rules(site.app):
        for raw in TEXTS:
            sent(site.app, Asking(path_of(rule, dict.fromkeys(rule.arguments, encoded(raw)))))
        for query in BROKEN:
            sent(site.app, Asking(standing(site, rule), query))


@pytest.mark.parametrize("path", [b"/search", b"/api/v1/search", b"/search.csv", b"/suggest"])
def test_every_nasty_text_to_every_parameter(site: Site, path: bytes) -> None:
    statuses = Counter[int]()
    for name in PARAMETERS if path.startswith(b"/api/") else ("q",):  # all read them alike
        for raw in TEXTS:
            quoted = b"".join(b"%%%02X" % byte for byte in encoded(raw))
            statuses[sent(site.app, Asking(path, name.encode() + b"=" + quoted)).status] += 1
    assert {200, 413} <= set(statuses)


@FUZZ
@given(data=st.data())
def test_any_bytes_anywhere(site: Site, data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(rules(site.app)))
    path = data.draw(_paths(site, rule))
    names = st.one_of(st.sampled_from([*PARAMETERS, "lang", "theme", "v"]), values())
    pairs = data.draw(st.lists(st.tuples(names, values()), max_size=4))
    query = b"&".join(_bytes(name) + b"=" + value for name, value in pairs)
    sent(
        site.app,
        Asking(
            path,
            query,
            data.draw(st.sampled_from(["GET", "GET", "GET", "GET", "HEAD", "OPTIONS", "PATCH"])),
            data.draw(headers()),
        ),
    )


def _bytes(name: str | bytes) -> bytes:
    return name.encode() if isinstance(name, str) else name


def _paths(site: Site, rule: Rule) -> st.SearchStrategy[bytes]:
    filled = st.fixed_dictionaries(dict.fromkeys(rule.arguments, texts()))
    return st.one_of(
        st.just(standing(site, rule)),
        filled.map(lambda given: path_of(rule, given)),
        texts().map(lambda raw: b"/" + raw),
        texts().map(lambda raw: standing(site, rule) + raw),
    )
