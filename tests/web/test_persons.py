import hmac
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event
from werkzeug.test import TestResponse

from tests import world
from tests.checking_client import CheckingClient, check_page
from tests.conftest import Portal
from tests.publish.test_publicity import person

Browse = Callable[[], CheckingClient]

PAGE, API = "/check-person", "/api/v1/persons/check"
NAME = "佟晓岚"
NUMBER = next(n for n in (world.id_number(s, "19790930") for s in range(1, 99)) if n.endswith("X"))
OTHER = world.id_number(41, "19881108")
DOTTED, OLD = "阿依努尔·玉素甫江", "380102850412003"
UPGRADED = world.id_number(3)
BASIS = {"CF_GKYJ": "《食品安全法》第一百一十三条"}
EMPTY = "未查询到在公示期内的公开信息"
COUNTERS = ("date", "ratelimit", "retry-after", "x-request-id")

ABSENT = ("云初霁", world.id_number(77, "19660606"))
NOT_FOUND = [
    (NAME, UPGRADED),
    ("云初霁", NUMBER),
    ("佟晓兰", NUMBER),
    ("佟", NUMBER),
    ("佟**", NUMBER),
    (NAME, NUMBER[:17] + "0"),
    (NAME, NUMBER[:17]),
    (NAME, f"{NUMBER[:4]}**********{NUMBER[-4:]}"),
    (NAME, f"{NUMBER[:10]}****{NUMBER[-4:]}"),
    (NAME, "%"),
    (NAME, "' OR 1=1 --"),
    (NAME, "E12345678"),
    (NAME, world.uscc(1)),
    ("\u200b", NUMBER),
    ("裘望舒", OTHER),
]
"""Wrong number, wrong name, malformed, masked, other documents, and a person who is withheld."""


@pytest.fixture
def published(portal: Portal) -> Portal:
    portal.ingest(
        [
            person(world.penalty(1), CF_XDR_MC=NAME, CF_XDR_ZJHM=NUMBER) | BASIS,
            person(world.penalty(2), CF_XDR_MC=DOTTED, CF_XDR_ZJHM=OLD) | BASIS,
            person(world.penalty(3), CF_XDR_MC="裘望舒", CF_XDR_ZJHM=OTHER),
            world.penalty(4),
        ]
    )
    debtors = [
        world.debtor(1, iname=NAME, cardNum=NUMBER, sexy="女"),
        world.debtor(2, iname=NAME, cardNum="3801021979****0026"),
        world.debtor(3, iname=NAME, cardNum=OTHER),
    ]
    portal.ingest_path(world.write_jsonl(portal.folder / "debtors.jsonl", debtors))
    portal.publish()
    return portal


@pytest.fixture
def client(published: Portal, browse: Browse) -> CheckingClient:
    assert published.settings.person_key_path.is_file()
    return browse()


def ask(client: CheckingClient, name: str, number: str, **options: Any) -> TestResponse:
    form = {"name": name, "id_number": number}
    return client.get(PAGE, method="POST", data=form, **options)


def ask_api(client: CheckingClient, name: str, number: str, **options: Any) -> TestResponse:
    return client.get(API, method="POST", json={"name": name, "id_number": number}, **options)


def found(client: CheckingClient, name: str, number: str) -> list[dict[str, Any]]:
    response = ask_api(client, name, number)
    assert response.status_code == 200, response.text
    body = response.get_json()
    assert set(body) == {"records"}
    records: list[dict[str, Any]] = body["records"]
    return records


def seen(response: TestResponse) -> tuple[int, bytes, dict[str, str]]:
    """All of an answer but the clock, the counters and the random id."""
    headers = {k: v for k, v in response.headers if not k.lower().startswith(COUNTERS)}
    return response.status_code, response.data, headers


