from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.records import NO_END, PublishedRecord, SubjectKind
from portal.web.timeline import MAX_BARS, YEARS, time_line

TODAY = date(2026, 11, 22)


def record(start: date, until: date, number: int = 1) -> PublishedRecord:
    return PublishedRecord(
        public_id=f"r{number}", class_code="penalty", list_code="", entity_id="e",
        subject_kind=SubjectKind.ORGANIZATION, subject_name="澄州市蓝穗食品有限公司", region="",
        title="处罚", document_number="", authority="", authority_code="", decided_on=start,
        public_from=start, public_until=until, rule="", basis="", status="", fields={},
        delivered_on=start, content_hash="", flags={},
    )  # fmt: skip


@st.composite
def periods(draw: st.DrawFn) -> list[PublishedRecord]:
    """Records that are public today."""
    found = []
    for number in range(draw(st.integers(1, 40))):
        start = TODAY - timedelta(days=draw(st.integers(0, 20_000)))
        until = TODAY + timedelta(days=draw(st.integers(0, 20_000)))
        found.append(record(start, draw(st.sampled_from([until, NO_END])), number))
    return found


@given(periods())
def test_every_bar_lies_in_the_drawing_and_crosses_today(records: list[PublishedRecord]) -> None:
    line = time_line({"penalty": records}, TODAY)
    (row,) = line.rows
    assert row.count == len(records)
    assert len(row.bars) == min(len(records), MAX_BARS)
    for bar in row.bars:
        assert 0 <= bar.start <= bar.start + bar.width <= 100.01
        assert bar.start - 0.61 <= line.today <= bar.start + bar.width + 0.61
        assert bar.goes_on or bar.record.public_until <= date(TODAY.year + YEARS, 12, 31)
    assert all(0 <= at <= 100 for _, at in line.years)
    assert [at for _, at in line.years] == sorted(at for _, at in line.years)


def test_the_newest_come_first_and_no_end_goes_on() -> None:
    old = record(TODAY - timedelta(days=400), NO_END, 1)
    new = record(TODAY - timedelta(days=10), TODAY + timedelta(days=20), 2)
    (row,) = time_line({"penalty": [old, new]}, TODAY).rows
    assert [bar.record.public_id for bar in row.bars] == ["r2", "r1"]
    assert [bar.goes_on for bar in row.bars] == [False, True]
    assert (row.first, row.last) == (old.public_from, NO_END)


def test_a_record_of_today_alone_can_be_seen() -> None:
    (row,) = time_line({"penalty": [record(TODAY, TODAY)]}, TODAY).rows
    assert row.bars[0].width > 0
