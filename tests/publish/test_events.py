from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog import load_catalog
from portal.errors import CalendarError
from portal.publish.events import state_of
from portal.records import EventState, RecordEvent
from portal.working_days import add_working_days
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

POLICY = load_catalog().events
DECIDED = "2026-06-01"


def event(kind: str, day: str = "2026-09-01", **values: str) -> RecordEvent:
    return RecordEvent(kind, 1, date.fromisoformat(day), "", b"c", b"n", values, kind.encode())


def state(*events: RecordEvent, decided_on: str = DECIDED, today: date = world.TODAY) -> EventState:
    return state_of(events, decided_on, POLICY, today, add_working_days)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("repair", "repaired"),
        ("withdraw", "withdrawn"),
        ("revoke", "withdrawn"),
        ("court_deletion", "deleted_by_court"),
        ("shield", "shielded"),
        ("stay", "stayed"),
    ],
)
def test_events_that_end_publicity(kind: str, field: str) -> None:
    ended = state(event(kind))
    assert getattr(ended, field) is True
    fields = {name: getattr(ended, name) for name in EventState.__slots__}
    assert [name for name, value in fields.items() if value] == [field]


@pytest.mark.parametrize(
    ("kind", "lift"),
    [
        ("repair", "reinstate"),
        ("revoke", "reinstate"),
        ("shield", "unshield"),
        ("stay", "resume"),
        ("objection_opened", "objection_closed"),
    ],
)
def test_events_that_are_lifted(kind: str, lift: str) -> None:
    assert state(event(kind), event(lift)) == EventState()
    assert state(event(lift), event(kind)) != EventState()


def test_unshielding_does_not_undo_a_repair() -> None:
    """Shielding is reversible, repair is not."""
    assert state(event("repair"), event("unshield")).repaired
    assert state(event("shield"), event("repair"), event("unshield")).repaired


def test_an_event_of_tomorrow_has_no_effect_today() -> None:
    tomorrow = (world.TODAY + timedelta(days=1)).isoformat()
    assert state(event("repair", tomorrow)) == EventState()
    assert state(event("repair", tomorrow), today=world.TODAY + timedelta(days=1)).repaired


def test_revoked_then_issued_again_with_the_same_number() -> None:
    assert state(event("revoke"), decided_on="2026-09-01").withdrawn
    assert not state(event("revoke"), decided_on="2026-09-02").withdrawn
    assert state(event("repair"), decided_on="2026-09-02").repaired


def test_an_objection_is_due_after_fifteen_working_days() -> None:
    opened = state(event("objection_opened", "2026-02-12"))
    assert opened.objection_since == date(2026, 2, 12)
    assert opened.objection_due == date(2026, 3, 11)


def test_a_calendar_that_does_not_know_the_year_leaves_the_deadline_open() -> None:
    def unknown(_: date, __: int) -> date:
        raise CalendarError("2027")

    opened = state_of([event("objection_opened")], DECIDED, POLICY, world.TODAY, unknown)
    assert opened.objection_since is not None
    assert opened.objection_due is None


KINDS = [kind.code for kind in POLICY.kinds if kind.code != "extend"]


@given(st.lists(st.sampled_from(KINDS)))
def test_a_repair_holds_against_anything_but_reinstatement(kinds: list[str]) -> None:
    before = [event(kind) for kind in kinds if kind != "reinstate"]
    assert state(event("repair"), *before).repaired
    assert not state(event("repair"), *before, event("reinstate")).repaired


Browse = Callable[[], CheckingClient]


def send(portal: Portal, *rows: world.Row, name: str = "events.csv") -> None:
    portal.ingest(list(rows), name)


def published(portal: Portal) -> tuple[int, dict[str, int]]:
    manifest = portal.publish()
    return manifest.published, manifest.withheld


