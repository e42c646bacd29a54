import pytest

from portal.cli import main
from portal.publish.explain import describe, explain
from portal.publish.identity import PublicIds, load_secret
from tests import world
from tests.conftest import Portal
from tests.publish.test_publicity import person


def lines(portal: Portal, asked: str) -> list[str]:
    ids = PublicIds(load_secret(portal.settings.secret_path))
    with portal.registry.reading() as reader:
        found = list(explain(reader, portal.catalog, ids, asked, portal.today))
        return [line for one in found for line in describe(one, portal.catalog)]


def test_a_shown_record_is_explained_by_its_rule(portal: Portal) -> None:
    portal.ingest([world.penalty(1)], "first.csv")
    portal.ingest([world.penalty(1, CF_NR="警告，罚款3000元")], "second.csv")
    told = lines(portal, "澄市监罚[2026]1号")
    assert told[0].startswith("行政处罚 澄市监罚〔2026〕1号")
    assert any("公示 2026-06-01 至 2027-06-01" in line for line in told)
    assert any("信用修复管理办法" in line for line in told)
    assert any("第 1 版" in line and "first.csv" in line and "第 2 行" in line for line in told)
    assert any("第 2 版" in line and "second.csv" in line for line in told)


def test_a_withheld_record_is_explained_by_its_reason_and_events(portal: Portal) -> None:
    portal.ingest([world.penalty(1), person(world.penalty(2))])
    portal.ingest([world.event("信用修复", 1)], "events.csv")
    told = lines(portal, "澄市监罚〔2026〕1号")
    assert any("不公示：信用修复完成" in line for line in told)
    assert any("事件：2026-09-01 信用修复" in line for line in told)
    hidden = lines(portal, "澄市监罚〔2026〕2号")
    assert any("自然人信息没有公开依据" in line for line in hidden)
    assert world.id_number(3) not in "".join(hidden)


def test_by_public_id_and_by_key(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    told = lines(portal, "澄市监罚〔2026〕1号")
    names = told[1].split()
    public_id, key = names[1].rstrip("，").removesuffix("，业务键"), names[-1]
    assert lines(portal, key) == told
    assert lines(portal, public_id.split("，")[0]) == told


def test_the_command(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    portal.ingest([world.penalty(1)])
    monkeypatch.setenv("PORTAL_VAR", portal.settings.var)
    assert main(["explain", "澄市监罚〔2026〕1号"]) == 0
    assert main(["explain", "没有这个号"]) == 2
