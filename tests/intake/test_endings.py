"""A state that ended publicity outlives the row that brought it."""

from datetime import date, timedelta

import pytest

from portal.records import RecordEvent
from tests import world
from tests.conftest import Portal

REPAIRED, REVOKED = {"CF_ZT": "已修复"}, {"CF_ZT": "撤销"}
DELETED, SHIELDED = {"status": "删除"}, {"status": "屏蔽"}
SILENT = {"CF_ZT": ""}
LATER = date(2026, 12, 20)


def withheld(portal: Portal) -> dict[str, int]:
    return portal.publish().withheld


def noted(portal: Portal) -> list[RecordEvent]:
    with portal.registry.reading() as reader:
        return list(reader.events())


def debtor(portal: Portal, name: str = "d.jsonl", /, **changes: str) -> None:
    portal.ingest_path(world.write_jsonl(portal.folder / name, [world.debtor(**changes)]))


@pytest.mark.parametrize(
    ("state", "kind", "reason"),
    [(REPAIRED, "repair", "repaired"), (REVOKED, "revoke", "revoked")],
)
@pytest.mark.parametrize("silent", [{"CF_ZT": ""}, {"CF_ZT": "有效"}, {"CF_ZT": "0"}])
def test_an_ended_record_sent_again_without_its_state_stays_hidden(
    portal: Portal, state: world.Row, kind: str, reason: str, silent: world.Row
) -> None:
    portal.ingest([world.penalty() | SILENT])
    assert withheld(portal) == {}
    portal.ingest([world.penalty() | state], "ended.csv")
    (event,) = noted(portal)
    assert (event.kind, event.effective_on) == (kind, world.TODAY)
    assert withheld(portal) == {reason: 1}
    for number in range(2):
        report = portal.ingest([world.penalty(CF_SY=f"重发{number}") | silent], "again.csv")
        assert report.counts.updated == 1
        assert withheld(portal) == {reason: 1}
    reinstatement = world.event("恢复公示", 事件日期=world.TODAY.isoformat())
    assert portal.ingest([reinstatement], "event.csv").counts.new == 1
    assert withheld(portal) == {}


def test_a_record_that_comes_ended_is_noted_at_once_and_once(portal: Portal) -> None:
    for name in ("first.csv", "second.csv"):
        portal.ingest([world.penalty() | REPAIRED], name)
        assert len(noted(portal)) == 1
    portal.ingest([world.penalty() | SILENT], "silent.csv")
    assert withheld(portal) == {"repaired": 1}
    with portal.registry.reading() as reader:
        assert reader.waiting_events() == 0


def test_a_shield_holds_until_it_is_lifted(portal: Portal) -> None:
    debtor(portal, **SHIELDED)
    debtor(portal, status="")
    assert withheld(portal) == {"shielded": 1}
    lift = world.event("解除屏蔽", 事件日期="2026-11-22", 原决定机关=world.COURT) | {
        "原决定机关统一社会信用代码": "",
        "统一社会信用代码": "",
        "原文书号": "（2026）云3801执1号",
        "主体名称": "欧阳若澄",
    }
    portal.ingest([lift], "lift.csv")
    assert withheld(portal) == {}


def test_an_entry_removed_by_its_day_stays_removed(portal: Portal) -> None:
    portal.ingest([world.listing() | {"移出日期": "2026-10-01"}])
    portal.ingest([world.listing() | {"移出日期": "", "列入事由": "重发"}], "again.csv")
    assert withheld(portal) == {"removed": 1}


def test_a_planned_removal_is_kept_for_its_day(portal: Portal) -> None:
    planned = LATER - timedelta(days=10)
    portal.ingest([world.listing() | {"移出日期": planned.isoformat()}])
    assert noted(portal) == []
    portal.ingest([world.listing() | {"移出日期": ""}], "again.csv")
    assert [event.effective_on for event in noted(portal)] == [planned]
    assert withheld(portal) == {}
    portal.today = planned - timedelta(days=1)
    assert withheld(portal) == {}
    portal.today = planned
    assert withheld(portal) == {"removed": 1}


def test_a_removal_forgotten_after_its_day_is_remembered(portal: Portal) -> None:
    planned = LATER - timedelta(days=10)
    portal.ingest([world.listing() | {"移出日期": planned.isoformat()}])
    portal.today = LATER
    portal.ingest([world.listing() | {"移出日期": ""}], "again.csv")
    assert withheld(portal) == {"removed": 1}


def test_another_day_of_removal_is_a_correction(portal: Portal) -> None:
    portal.ingest([world.listing() | {"移出日期": "2026-12-01"}])
    portal.ingest([world.listing() | {"移出日期": "2027-01-15"}], "again.csv")
    portal.today = LATER
    assert withheld(portal) == {}