def test_name_and_number_lead_to_all_records_of_this_person(client: CheckingClient) -> None:
    records = found(client, NAME, NUMBER)
    assert {record["class"] for record in records} == {"penalty", "judgment_debtor"}
    assert len(records) == 2
    shown = {record["class"]: client.json(f"/api/v1/records/{record['id']}") for record in records}
    assert shown["penalty"]["name"] == "佟**"
    assert shown["penalty"]["document_number"] == "澄市监罚〔2026〕1号"
    assert shown["judgment_debtor"]["name"] == NAME
    assert "执1号" in shown["judgment_debtor"]["document_number"]


def test_persons_of_one_name_are_told_apart(client: CheckingClient) -> None:
    records = found(client, NAME, OTHER)
    assert len(records) == 1
    assert records[0]["id"] not in {record["id"] for record in found(client, NAME, NUMBER)}


def test_the_page_shows_the_same_records_as_cards(client: CheckingClient) -> None:
    response = ask(client, NAME, NUMBER)
    assert response.status_code == 200
    check_page(response)
    linked = set(re.findall(r'href="/records/(\w+)"', response.text))
    assert linked == {record["id"] for record in found(client, NAME, NUMBER)}
    assert EMPTY not in response.text
    for address in linked:
        client.page(f"/records/{address}")


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (NAME, NUMBER.lower()),
        (f" {NAME[0]} {NAME[1:]}\u3000", f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}"),
        (NAME + "\ufeff", "".join(chr(ord(c) + 0xFEE0) for c in NUMBER)),
        (DOTTED, OLD),
        (DOTTED, UPGRADED),
        (DOTTED.replace("·", "•"), f"{OLD[:6]} {OLD[6:]}"),
        (DOTTED.replace("·", "．"), UPGRADED),
    ],
)
def test_any_spelling_finds(client: CheckingClient, name: str, number: str) -> None:
    assert len(found(client, name, number)) == (2 if name.startswith((NAME, " ")) else 1)
    assert "/records/" in ask(client, name, number).text


def test_a_form_may_ask_the_interface_too(client: CheckingClient) -> None:
    form = {"name": NAME, "id_number": NUMBER}
    response = client.get(API, method="POST", data=form)
    assert response.get_json() == ask_api(client, NAME, NUMBER).get_json()
    assert len(response.get_json()["records"]) == 2


@pytest.mark.parametrize(("name", "number"), NOT_FOUND)
def test_whatever_finds_nothing_is_answered_alike(
    client: CheckingClient, name: str, number: str
) -> None:
    for way in (ask, ask_api):
        assert seen(way(client, name, number)) == seen(way(client, *ABSENT))
    assert ask_api(client, name, number).data == b'{"records":[]}'
    page = ask(client, name, number)
    check_page(page)
    assert page.status_code == 200
    assert EMPTY in page.text
    assert "无不良" not in page.text


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    work: list[str] = []
    digest = hmac.digest

    def count(secret: bytes, message: bytes, algorithm: str) -> bytes:
        work.append("hmac")
        return digest(secret, message, algorithm)

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        work.append(statement)

    monkeypatch.setattr(hmac, "digest", count)
    event.listen(Engine, "before_cursor_execute", note)
    yield work
    event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("way", [ask, ask_api])
def test_the_work_is_the_same_found_or_not(
    client: CheckingClient, monkeypatch: pytest.MonkeyPatch, way: Callable[..., TestResponse]
) -> None:
    way(client, *ABSENT)  # opens the snapshot
    with counted(monkeypatch) as work:
        way(client, NAME, NUMBER)
        expected = list(work)
        assert expected.count("hmac") == 6
        assert len([w for w in expected if "person_keys" in w]) == 1
        for name, number in (ABSENT, *NOT_FOUND):
            work.clear()
            way(client, name, number)
            assert work == expected


