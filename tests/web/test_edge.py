"""What holds for every answer: safe headers, honest caching, no word of the inside, a budget."""

import hashlib
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.catalog import digest, load_catalog
from portal.web.headers import ALWAYS, STATIC_AGE
from portal.web.limits import limiter
from tests import world
from tests.checking_client import CheckingClient, check_page
from tests.conftest import Portal

Browse = Callable[[], CheckingClient]
BAD_HOSTS = ["a..b", "x" * 64 + ".example.cn", f"www.{'y' * 200}.cn:80"]
ODD_HOSTS = [
    "a b",
    "蓝.example..cn",
    "[",
    ":::",
    "",
    "a/b",
    "a@b",
    "<x>",
    "\xff",
    "a.b:99999999999",
]


@pytest.fixture
def published(portal: Portal) -> Portal:
    portal.ingest([world.penalty(1)])
    portal.ingest([world.permit(1, XK_YXQZI="2026-06-30")], "permits.csv")
    portal.ingest([world.listing(1)], "black.csv")
    portal.publish()
    return portal


@pytest.fixture
def client(published: Portal, browse: Browse) -> CheckingClient:  # noqa: ARG001
    return browse()


@contextmanager
def running(portal: Portal, **changes: object) -> Iterator[CheckingClient]:
    app: Flask = portal.app(**changes)
    app.testing = True
    yield CheckingClient(app)
    app.extensions["portal.live"].close()


def link(page: str, prefix: str) -> str:
    found = re.search(rf'href="({prefix}[^"]+)"', page)
    assert found is not None
    return found[1]


def check_headers(response: TestResponse) -> None:
    for name, value in ALWAYS.items():
        assert response.headers.getlist(name) == [value], name


# --- the Host header ------------------------------------------------------------------------------


@pytest.mark.parametrize("host", BAD_HOSTS)
@pytest.mark.parametrize("path", ["/", "/search?q=蓝穗", "/api/v1/status", "/static/css/site.css"])
def test_a_host_that_is_none_is_a_plain_refusal(
    client: CheckingClient, host: str, path: str
) -> None:
    response = client.get(path, headers={"Host": host}, buffered=True)
    assert response.status_code == 400
    check_headers(response)
    assert response.headers["Cache-Control"] == "no-store"
    assert host not in response.text
    if path.startswith("/api"):
        assert response.content_type == "application/problem+json"
    else:
        check_page(response)
        assert "href" not in response.text


@pytest.mark.parametrize("host", ODD_HOSTS)
def test_no_host_is_an_error_of_ours(client: CheckingClient, host: str) -> None:
    for path in ("/", "/nowhere", "/api/v1/status", "/static/none.css"):
        response = client.get(path, headers={"Host": host}, buffered=True)
        assert response.status_code in (200, 400, 404)
        check_headers(response)


def test_no_answer_repeats_the_host(client: CheckingClient) -> None:
    record = link(client.page("/search?q=蓝穗"), "/records/")
    paths = ["/", "/search?q=蓝穗", record, f"/api/v1{record}", "/nowhere", "/about/"]
    for path in (*paths, f"/codes/{world.uscc(1)}"):
        response = client.get(path, headers={"Host": "evil.example"})
        assert "evil.example" not in response.text + str(response.headers), path
    for path in ("", "//about", "//evil.example/about", "/lists//market-regulation", "/api//v1"):
        response = client.get(
            "/", headers={"Host": "evil.example"}, environ_overrides={"PATH_INFO": path}
        )
        assert response.status_code in (200, 404)
        assert "evil.example" not in response.text + str(response.headers), path


def test_without_an_origin_addresses_are_paths(client: CheckingClient) -> None:
    record = link(client.page("/search?q=蓝穗"), "/records/")
    page = client.page(record)
    assert "canonical" not in page
    assert f'<dd class="hash">{record}</dd>' in page


def test_the_origin_that_is_set_is_that_of_permanent_addresses(published: Portal) -> None:
    origin = "https://credit.example.cn"
    with running(published, site_origin=origin) as client:
        record = link(client.get("/search?q=蓝穗").text, "/records/")
        page = client.get(record, headers={"Host": "evil.example"}).text
    assert f'<link rel="canonical" href="{origin}{record}">' in page
    for code, query in (("zh-Hans", ""), ("zh-Hant", "?lang=zh-Hant"), ("en", "?lang=en")):
        assert f'<link rel="alternate" hreflang="{code}" href="{origin}{record}{query}">' in page
    assert f'<dd class="hash">{origin}{record}</dd>' in page


# --- nothing of the inside ------------------------------------------------------------------------


