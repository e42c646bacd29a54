from datetime import date

import msgspec

from portal.catalog import load_catalog
from portal.catalog_model import CalendarTable
from portal.publish.timeliness import Timeliness, measure
from portal.records import StoredRecord, Subject, SubjectKind
from tests import world

CATALOG = load_catalog()


def record(
    decided: str, delivered: str, class_code: str = "penalty", **changes: str
) -> StoredRecord:
    values = {"decided_on": decided, "authority": world.BUREAU, "authority_code": world.BUREAU_CODE}
    subject = Subject(SubjectKind.ORGANIZATION, "澄州市蓝穗食品有限公司", world.uscc(1))
    return StoredRecord(
        b"k" * 16, class_code, subject, values | changes, date.fromisoformat(delivered), 1
    )


def test_the_seventh_working_day_is_in_time_and_the_eighth_is_not() -> None:
    records = [
        record("2026-02-12", "2026-02-12"),
        record("2026-02-12", "2026-02-28"),
        record("2026-02-12", "2026-03-01"),
    ]
    (counts,) = measure(records, CATALOG)
    assert counts == Timeliness(world.BUREAU, world.BUREAU_CODE, in_time=2, late=1, unknown=0)
    assert counts.share == 2 / 3


def test_years_without_a_calendar_are_counted_apart() -> None:
    records = [record("2026-12-28", "2027-01-20"), record("2026-12-28", "2026-12-30")]
    (counts,) = measure(records, CATALOG)
    assert (counts.in_time, counts.late, counts.unknown, counts.share) == (1, 0, 1, 1.0)
    (none,) = measure(records[:1], CATALOG)
    assert none.share is None
    known = msgspec.structs.replace(CATALOG, calendar=CalendarTable(years=(2027,)))
    (counts,) = measure(records, known)
    assert (counts.in_time, counts.late, counts.unknown) == (1, 1, 0)


def test_authorities_meet_by_code_and_else_by_name() -> None:
    records = [
        record("2026-06-01", "2026-06-02"),
        record("2026-06-01", "2026-06-02", authority="市场监管局"),
        record("2026-06-01", "2026-06-02"),
        record("2026-06-01", "2026-08-03", authority=world.POLICE, authority_code=""),
    ]
    found = {c.authority: (c.in_time, c.late) for c in measure(records, CATALOG)}
    assert found == {world.BUREAU: (3, 0), world.POLICE: (0, 1)}
    assert measure(reversed(records), CATALOG) == measure(records, CATALOG)


def test_only_the_classes_of_the_rule_and_its_days_count() -> None:
    assert measure([record("2026-06-01", "2026-06-02", "judgment_debtor")], CATALOG) == ()
    assert len(measure([record("2026-06-01", "2026-06-02", "permit")], CATALOG)) == 1
    strict = msgspec.structs.replace(
        CATALOG, timeliness=msgspec.structs.replace(CATALOG.timeliness, days=1)
    )
    (counts,) = measure([record("2026-06-01", "2026-06-03")], strict)
    assert (counts.in_time, counts.late) == (0, 1)