def test_ended_records_are_gone_the_day_after(client: CheckingClient, published: Portal) -> None:
    def classes() -> list[str]:
        return [record["class"] for record in found(client, NAME, NUMBER)]

    until = {r["class"]: date.fromisoformat(r["public_until"]) for r in found(client, NAME, NUMBER)}
    assert until["penalty"] < until["judgment_debtor"]
    published.today = until["penalty"]
    assert sorted(classes()) == ["judgment_debtor", "penalty"]
    published.today += timedelta(days=1)
    assert classes() == ["judgment_debtor"]
    published.today = until["judgment_debtor"]
    assert classes() == ["judgment_debtor"]
    published.today += timedelta(days=1)
    for way in (ask, ask_api):
        assert seen(way(client, NAME, NUMBER)) == seen(way(client, *ABSENT))


@pytest.mark.parametrize("pair", [(NAME, NUMBER), ABSENT])
def test_nobody_keeps_or_indexes_an_answer(client: CheckingClient, pair: tuple[str, str]) -> None:
    for response in (client.get(PAGE), ask(client, *pair), ask_api(client, *pair)):
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Robots-Tag"] == "noindex, noarchive"
        assert "ETag" not in response.headers
        assert "Set-Cookie" not in response.headers


def test_the_form_is_labelled_and_remembers_nothing(client: CheckingClient) -> None:
    page = client.page(PAGE)
    for field, title in (("person-name", "姓名"), ("person-number", "公民身份号码")):
        assert f'<label for="{field}">{title}</label>' in page
        box = re.search(f'<input[^>]*id="{field}"[^>]*>', page)
        assert box is not None
        assert 'autocomplete="off"' in box[0]
        assert "value=" not in box[0]
    assert f'action="{PAGE}" method="post"' in page
    assert PAGE in client.page("/")
    assert PAGE in client.page("/search?q=不存在的公司")


def test_what_was_typed_is_nowhere(
    published: Portal, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with running(published, ratelimit_persons="500/hour", ratelimit_person_name="3/day") as client:
        for name, number in ((NAME, NUMBER), ABSENT, *NOT_FOUND[:9]):
            for response in (
                ask(client, name, number),
                ask_api(client, name, number),
                ask(client, name + "长" * 100, number),
                ask_api(client, name, number + "0" * 60),
                client.get(API, method="POST", data=f"{name} {number}", content_type="text/plain"),
                client.get(API, method="POST", data=f'{{"{number}": "{name}', content_type=JSON),
                ask(client, name, number, headers={"Sec-Fetch-Site": "cross-site"}),
            ):
                written = response.text + str(response.headers)
                assert number not in written
                assert response.status_code == 200 or name not in written
                assert response.status_code != 500
    log = caplog.text + "".join(capfd.readouterr())
    for value in {NAME, NUMBER, NUMBER[6:14], *ABSENT}:
        assert value not in log
        assert value.encode("unicode-escape").decode() not in log


JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def test_an_error_says_nothing_of_what_was_typed(
    client: CheckingClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(f"cannot look for {NAME} {NUMBER}")

    monkeypatch.setattr("portal.lookup.Lookup.records_of_person", fail)
    for way in (ask, ask_api):
        response = way(client, NAME, NUMBER)
        assert response.status_code == 500
        assert NAME not in response.text
    assert "RuntimeError" in caplog.text
    assert NAME not in caplog.text
    assert NUMBER not in caplog.text


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"id_number": NUMBER}, "name"),
        ({"name": " \u3000", "id_number": NUMBER}, "name"),
        ({"name": NAME}, "id_number"),
        ({"name": NAME, "id_number": ""}, "id_number"),
        ({"name": "佟" * 101, "id_number": NUMBER}, "name"),
        ({"name": NAME, "id_number": NUMBER + " " * 47}, "id_number"),
    ],
)
def test_missing_and_overlong_fields_are_named(
    client: CheckingClient, form: dict[str, str], field: str
) -> None:
    response = client.get(PAGE, method="POST", data=form)
    assert response.status_code == 400
    check_page(response)
    assert f"<code>{field}</code>" in response.text
    invalid = re.findall(r"<input[^>]*aria-invalid[^>]*>", response.text)
    assert len(invalid) == 1
    assert f'name="{field}"' in invalid[0]
    assert NUMBER not in response.text
    for options in ({"json": form}, {"data": form}):
        answer = client.get(API, method="POST", **options)
        assert answer.status_code == 400
        assert answer.get_json(force=True)["parameter"] == field


