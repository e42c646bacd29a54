"""/readyz names every reason why not, and no file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from portal.web.limits import limiter
from portal.web.server import discreet
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

Browse = Callable[[], CheckingClient]

KEY = "自然人查询暂不可用：比对所用的密钥与已发布的数据不一致"
AUDIT = "自然人查询暂不可用：查询登记无法写入"


@pytest.fixture
def published(portal: Portal) -> Portal:
    portal.ingest([world.penalty(1)])
    portal.publish()
    return portal


def ready(client: CheckingClient) -> tuple[int, list[str]]:
    response = client.get("/readyz")
    return response.status_code, response.text.splitlines()


def test_all_reasons_are_told_at_once(published: Portal, browse: Browse) -> None:
    client = browse()
    assert ready(client) == (200, ["ok"])
    published.settings.person_key_path.unlink()
    published.settings.audit_path.unlink()
    published.settings.audit_path.mkdir()
    published.today = world.TODAY.replace(day=30)
    published.store.pointer.write_text("20990101-000000-none", encoding="ascii")
    assert ready(client) == (
        503,
        ["新快照无法打开，仍在使用上一个快照", "快照已有 8 天未更新", KEY, AUDIT],
    )


def test_a_person_key_that_cannot_be_used(
    published: Portal, browse: Browse, caplog: pytest.LogCaptureFixture
) -> None:
    client = browse()
    path = published.settings.person_key_path
    right = path.read_text()
    for wrong in ("0" * 64, "no key", ""):
        path.write_text(wrong)
        for _ in range(2):
            assert ready(client) == (503, [KEY])
    assert caplog.text.count("PORTAL_PERSON_KEY_FILE") == 1  # "no key" and "" are one problem
    path.write_text(right)
    assert ready(client) == (200, ["ok"])


def test_no_snapshot_and_no_audit_log(portal: Portal, browse: Browse, tmp_path: Path) -> None:
    portal.settings.var_path.mkdir(exist_ok=True)
    (tmp_path / "var" / "logs").write_bytes(b"a file where the folder should be")
    assert ready(browse()) == (503, ["没有可以使用的快照", AUDIT])


def test_counters_that_do_not_answer_are_a_remark(
    published: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = published.app(ratelimit_enabled=True)
    client = CheckingClient(app)
    assert ready(client) == (200, ["ok"])
    monkeypatch.setattr(limiter.storage, "check", lambda: False)
    assert ready(client) == (200, ["ok", "限流计数的存储没有响应，各进程暂时各自计数"])
    app.extensions["portal.live"].close()


def test_the_log_says_why_even_through_the_filter_of_the_server(
    browse: Browse, caplog: pytest.LogCaptureFixture
) -> None:
    assert browse().get("/").status_code == 503
    (record,) = [each for each in caplog.records if each.name == "portal.web.problems"]
    assert discreet(record)
    assert record.getMessage() == "尚未发布任何快照"
