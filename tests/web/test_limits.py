"""Budgets as a visitor meets them: what is counted, what is told, what is refused."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.institutions import HEADER, add_institution, remove_institution
from tests import world
from tests.checking_client import CheckingClient, check_page
from tests.conftest import Portal


@pytest.fixture
def published(portal: Portal) -> Portal:
    portal.ingest([world.penalty(n) for n in range(1, 4)])
    portal.publish()
    return portal


@contextmanager
def running(portal: Portal, **changes: object) -> Iterator[CheckingClient]:
    app: Flask = portal.app(ratelimit_enabled=True, **changes)
    app.testing = True
    yield CheckingClient(app)
    app.extensions["portal.live"].close()


def left(response: TestResponse, budget: str) -> int:
    found = re.search(rf'"{budget}";r=(\d+);t=\d+', response.headers["RateLimit"])
    assert found is not None, response.headers["RateLimit"]
    return int(found[1])


def test_what_is_left_is_told_as_the_draft_has_it(published: Portal) -> None:
    with running(published, ratelimit_search="3/minute") as client:
        for rest in (2, 1, 0):
            response = client.get("/search?q=蓝穗")
            assert response.status_code == 200
            policy = '"pages";q=600;w=60, "search";q=3;w=60'
            assert response.headers["RateLimit-Policy"] == policy
            told = r'"pages";r=\d+;t=\d+, "search";r=(\d+);t=(\d+)'
            state = re.fullmatch(told, response.headers["RateLimit"])
            assert state is not None
            assert int(state[1]) == rest
            assert 60 < int(state[2]) <= 120  # this window and the next, in which it fades
            assert "Retry-After" not in response.headers
            assert not [n for n, _ in response.headers if n.startswith(("RateLimit-R", "X-Rate"))]
        for path in ("/search?q=蓝穗", "/api/v1/search?q=蓝穗"):
            refused = client.get(path)
            assert refused.status_code == 429
            assert left(refused, "search") == 0
            assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert "Retry-After" not in client.get("/search", method="DELETE").headers


def test_a_refusal_says_in_words_when_to_come_back(published: Portal) -> None:
    with running(published, ratelimit_search="1/minute", ratelimit_exports="1/day") as client:
        client.get("/search?q=蓝穗")
        page = client.get("/search?q=蓝穗")
        check_page(page)
        assert f"请在 {page.headers['Retry-After']} 秒后再试" in page.text
        assert "查询的次数暂时用完了" in page.text
        assert re.search(r"北京时间 \d\d:\d\d 起", page.text)
        problem = client.get("/api/v1/search?q=蓝穗")
        assert problem.content_type == "application/problem+json"
        body = problem.get_json(force=True)
        assert (body["status"], body["title"]) == (429, "查询过于频繁")
        assert body["detail"] == f"请在 {problem.headers['Retry-After']} 秒后再试"
        client.get("/search.csv")
        later = client.get("/search.csv").text
        assert "请在 24 小时后再试" in later
        assert re.search(r"北京时间 \d{4}-\d\d-\d\d \d\d:\d\d 起", later)
        assert "try again in" in client.get("/search?q=蓝穗&lang=en").text


def test_several_limits_of_one_budget_have_names_of_their_own(published: Portal) -> None:
    limits = "5/second; 100/minute"
    with running(published, ratelimit_search=limits) as client:
        policy = client.get("/search?q=蓝穗").headers["RateLimit-Policy"]
    assert policy.endswith('"search";q=5;w=1, "search-2";q=100;w=60')


def readable(rules: list[Rule], values: dict[str, str]) -> list[str]:
    """The address of every route that can be read, but for health and static files."""
    found = []
    for rule in rules:
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith(
            ("health.", "metrics.", "static")
        ):
            found.append(re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda m: values[m[1]], rule.rule))
    return found


def test_every_read_has_a_budget(published: Portal) -> None:
    values = {
        **{"public_id": "a" * 24, "uscc": world.uscc(1), "code": "market-regulation"},
        **{"slug": "repair", "name": "months", "form": "csv", "number": "1"},
    }
    with running(published, ratelimit_pages="2/hour") as client:
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


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/css/site.css"])
def test_health_and_static_files_are_not_counted(published: Portal, path: str) -> None:
    with running(published, ratelimit_pages="1/hour") as client:
        answers = [client.get(path) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert not [n for a in answers for n, _ in a.headers if n.startswith("RateLimit")]


def test_the_interface_has_a_budget(published: Portal) -> None:
    with running(published, ratelimit_api="2/hour") as client:
        statuses = [client.get("/api/v1/status").status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert client.get("/about").status_code == 200


def test_addresses_where_nothing_stands_are_counted_too(published: Portal) -> None:
    with running(published, ratelimit_pages="2/hour") as client:
        paths = ("/nowhere", "/api/v1/nowhere", "/nowhere", "/api/v1/nowhere")
        assert [client.get(path).status_code for path in paths] == [404, 404, 429, 429]
    with running(published, ratelimit_pages="3/hour") as client:
        deleted = [client.get("/about", method="DELETE").status_code for _ in range(4)]
        assert deleted == [405, 405, 405, 429]


def test_heavier_work_costs_more(published: Portal) -> None:
    with running(published, ratelimit_search="10/hour", ratelimit_deep="5/hour") as client:
        assert left(client.get("/search?q=蓝穗"), "search") == 9
        by_filter = client.get("/search?class=penalty")
        assert left(by_filter, "search") == 7
        assert "deep" not in by_filter.headers["RateLimit"]
        assert "deep" not in client.get("/search?q=蓝穗&page=10").headers["RateLimit"]
        assert left(client.get("/search?q=蓝穗&page=11"), "deep") == 4
        assert left(client.get("/api/v1/search?q=蓝穗&page=20&page_size=50"), "deep") == 0
        assert client.get("/search?q=蓝穗&page=11").status_code == 429
        assert client.get("/search?q=蓝穗&page=2").status_code != 429


def test_a_budget_smaller_than_a_cost_still_lets_one_through(published: Portal) -> None:
    with running(published, ratelimit_search="1/hour", ratelimit_exports="1/hour") as client:
        assert client.get("/search?class=penalty").status_code == 200
        assert client.get("/search.xlsx").status_code == 200


def test_a_restart_forgets_nothing(published: Portal) -> None:
    for statuses in ([200, 200], [200, 429]):
        with running(published, ratelimit_search="3/day") as client:
            assert [client.get("/search?q=蓝穗").status_code for _ in range(2)] == statuses


# --- who is counted -------------------------------------------------------------------------------

FORGED = ("192.0.2.1", "192.0.2.2, 10.0.0.1", "2001:db8::1", "nonsense", "")


def ask(client: CheckingClient, forwarded: str, address: str = "127.0.0.1") -> int:
    headers = {"X-Forwarded-For": forwarded, "Forwarded": f"for={forwarded}"}
    headers |= {"X-Real-IP": forwarded, "X-Client-IP": forwarded}
    environ = {"REMOTE_ADDR": address}
    return client.get("/about", headers=headers, environ_overrides=environ).status_code


def test_what_a_client_claims_changes_nothing(published: Portal) -> None:
    with running(published, ratelimit_pages="2/hour") as client:
        assert [ask(client, claim) for claim in FORGED] == [200, 200, 429, 429, 429]


def test_behind_a_proxy_the_last_entry_counts_and_no_other(published: Portal) -> None:
    with running(published, ratelimit_pages="2/hour", trusted_proxies=1) as client:
        claims = [f"{claim}, 198.51.100.7".lstrip(", ") for claim in FORGED]
        assert [ask(client, claim) for claim in claims] == [200, 200, 429, 429, 429]
        assert ask(client, "198.51.100.7, 198.51.100.8") == 200


def test_an_ipv6_network_is_one_client(published: Portal) -> None:
    with running(published, ratelimit_pages="2/hour") as client:
        asked = [ask(client, "", f"2001:db8:1:2::{n}") for n in range(3)]
        assert asked == [200, 200, 429]
        assert ask(client, "", "2001:db8:1:3::1") == 200
        mapped = [ask(client, "", address) for address in ("::ffff:192.0.2.9", "192.0.2.9")]
        assert mapped == [200, 200]
        assert ask(client, "", "::ffff:192.0.2.9") == 429


def test_who_has_no_address_is_counted_too(published: Portal) -> None:
    with running(published, ratelimit_pages="2/hour") as client:
        assert [ask(client, "", "") for _ in range(3)] == [200, 200, 429]


# --- institutions ---------------------------------------------------------------------------------


def with_key(client: CheckingClient, key: str, path: str, **options: object) -> TestResponse:
    return client.get(path, headers={HEADER: key}, **options)


def test_an_institution_has_budgets_of_its_own(published: Portal) -> None:
    path = published.settings.keys_path
    key = add_institution(path, "市公共资源交易中心", world.TODAY)
    changes: dict[str, object] = {"ratelimit_search": "1/hour", "ratelimit_institution": 3}
    with running(published, **changes) as client:
        searched = [client.get("/search?q=蓝穗").status_code for _ in range(2)]
        assert searched == [200, 429]
        places = ({"REMOTE_ADDR": f"192.0.2.{n}"} for n in range(4))
        answers = [with_key(client, key, "/search?q=蓝穗", environ_overrides=p) for p in places]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert '"search";q=3;w=3600' in answers[0].headers["RateLimit-Policy"]
        other = add_institution(path, "县政务服务中心", world.TODAY)
        assert with_key(client, other, "/search?q=蓝穗").status_code == 200


def test_a_key_that_is_taken_back_is_refused_at_once(published: Portal) -> None:
    path = published.settings.keys_path
    key = add_institution(path, "市公共资源交易中心", world.TODAY)
    with running(published) as client:
        assert with_key(client, key, "/about").status_code == 200
        remove_institution(path, "市公共资源交易中心")
        assert with_key(client, key, "/about").status_code == 401


@pytest.mark.parametrize("key", ["", "x" * 43, "x" * 4000, "密钥"])
def test_a_wrong_key_is_named_and_costs(published: Portal, key: str) -> None:
    add_institution(published.settings.keys_path, "市公共资源交易中心", world.TODAY)
    header = key.encode().decode("latin-1")
    with running(published, ratelimit_pages="25/hour") as client:
        page = with_key(client, header, "/about")
        assert page.status_code == 401
        check_page(page)
        assert page.headers["WWW-Authenticate"] == HEADER
        assert left(page, "pages") == 15
        problem = with_key(client, header, "/api/v1/status")
        assert problem.content_type == "application/problem+json"
        assert problem.get_json(force=True)["parameter"] == HEADER
        assert with_key(client, header, "/about").status_code == 429
        assert client.get("/about").status_code == 200


def test_what_is_refused_for_its_input_counts_too(published: Portal) -> None:
    paths = ("/?colour=red", "/search?page=x", "/about?lang=xx", "/api/v1/search?colour=red")
    for path in paths:
        with running(published, ratelimit_pages=f"{len(path)}/hour") as client:
            for rest in range(len(path) - 1, len(path) - 4, -1):
                answer = client.get(path)
                assert (answer.status_code, left(answer, "pages")) == (400, rest)
        published.settings.var_path.joinpath("limits", "counters.sqlite").unlink()
    add_institution(published.settings.keys_path, "市公共资源交易中心", world.TODAY)
    with running(published) as client:
        assert with_key(client, "x", "/about?colour=red").status_code == 401


def test_where_nothing_counts_no_key_matters(published: Portal) -> None:
    published.settings.keys_path.write_bytes(b"\xff\xfe")
    with running(published) as client:
        assert with_key(client, "x", "/healthz").status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, ready.text) == (200, "ok\n机构密钥文件无法读取\n")


def test_a_name_that_others_used_up_is_free_for_an_institution(published: Portal) -> None:
    key = add_institution(published.settings.keys_path, "市公共资源交易中心", world.TODAY)
    form = {"name": "佟晓岚", "id_number": "1"}
    with running(published, ratelimit_person_name="2/day") as client:
        others = [
            client.get("/check-person", method="POST", data=form).status_code for _ in range(3)
        ]
        assert others == [200, 200, 429]
        own = [
            client.get("/check-person", method="POST", data=form, headers={HEADER: key}).status_code
            for _ in range(3)
        ]
        assert own == [200, 200, 429]


def test_damaged_keys_are_no_free_pass(published: Portal) -> None:
    published.settings.keys_path.write_bytes(b"\xff\xfe")
    with running(published) as client:
        assert with_key(client, "x", "/about").status_code == 503
        assert client.get("/about").status_code == 200


# --- counters that fail ---------------------------------------------------------------------------


def test_without_its_counters_the_site_stays_up_and_counts(
    published: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = published.folder / "file"
    blocked.write_text("no folder")
    address = f"sqlite:///{blocked}/counters.sqlite"
    with running(published, ratelimit_url=address, ratelimit_search="2/hour") as client:
        statuses = [client.get("/search?q=蓝穗").status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    said = [r.getMessage() for r in caplog.records if "away" in r.getMessage()]
    assert len(said) == 1
    assert str(blocked) not in said[0]


def test_nothing_logs_who_was_refused(published: Portal, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with running(published, ratelimit_pages="1/hour") as client:
        assert [ask(client, "", "198.51.100.77") for _ in range(2)] == [200, 429]
    assert "198.51.100.77" not in caplog.text