def test_an_invalid_permit_may_become_valid_again(portal: Portal) -> None:
    portal.ingest([world.permit(XK_ZT="2")])
    assert noted(portal) == []
    portal.ingest([world.permit(XK_ZT="1")], "valid.csv")
    assert withheld(portal) == {}


@pytest.mark.parametrize("decided_on", ["2026-06-02", "2026-12-10"])
def test_a_later_decision_under_the_number_is_shown(portal: Portal, decided_on: str) -> None:
    """Whether it was made before or after the revocation of the former one was delivered."""
    portal.ingest([world.penalty() | REVOKED])
    portal.today = LATER
    portal.ingest([world.penalty(CF_JDRQ=decided_on) | SILENT], "anew.csv")
    assert withheld(portal) == {}
    portal.ingest([world.penalty() | SILENT], "stale.csv")
    assert withheld(portal) == {"revoked": 1}, "the old decision, sent again"
    portal.ingest([world.penalty(CF_JDRQ=decided_on) | SILENT], "anew.csv")
    assert withheld(portal) == {}


def test_a_repair_is_not_renewed(portal: Portal) -> None:
    portal.ingest([world.penalty() | REPAIRED])
    portal.today = LATER
    portal.ingest([world.penalty(CF_JDRQ="2026-12-10") | SILENT], "anew.csv")
    assert withheld(portal) == {"repaired": 1}


def test_what_ended_one_record_ends_no_other(portal: Portal) -> None:
    person = world.penalty(CF_XDR_LB="自然人", CF_XDR_SHXYM="", CF_XDR_MC="佟晓岚") | {
        "CF_GKYJ": "《食品安全法》第一百一十三条"
    }
    rows = [person | {"CF_SY": text} | SILENT for text in ("甲", "乙")]
    portal.ingest([rows[0] | REVOKED, rows[1]])
    assert withheld(portal) == {"revoked": 1}
    portal.ingest(rows, "again.csv")
    assert withheld(portal) == {"revoked": 1}


def test_what_ended_one_listing_ends_none_of_another_list(portal: Portal) -> None:
    red = [e.name for e in portal.catalog.lists if e.color == "red" and not e.reference_only]
    one, other = (world.honour(**{"名单名称": name, "当前状态": ""}) for name in red[:2])
    portal.ingest([one | {"当前状态": "撤销"}, other])
    assert withheld(portal).get("revoked") == 1
    portal.ingest([one, other], "again.csv")
    assert withheld(portal).get("revoked") == 1


OTHER = world.penalty(CF_CFJGDM="") | SILENT


@pytest.mark.parametrize(
    ("ended", "again"),
    [
        (world.penalty() | REPAIRED, OTHER),
        (OTHER | REPAIRED, world.penalty() | SILENT),
        (world.penalty() | REPAIRED, world.penalty(CF_WSH="澄市监罚[2026] 1号") | SILENT),
    ],
)
def test_another_spelling_does_not_bring_it_back(
    portal: Portal, ended: world.Row, again: world.Row
) -> None:
    portal.ingest([ended])
    portal.ingest([again], "again.csv")
    assert withheld(portal) == {"repaired": 1}
    portal.ingest([again | {"CF_SY": "再次重发"}], "again.csv")
    assert withheld(portal) == {"repaired": 1}


MASKED, WHOLE = "3801**********0018", world.id_number(1)


@pytest.mark.parametrize(
    "cards", [("", MASKED, ""), (MASKED, "", MASKED), (WHOLE, "", WHOLE), ("", WHOLE, "")]
)
def test_a_person_sent_again_with_more_or_less_of_a_number_stays_hidden(
    portal: Portal, cards: tuple[str, ...]
) -> None:
    debtor(portal, cardNum=cards[0], **DELETED)
    for number, card in enumerate(cards[1:]):
        debtor(portal, f"{number}.jsonl", cardNum=card, duty=f"重发{number}", status="")
        assert withheld(portal) == {"removed": 1}, card
    with portal.registry.reading() as reader:
        assert reader.count() == 1


def test_a_state_given_again_after_reinstatement_ends_again(portal: Portal) -> None:
    portal.ingest([world.penalty() | REPAIRED])
    portal.ingest([world.event("恢复公示", 事件日期="2026-11-22")], "event.csv")
    portal.ingest([world.penalty() | SILENT], "silent.csv")
    assert withheld(portal) == {}
    portal.today = LATER
    portal.ingest([world.penalty() | REPAIRED], "again.csv")
    portal.ingest([world.penalty() | SILENT], "silent2.csv")
    assert withheld(portal) == {"repaired": 1}