def test_what_is_wrong_with_a_snapshot_is_told_to_the_log_alone(
    published: Portal, client: CheckingClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/readyz").status_code == 200
    assert client.json("/api/v1/status")["problem"] == ""
    published.store.pointer.write_text("no-such-snapshot", encoding="ascii")
    live = client.app.extensions["portal.live"]
    for _ in range(3):
        response = client.get("/readyz")
        assert (response.status_code, response.text) == (
            503,
            "新快照无法打开，仍在使用上一个快照\n",
        )
        assert client.json("/api/v1/status")["problem"] == "新快照无法打开，仍在使用上一个快照"
    assert "no-such-snapshot" in live.problem
    assert caplog.text.count("no-such-snapshot") == 1
    assert client.get("/search?q=蓝穗").status_code == 200


def test_no_snapshot_says_no_path(
    published: Portal, caplog: pytest.LogCaptureFixture, browse: Browse
) -> None:
    snapshot = published.store.path(published.store.current_id())
    (snapshot / "records.sqlite").write_bytes(b"nothing")
    client = browse()
    answers = [client.get(path) for path in ("/readyz", "/", "/api/v1/status")]
    assert [answer.status_code for answer in answers] == [503] * 3
    for answer in answers:
        assert not {snapshot.name, str(published.folder), "sqlite"} & set(
            re.findall(r"[\w./-]+", answer.text)
        )
        assert snapshot.name not in answer.text
        check_headers(answer)
    assert snapshot.name in caplog.text


def test_an_error_in_the_error_page_is_not_logged_with_the_address(
    client: CheckingClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "-".join(("very", "secret", "words"))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(words)

    caplog.set_level(logging.DEBUG)
    client.app.testing = False
    client.app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("portal.web.problems.render_template", fail)
    with pytest.raises(RuntimeError):
        client.get("/records/very-secret-id")
    assert "RuntimeError at pages.record" in caplog.text
    assert words not in caplog.text
    assert "very-secret-id" not in caplog.text


# --- caching --------------------------------------------------------------------------------------


def test_static_files_are_kept_long_under_the_right_digest_only(client: CheckingClient) -> None:
    address = link(client.page("/"), "/static/css/")
    long, short = f"public, max-age={STATIC_AGE}, immutable", "public, max-age=60"
    fetched = client.get(address, buffered=True)
    assert fetched.headers["Cache-Control"] == long
    digest_ = address.partition("?v=")[2]
    assert hashlib.sha256(fetched.data).hexdigest().startswith(digest_)
    tag = fetched.headers["ETag"]
    unchanged = client.get(address, headers={"If-None-Match": tag}, buffered=True)
    assert (unchanged.status_code, unchanged.headers["Cache-Control"]) == (304, long)
    part = client.get(address, headers={"Range": "bytes=0-9"}, buffered=True)
    assert (part.status_code, part.headers["Cache-Control"]) == (206, long)
    for wrong in ("", "?v=", "?v=wrong", f"?v={digest_[:-1]}", f"?v={digest_}0", f"?w={digest_}"):
        path = address.partition("?")[0] + wrong
        kept = client.get(path, buffered=True).headers["Cache-Control"]
        assert kept == short, wrong


@pytest.mark.parametrize("version", ["", "?v=", "?v=0123456789ab"])
def test_the_absence_of_a_static_file_is_not_kept(client: CheckingClient, version: str) -> None:
    for name in ("css/none.css", "../app.py", "%00", "css"):
        response = client.get(f"/static/{name}{version}", buffered=True)
        assert response.status_code == 404
        assert response.headers["Cache-Control"] == "no-store"
    outside = client.get(
        link(client.page("/"), "/static/css/"), headers={"Range": "bytes=9999999-"}
    )
    assert (outside.status_code, outside.headers["Cache-Control"]) == (416, "no-store")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_of_this_moment(client: CheckingClient, published: Portal, path: str) -> None:
    for method in ("GET", "HEAD"):
        response = client.get(path, method=method)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers
    with running(published, ratelimit_enabled=True, ratelimit_pages="1/hour") as limited:
        answers = [limited.get(path) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert not [name for a in answers for name, _ in a.headers if name.startswith("Rate")]


# --- budgets --------------------------------------------------------------------------------------


def test_what_is_left_is_told_as_the_draft_has_it(published: Portal) -> None:
    with running(published, ratelimit_enabled=True, ratelimit_search="3/minute") as client:
        for left in (2, 1, 0):
            response = client.get("/search?q=蓝穗")
            assert response.status_code == 200
            assert response.headers["RateLimit-Policy"] == '"search";q=3;w=60'
            state = re.fullmatch(r'"search";r=(\d+);t=(\d+)', response.headers["RateLimit"])
            assert state is not None
            assert int(state[1]) == left
            assert 0 < int(state[2]) <= 60
            assert "Retry-After" not in response.headers
            assert not [n for n, _ in response.headers if n.startswith(("RateLimit-R", "X-Rate"))]
        for path in ("/search?q=蓝穗", "/api/v1/search?q=蓝穗"):
            refused = client.get(path)
            assert refused.status_code == 429
            assert refused.headers["RateLimit"].startswith('"search";r=0;t=')
            assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert f"{refused.headers['Retry-After']} 秒" in client.get("/search?q=蓝穗").text
        assert "Retry-After" not in client.get("/search", method="DELETE").headers


def test_several_limits_of_one_budget_have_names_of_their_own(published: Portal) -> None:
    limits = "5/second; 100/minute"
    with running(published, ratelimit_enabled=True, ratelimit_search=limits) as client:
        policy = client.get("/search?q=蓝穗").headers["RateLimit-Policy"]
    assert policy == '"search";q=5;w=1, "search-2";q=100;w=60'


def readable(rules: list[Rule], values: dict[str, str]) -> list[str]:
    """The address of every route that can be read, but for health, metrics and static files."""
    found, unlimited = [], ("health.", "metrics.", "static")
    for rule in rules:
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith(unlimited):
            found.append(re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda m: values[m[1]], rule.rule))
    return found


def test_every_read_has_a_budget(published: Portal) -> None:
    values = {
        **{"public_id": "a" * 24, "uscc": world.uscc(1), "code": "market-regulation"},
        **{"slug": "repair", "name": "months", "form": "csv", "number": "1"},
    }
    with running(published, ratelimit_enabled=True, ratelimit_pages="2/hour") as client:
        paths = readable(list(client.app.url_map.iter_rules()), values)
        assert len(paths) >= 10
        allowed = [client.get("/about"), client.get("/lists")]
        assert [answer.status_code for answer in allowed] == [200, 200]
        assert allowed[1].headers["RateLimit-Policy"] == '"pages";q=2;w=3600'
        assert allowed[1].headers["RateLimit"].startswith('"pages";r=0;t=')
        for path in paths:
            refused = client.get(path)
            assert refused.status_code == 429, path
            assert 0 < int(refused.headers["Retry-After"]) <= 3600
            assert refused.headers["Cache-Control"] == "no-store"
        assert client.get("/static/css/site.css", buffered=True).status_code == 200
        elsewhere = client.get("/about", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
        assert elsewhere.status_code == 200


def test_without_its_counters_the_site_stays_up(
    published: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise ConnectionError("counters are away")

    monkeypatch.setattr(limiter, "_storage_dead", False)
    with running(published, ratelimit_enabled=True, ratelimit_search="2/minute") as client:
        monkeypatch.setattr(limiter.storage, "incr", fail)
        monkeypatch.setattr(limiter.storage, "check", lambda: False)
        statuses = [client.get("/search?q=蓝穗").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


# --- a snapshot of another catalogue --------------------------------------------------------------


def test_a_class_the_catalogue_lacks_is_not_shown(
    published: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(published) as client:
        permit = link(client.page("/search?class=permit"), "/records/")
        entity = link(client.page("/search?q=蓝穗"), "/entities/")
    catalog = load_catalog()
    fewer = tuple(c for c in catalog.classes if c.code != "permit")
    smaller = msgspec.structs.replace(catalog, classes=fewer)
    monkeypatch.setattr("portal.app.load_catalog", lambda _: smaller)
    with running(published) as client:
        ready = client.get("/readyz")
        assert (ready.status_code, ready.headers["Cache-Control"]) == (503, "no-store")
        assert "重新发布" in ready.text
        for path in ("/", "/about", "/lists", "/search?q=蓝穗", entity):
            assert "行政许可决定" not in client.page(path)
            assert permit not in client.page(path)
        client.page(permit, 404)
        client.json(f"/api/v1{permit}", 404)
        client.page("/search?class=permit", 400)
        assert list(client.json(f"/api/v1{entity}")["records"]) == ["penalty", "black_list"]
        body = client.json("/api/v1/search?q=蓝穗")
        assert body["totals"] == {"exact": 0, "containing": 1, "similar": 0, "records": 2}
        assert body["results"][0]["counts"] == {"penalty": 1, "black_list": 1}
        assert {f["value"] for f in body["facets"]["class"]} == {"penalty", "black_list"}
        assert sum(client.json("/api/v1/status")["records"].values()) == 2


def test_the_digest_of_a_catalogue_is_that_of_its_snapshots(published: Portal) -> None:
    manifest = published.publish()
    assert manifest.policy == digest(load_catalog())
    other = msgspec.structs.replace(published.catalog, regions={"38": "澄州"})
    assert digest(other) != manifest.policy


def test_any_class_may_grant_for_a_time(published: Portal, tmp_path: Path) -> None:
    classes = tmp_path / "policy" / "classes"
    classes.mkdir(parents=True)
    built_in = Path(load_catalog.__code__.co_filename).parent / "catalog" / "classes"
    for name, old, new in (
        ("permit.toml", 'validity_field = "valid_until"\n', ""),
        ("penalty.toml", "\n[persons]", '\nvalidity_field = "decided_on"\n\n[persons]'),
    ):
        text = (built_in / name).read_text(encoding="utf-8")
        assert old in text
        (classes / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    ended = {}
    for policy in ("", str(classes.parent)):
        with running(published, policy=policy) as client:
            for code in ("permit", "penalty"):
                record = link(client.page(f"/search?class={code}"), "/records/")
                ended[policy != "", code] = client.json(f"/api/v1{record}")["validity_ended"]
                shown = '<span class="state">有效期届满</span>' in client.page(record)
                assert shown is ended[policy != "", code]
    assert ended == {
        (False, "permit"): True,
        (False, "penalty"): False,
        (True, "permit"): False,
        (True, "penalty"): True,
    }