@pytest.mark.parametrize(
    ("body", "content_type", "parameter"),
    [
        ("{", JSON, "body"),
        ("", JSON, "body"),
        ("[]", JSON, "body"),
        ('"text"', JSON, "body"),
        ('{"name": "\\ud800", "id_number": "1"}', JSON, "name"),
        ('{"name": "佟", "name": "佟", "id_number": "1"}', JSON, "body"),
        ('{"name": "佟", "id_number": "1", "age": 41}', JSON, "body"),
        ("name=a&id_number=1&id_number=2", FORM, "body"),
        ("name=a&id_number=1&age=41", FORM, "body"),
        ('{"x": ' + "[" * 20_000 + "]" * 20_000 + "}", JSON, "body"),
        ('{"name": 5, "id_number": "1"}', JSON, "name"),
        ('{"name": "佟", "id_number": null}', JSON, "id_number"),
        ('{"name": "佟", "id_number": ["1"]}', JSON, "id_number"),
        ("name=a&id_number=1", "text/plain", "Content-Type"),
        ("name=a&id_number=1", "", "Content-Type"),
        ("x", "multipart/form-data", "Content-Type"),
    ],
)
def test_malformed_requests_are_refused_with_the_reason(
    client: CheckingClient, body: str, content_type: str, parameter: str
) -> None:
    response = client.get(API, method="POST", data=body, content_type=content_type)
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    assert response.get_json(force=True)["parameter"] == parameter
    page = client.get(PAGE, method="POST", data=body, content_type=content_type)
    assert page.status_code == 400
    check_page(page)


def test_invalid_utf_8_and_huge_bodies(client: CheckingClient) -> None:
    wrong = client.get(API, method="POST", data=b'{"name":"\xff"}', content_type=JSON)
    assert wrong.get_json(force=True)["parameter"] == "body"
    huge = json.dumps({"name": "佟" * 40_000, "id_number": NUMBER})
    assert client.get(API, method="POST", data=huge, content_type=JSON).status_code == 413


def test_nobody_is_asked_for_in_an_address(client: CheckingClient) -> None:
    query = {"name": NAME, "id_number": NUMBER, NUMBER: NAME}
    asked = {"name": NAME, "id_number": NUMBER}
    for path, method, form in ((PAGE, "GET", None), (PAGE, "POST", asked), (API, "POST", asked)):
        answer = client.get(path, method=method, query_string=query, data=form)
        assert answer.status_code == 400
        assert NAME not in answer.text
        assert NUMBER not in answer.text
        assert "id_number" not in answer.text


