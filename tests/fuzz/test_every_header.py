"""What the answers of all routes say beside their content."""

import re

import pytest
from werkzeug.routing import Rule

from portal.web.headers import TLS_ONLY
from portal.web.incoming import is_page
from tests.fuzz.asking import Answer, Asking, ask
from tests.fuzz.conftest import Site
from tests.fuzz.properties import check
from tests.fuzz.routes import NOTHING_THERE, rules, standing

KEPT = ("ETag", "Cache-Control", "Vary")
"""What a 304 says as the 200 does (RFC 9110, 15.4.5)."""


def readable(site: Site) -> list[Rule]:
    return [
        rule
        for rule in rules(site.app)
        if "GET" in (rule.methods or ()) and rule.endpoint not in NOTHING_THERE
    ]


def sent(site: Site, asking: Asking) -> Answer:
    answer = ask(site.app, asking)
    check(asking, answer)
    return answer


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_what_is_known_already_is_not_sent_again(site: Site, accepted: str) -> None:
    tagged = 0
    for rule in readable(site):
        path, accepts = standing(site, rule), {"Accept-Encoding": accepted}
        first = sent(site, Asking(path, headers=accepts))
        tag = first.headers.get("ETag")
        if tag is None:
            continue
        tagged += 1
        assert tag.startswith("W/") is (first.headers.get("Content-Encoding") == "gzip"), rule
        for method in ("GET", "HEAD"):
            for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
                knowing = {**accepts, "If-None-Match": known}
                again = sent(site, Asking(path, method=method, headers=knowing))
                assert again.status == 304, (rule, known)
                # A 304 is of both forms: its tag is compared weakly.
                for name in KEPT:
                    one, other = (
                        a.headers.get(name, "").removeprefix("W/") for a in (first, again)
                    )
                    assert one == other, (rule, name)
            changed = sent(site, Asking(path, method=method, headers={"If-None-Match": '"other"'}))
            assert changed.status == 200
    assert tagged > 20


def test_answers_say_what_they_depend_on(site: Site) -> None:
    for rule in readable(site):
        answer = sent(site, Asking(standing(site, rule)))
        depends = set(re.findall(r"[\w-]+", answer.headers.get("Vary", "")))
        assert ("Cookie" in depends) is (answer.mimetype == "text/html"), rule
        if is_page(rule.endpoint) and answer.status == 200:
            dark = sent(
                site, Asking(standing(site, rule), headers={"Cookie": "lang=en; theme=dark"})
            )
            assert b'lang="en" data-theme="dark"' in dark.body
            assert dark.headers.get("ETag", "") != answer.headers.get("ETag", "none")
        packed = sent(site, Asking(standing(site, rule), headers={"Accept-Encoding": "gzip"}))
        if "Content-Encoding" in packed.headers:
            assert "Accept-Encoding" in depends, rule
            assert "Accept-Ranges" not in packed.headers


def test_tls_is_insisted_on_where_it_was_used(site: Site) -> None:
    for rule in rules(site.app):
        environ = Asking(standing(site, rule), b"color=red").environ()
        with site.app.request_context({**environ, "wsgi.url_scheme": "https"}):
            answer = site.app.full_dispatch_request()
            assert answer.headers["Strict-Transport-Security"] == TLS_ONLY, rule
        claimed = Asking(standing(site, rule), headers={"X-Forwarded-Proto": "https"})
        assert "Strict-Transport-Security" not in ask(site.app, claimed).headers


def test_scripts_of_other_sites_may_read_the_interface_alone(site: Site) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    for rule in rules(site.app):
        reads_data = rule.rule.startswith("/api/") and rule.endpoint != "persons.check_api"
        for query in (b"", b"color=red"):
            for method in ("GET", "HEAD", "OPTIONS", "POST"):
                asking = Asking(standing(site, rule), query, method, headers=origin)
                answer = sent(site, asking)
                opened = answer.headers.get("Access-Control-Allow-Origin")
                assert opened == ("*" if reads_data and method != "POST" else None), (rule, method)
                assert "Access-Control-Allow-Credentials" not in answer.headers
                if opened and method != "OPTIONS":
                    assert "RateLimit" in answer.headers["Access-Control-Expose-Headers"]
                if opened and method == "OPTIONS":
                    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Origin": "null"}, 400),
        ({"Origin": "http://localhost"}, 400),
        ({"Origin": "https://credit.example.cn"}, 400),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 400),
        ({"Sec-Fetch-Site": "none"}, 400),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "https://localhost.elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
    ],
)
@pytest.mark.parametrize("path", [b"/check-person", b"/api/v1/persons/check"])
def test_no_other_site_asks_for_a_person(
    site: Site, path: bytes, headers: dict[str, str], status: int
) -> None:
    form = "application/x-www-form-urlencoded"
    asking = Asking(path, method="POST", headers=headers, body=b"name=", content_type=form)
    assert sent(site, asking).status == status


def test_files_are_saved_and_not_shown(site: Site) -> None:
    for rule in readable(site):
        answer = sent(site, Asking(standing(site, rule)))
        is_file = rule.endpoint.startswith("exports.") or rule.endpoint == "statistics.table"
        named = answer.headers.get("Content-Disposition", "")
        assert bool(re.fullmatch(r'attachment; filename="[\w.-]+"', named)) is is_file, rule


def test_a_part_of_a_file_is_of_the_file_as_it_is(site: Site) -> None:
    path = b"/static/css/site.css"
    whole = sent(site, Asking(path))
    part = sent(site, Asking(path, headers={"Range": "bytes=0-9", "Accept-Encoding": "gzip"}))
    assert (part.status, part.body) == (206, whole.body[:10])
    assert "Content-Encoding" not in part.headers
    packed = sent(site, Asking(path, headers={"Accept-Encoding": "gzip"}))
    # Who has the packed file must not be given a piece of the plain one (RFC 9110, 13.1.5).
    mixed = {"Range": "bytes=0-9", "If-Range": packed.headers["ETag"]}
    assert sent(site, Asking(path, headers=mixed)).status == 200


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cookies_hold_a_choice_and_go_nowhere_else(site: Site, scheme: str) -> None:
    environ = Asking(b"/about", b"lang=en").environ() | {"wsgi.url_scheme": scheme}
    with site.app.request_context(environ):
        cookies = site.app.full_dispatch_request().headers.getlist("Set-Cookie")
    flags = {cookie.partition("=")[0]: set(cookie.split("; ")[1:]) for cookie in cookies}
    assert set(flags) == {"lang", "theme"}
    for name, given in flags.items():
        assert {"Path=/", "SameSite=Lax"} <= given
        assert ("Secure" in given) is (scheme == "https")
        assert ("HttpOnly" in given) is (name == "lang")  # the page's own switch sets the theme
        assert not any(flag.startswith("Domain") for flag in given)