def test_a_repaired_record_stays_hidden_however_it_is_sent_again(portal: Portal) -> None:
    portal.ingest([world.penalty(1), world.penalty(2)])
    assert published(portal) == (2, {})
    send(portal, world.event("信用修复", 1))
    assert published(portal) == (1, {"repaired": 1})
    again = world.penalty(1, CF_WSH="澄市监罚（2026）1号", CF_SY="换了一种写法")
    portal.ingest([again], "again.csv")
    assert published(portal) == (1, {"repaired": 1})
    elsewhere = again | {"CF_CFJGDM": ""}
    portal.ingest([elsewhere], "no-code.csv")
    count, withheld = published(portal)
    assert count == 1
    assert set(withheld) == {"repaired"}
    send(portal, world.event("恢复公示", 1, 事件日期="2026-10-01"), name="back.csv")
    assert published(portal)[1] == {}


def test_an_event_of_another_authority_or_subject_does_nothing(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    other = world.uscc(90000002, prefix="11", region="380100")
    send(
        portal,
        world.event("信用修复", 1, 原决定机关统一社会信用代码=other, 原决定机关="澄州市税务局"),
        world.event("信用修复", 1, 统一社会信用代码=world.uscc(2), 主体名称="别家公司"),
    )
    assert published(portal) == (1, {})


def test_a_shield_is_lifted_again(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    send(portal, world.event("屏蔽", 1))
    assert published(portal) == (0, {"shielded": 1})
    send(portal, world.event("解除屏蔽", 1, 事件日期="2026-10-01"), name="b.csv")
    assert published(portal) == (1, {})


def test_an_extension_moves_the_end_of_a_debtors_term(portal: Portal) -> None:
    path = world.write_jsonl(portal.folder / "d.jsonl", [world.debtor(1, publishDate="2024-12-01")])
    portal.ingest_path(path)
    extension = world.event("延长期限", 1, 延长至="2028-06-30", 原决定机关=world.COURT) | {
        "原决定机关统一社会信用代码": "",
        "统一社会信用代码": "",
        "原文书号": "（2026）云3801执1号",
        "主体名称": "欧阳若澄",
    }
    send(portal, extension)
    portal.today = date(2027, 1, 1)
    assert published(portal)[0] == 1


def test_red_and_black_at_once_holds_the_red_entry(portal: Portal) -> None:
    portal.ingest([world.honour(**{"统一社会信用代码": world.uscc(1)}), world.honour()], "red.csv")
    portal.ingest([world.listing(1)], "black.csv")
    assert published(portal) == (2, {"red_black_conflict": 1})
    send(
        portal,
        world.event("信用修复", 1, 原文书号="澄市监列〔2026〕1号"),
    )
    assert published(portal) == (2, {"repaired": 1})


def test_absence_from_a_whole_list_withdraws_and_return_brings_back(portal: Portal) -> None:
    from portal.intake.ingest import Whole, ingest_file

    def whole(*rows: world.Row) -> None:
        ingest_file(
            world.write_csv(portal.folder / "whole.csv", rows),
            portal.catalog,
            portal.registry,
            portal.settings.rejections_path,
            now=portal.now(),
            whole=Whole(0.5, accept_shrink=False),
        )

    both = [world.listing(n, 统一社会信用代码=world.uscc(n)) for n in (1, 2)]
    portal.ingest(both, "delta.csv")
    portal.ingest([both[0]], "delta2.csv")
    assert published(portal) == (2, {}), "absence from a delta is no deletion"
    whole(both[0])
    assert published(portal) == (1, {"absent": 1})
    whole(*both)
    assert published(portal) == (2, {})


def test_an_objection_and_a_correction_are_noted_on_the_record(
    portal: Portal, browse: Browse
) -> None:
    portal.ingest([world.penalty(1)])
    send(portal, world.event("异议受理", 1, 事件日期="2026-11-20"))
    send(portal, world.event("更正", 1, 事件日期="2026-11-01"), name="c.csv")
    portal.publish()
    client = browse()
    found = client.json("/api/v1/search?q=蓝穗&type=record")["results"][0]
    record = client.json(f"/api/v1/records/{found['id']}")
    assert record["flags"] == {"objection": "2026-12-11", "corrected": "2026-11-01"}
    page = client.page(found["url"])
    assert "异议核查中" in page
    assert "2026年12月11日" in page
    assert "2026年11月1日" in page
