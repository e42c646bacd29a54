"""The audit log of person checks: without an entry, no answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portal.person_key import (
    audit_address_digest,
    audit_digest,
    name_digest,
    person_key,
    read_person_key,
)
from portal.web.access_log import ID_HEADER
from portal.web.audit import Entry
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal
from tests.publish.test_publicity import person

NAME, NUMBER = "佟晓岚", world.id_number(3)
STRANGER = world.id_number(77)
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def published(portal: Portal) -> Portal:
    basis = {"CF_GKYJ": "《食品安全法》第一百一十三条"}
    portal.ingest([person(world.penalty(1), CF_XDR_MC=NAME, CF_XDR_ZJHM=NUMBER) | basis])
    portal.publish()
    return portal


@pytest.fixture
def client(published: Portal, browse: Callable[[], CheckingClient]) -> CheckingClient:  # noqa: ARG001
    return browse()


def ask(client: CheckingClient, name: str = NAME, number: str = NUMBER, **options: Any) -> Any:
    asked = {"name": name, "id_number": number}
    return client.get("/api/v1/persons/check", method="POST", json=asked, **options)


def entries(portal: Portal) -> list[dict[str, Any]]:
    text = portal.settings.audit_path.read_text(encoding="ascii")
    return [json.loads(line) for line in text.splitlines()]


def test_an_entry_says_who_asked_for_whom_to_the_holder_of_the_key(
    published: Portal, client: CheckingClient
) -> None:
    response = ask(client, environ_overrides={"REMOTE_ADDR": "::ffff:203.0.113.77"})
    assert response.get_json()["records"]
    key = read_person_key(published.settings.person_key_path)
    assert key is not None
    (entry,) = entries(published)
    assert entry.pop("pid") > 1
    assert entry == {
        "time": "2026-11-22T02:30:00.000Z",
        "id": response.headers[ID_HEADER],
        "outcome": "answered",
        "name": audit_digest(key, NAME),
        "person": audit_digest(key, NAME, NUMBER),
        "address": audit_address_digest(key, "203.0.113.77"),
        "snapshot": published.store.current_id(),
    }
    found = person_key(key, NAME, NUMBER)
    assert found is not None
    assert not {found.hex(), name_digest(key, NAME)} & set(entry.values())
    assert published.settings.audit_path.stat().st_mode & 0o777 == 0o600


def test_an_entry_does_not_say_whether_anything_was_found(
    published: Portal, client: CheckingClient
) -> None:
    for number in (NUMBER, STRANGER, NUMBER[:17] + "?", "no number"):
        assert ask(client, number=number).status_code == 200
    found = entries(published)
    assert [entry["outcome"] for entry in found] == ["answered"] * 4
    assert len({entry["name"] for entry in found}) == 1
    assert len({entry["person"] for entry in found}) == 4
    assert {len(json.dumps(entry)) for entry in found} == {len(json.dumps(found[0]))}


def test_every_spelling_of_a_person_is_one(published: Portal, client: CheckingClient) -> None:
    for name, number in ((NAME, NUMBER), ("佟 晓岚", f" {NUMBER[:6]}-{NUMBER[6:]}".lower())):
        ask(client, name, number)
    assert len({entry["person"] for entry in entries(published)}) == 1


def test_the_page_is_entered_like_the_api(published: Portal, client: CheckingClient) -> None:
    form = {"name": NAME, "id_number": NUMBER}
    assert client.get("/check-person", method="POST", data=form).status_code == 200
    assert client.get("/check-person").status_code == 200  # the form alone asks for nobody
    ask(client, name="")
    assert [entry["outcome"] for entry in entries(published)] == ["answered"]


def test_what_is_not_on_record_is_not_answered(
    published: Portal, client: CheckingClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/readyz").text == "ok\n"
    published.settings.audit_path.unlink()
    published.settings.audit_path.mkdir()
    for number in (NUMBER, STRANGER):
        refused = ask(client, number=number)
        assert refused.status_code == 503
        assert refused.get_json()["detail"] == "自然人查询暂不可用：查询登记无法写入"
        assert "record" not in refused.text
    form = {"name": NAME, "id_number": NUMBER}
    page = client.get("/check-person", method="POST", data=form)
    assert page.status_code == 503
    assert "澄市监罚" not in page.text
    assert client.get("/search?q=蓝穗").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.text) == (503, "自然人查询暂不可用：查询登记无法写入\n")
    assert str(published.folder) not in caplog.text + ready.text
    metrics = client.get("/metrics").text
    assert 'portal_log_failures_total{log="audit"} ' in metrics
    assert "portal_ready 0.0" in metrics


def test_what_a_limit_refuses_is_entered_too(published: Portal) -> None:
    app = published.app(ratelimit_enabled=True, ratelimit_persons="2/day")
    client = CheckingClient(app)
    assert [ask(client).status_code for _ in range(3)] == [200, 200, 429]
    outcomes = [entry["outcome"] for entry in entries(published)]
    assert outcomes == ["answered", "answered", "limited"]
    assert entries(published)[2]["snapshot"] is None
    app.extensions["portal.live"].close()


def test_a_failure_is_entered_as_one(
    published: Portal, client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(NUMBER)

    client.app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("portal.lookup.Lookup.records_of_person", fail)
    assert ask(client).status_code == 500
    assert [entry["outcome"] for entry in entries(published)] == ["failed"]


def test_the_page_tells_every_field() -> None:
    page = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8")
    for name in Entry.__struct_fields__:
        assert f"| `{name}` |" in page
