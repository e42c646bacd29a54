from datetime import date, timedelta

import pytest

from portal.lookup import Lookup
from portal.statistics import MONTHS, Statistics, last_months, statistics_of
from tests import world
from tests.conftest import Portal


def counted(portal: Portal, today: date = world.TODAY) -> Statistics:
    snapshot = portal.store.open(portal.store.current_id())
    try:
        return statistics_of(Lookup(snapshot, portal.catalog, today))
    finally:
        snapshot.close()


@pytest.fixture
def published(portal: Portal) -> Portal:
    fines = ("0", "0.05", "0.1", "0.2", "4.999999", "5", "100", "")
    portal.ingest(
        [world.penalty(n, CF_NR_FK=fine) for n, fine in enumerate(fines, start=1)]
        + [
            world.penalty(20, CF_JDRQ="2026-11-03", CF_NR_FK="0.3"),
            world.penalty(21, CF_CFJG="澄州市应急管理局", CF_CFJGDM="", CF_NR_FK="0.3")
            | {"CF_GSJZQ": "2026-12-01"},
        ]
    )
    portal.ingest([world.permit(1)], "permits.csv")
    portal.publish()
    return portal


def test_months_in_order_over_a_years_end() -> None:
    assert last_months(date(2026, 1, 31), 3) == ("2025-11", "2025-12", "2026-01")
    assert len(last_months(world.TODAY)) == MONTHS


def test_decisions_are_counted_in_their_month(published: Portal) -> None:
    months = dict(counted(published).months["penalty"])
    assert len(months) == MONTHS
    assert (months["2026-06"], months["2026-11"]) == (9, 1)
    assert sum(months.values()) == 10
    assert dict(counted(published).months["permit"])["2026-03"] == 1
    assert set(counted(published).months) == set(published.catalog.classes_by_code)


def test_fines_fall_into_the_class_that_their_amount_opens(published: Portal) -> None:
    amounts = {(one.low, one.high): one.count for one in counted(published).amounts}
    assert amounts == {
        ("0", "0.1"): 1,  # 0.05; a fine of nothing and no fine are none
        ("0.1", "0.5"): 4,
        ("0.5", "1"): 0,
        ("1", "5"): 1,
        ("5", "10"): 1,
        ("10", "50"): 0,
        ("50", "100"): 0,
        ("100", ""): 1,
    }


def test_last_days_are_told_thirty_days_ahead(published: Portal) -> None:
    ending = dict(counted(published).ending)
    assert len(ending) == 31
    assert {day: n for day, n in ending.items() if n} == {date(2026, 12, 1): 1}


def test_what_has_ended_is_counted_nowhere(published: Portal) -> None:
    before = counted(published, date(2026, 12, 1))
    after = counted(published, date(2026, 12, 2))
    assert dict(before.authorities)["澄州市应急管理局"] == 1
    assert {one.authority for one in before.timeliness} == {world.BUREAU, "澄州市应急管理局"}
    assert "澄州市应急管理局" not in dict(after.authorities)
    assert {one.authority for one in after.timeliness} == {world.BUREAU}
    assert sum(n for _, n in before.regions) - sum(n for _, n in after.regions) == 1
    assert sum(one.count for one in before.amounts) - sum(one.count for one in after.amounts) == 1
    total = [sum(n for _, n in months) for months in after.months.values()]
    assert sum(total) == 10
    later = counted(published, world.TODAY + timedelta(days=3650))
    assert later.authorities == ((world.BUREAU, 1),)  # the permit
    assert sum(one.count for one in later.amounts) == 0


def test_a_repaired_record_of_an_older_snapshot_is_not_counted(published: Portal) -> None:
    older = published.store.current_id()
    published.ingest([world.event("信用修复", 2)], "events.csv")
    published.publish()
    published.store.activate(older)
    again = counted(published)
    assert sum(one.count for one in again.amounts) == 7
    assert dict(again.months["penalty"])["2026-06"] == 8
    assert dict(again.authorities)[world.BUREAU] == 9


def test_the_least_punctual_come_first(published: Portal) -> None:
    shares = [one.share for one in counted(published).timeliness]
    assert shares == sorted(shares, key=lambda share: (share is None, share))