def test_other_methods_do_no_harm(client: CheckingClient) -> None:
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        refused = client.get(API, method=method)
        assert refused.status_code == 405
        assert set(refused.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
    assert client.json(API, 405)["status"] == 405
    assert client.get(PAGE, method="DELETE").status_code == 405
    head = client.get(PAGE, method="HEAD")
    assert (head.status_code, head.data) == (200, b"")
    for path in (PAGE, API):
        options = client.get(path, method="OPTIONS")
        assert (options.status_code, options.data) == (200, b"")
        assert not [name for name, _ in options.headers if "access-control" in name.lower()]


@pytest.mark.parametrize("way", [ask, ask_api])
def test_other_sites_cannot_make_a_browser_ask(
    client: CheckingClient, way: Callable[..., TestResponse]
) -> None:
    refused = way(client, NAME, NUMBER, headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert refused.headers["Cache-Control"] == "no-store"
    for site in ("same-origin", "none"):
        assert way(client, NAME, NUMBER, headers={"Sec-Fetch-Site": site}).status_code == 200


@contextmanager
def running(portal: Portal, **changes: object) -> Iterator[CheckingClient]:
    app: Flask = portal.app(ratelimit_enabled=True, **changes)
    app.testing = True
    yield CheckingClient(app)
    app.extensions["portal.live"].close()


def test_page_and_interface_draw_on_one_budget(published: Portal) -> None:
    with running(published, ratelimit_persons="4/hour") as client:
        ways = (ask, ask_api, ask, ask_api, ask, ask_api)
        assert [w(client, NAME, NUMBER).status_code for w in ways] == [200] * 4 + [429] * 2
        refused = ask_api(client, *ABSENT)
        assert refused.content_type == "application/problem+json"
        assert 0 < int(refused.headers["Retry-After"]) <= 3600
        assert seen(refused) == seen(ask_api(client, NAME, NUMBER))
        page = ask(client, NAME, NUMBER)
        check_page(page)
        assert page.headers["Cache-Control"] == "no-store"
        client.page(PAGE)
        elsewhere = ask(client, NAME, NUMBER, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
        assert elsewhere.status_code == 200


def test_what_asks_nothing_costs_nothing(published: Portal) -> None:
    with running(published, ratelimit_persons="1/hour") as client:
        client.page(PAGE)
        client.get(PAGE, method="HEAD")
        client.get(API, method="OPTIONS")
        ask(client, "", NUMBER)
        ask(client, NAME, NUMBER, headers={"Sec-Fetch-Site": "cross-site"})
        assert ask(client, NAME, NUMBER).status_code == 200
        assert ask(client, NAME, NUMBER).status_code == 429


@pytest.mark.parametrize("name", [NAME, "云初霁"])
def test_numbers_of_one_name_cannot_be_tried_from_many_addresses(
    published: Portal, name: str
) -> None:
    with running(published, ratelimit_person_name="3/day") as client:

        def from_anew(serial: int, asked: str) -> TestResponse:
            address = {"REMOTE_ADDR": f"192.0.2.{serial}"}
            return ask_api(client, asked, world.id_number(serial), environ_overrides=address)

        spellings = [name, f" {name} ", name[0] + "\u200b" + name[1:], name, name]
        answers = [from_anew(n, spelling) for n, spelling in enumerate(spellings, start=1)]
        assert [a.status_code for a in answers] == [200] * 3 + [429] * 2
        assert int(answers[-1].headers["Retry-After"]) in range(86_398, 86_401)
        assert not [a for a in answers if "person-name" in str(a.headers)]
        assert from_anew(9, "欧阳若澄").status_code == 200


def test_the_limits_keep_no_name_and_no_address(published: Portal) -> None:
    with running(published) as client:
        address = {"REMOTE_ADDR": "198.51.100.77"}
        assert ask(client, NAME, NUMBER, environ_overrides=address).status_code == 200
    kept = b"".join(p.read_bytes() for p in (published.folder / "var" / "limits").iterdir())
    assert kept
    for secret in (NAME, NUMBER, "198.51.100.77", "person-name", "persons"):
        assert secret.encode() not in kept


def test_without_a_key_it_says_so_and_makes_none(published: Portal, browse: Browse) -> None:
    path = published.settings.person_key_path
    path.unlink()
    client = browse()
    for pair in ((NAME, NUMBER), ABSENT):
        page = ask(client, *pair)
        assert page.status_code == 503
        check_page(page)
        assert "尚未启用" in page.text
        answer = ask_api(client, *pair)
        assert answer.status_code == 503
        assert "尚未启用" in answer.get_json(force=True)["detail"]
    assert not path.exists()
    client.page(PAGE)


def test_without_a_snapshot_it_is_unavailable(portal: Portal, browse: Browse) -> None:
    portal.settings.person_key_path.parent.mkdir(exist_ok=True)
    portal.settings.person_key_path.write_text("ab" * 32)
    client = browse()
    client.page(PAGE)
    assert ask(client, NAME, NUMBER).status_code == 503
    assert ask_api(client, NAME, NUMBER).status_code == 503
