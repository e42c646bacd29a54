"""Until the day that a judgement names, no passing day changes it."""

import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.intake.registry import Registry
from portal.publish.judge import Judge, subject_links
from portal.records import StoredRecord
from tests import world
from tests.publish.test_delta import CATALOG, KINDS, listings, penalties, permits
from tests.publish.twins import Twins

SOON = st.integers(-30, 60)
LATER = (1, 2, 31, 91, 150, 366, 1000)


@st.composite
def happened(draw: st.DrawFn) -> tuple[world.Row, world.Row]:
    """A penalty, and an event about it."""
    row = draw(penalties())
    event = {
        "事件类型": draw(KINDS),
        "事件日期": str(world.TODAY + timedelta(days=draw(SOON))),
        "原决定机关": row["CF_CFJG"],
        "原文书号": row["CF_WSH"],
        "主体名称": row["CF_XDR_MC"],
        "统一社会信用代码": row["CF_XDR_SHXYM"],
        "证件号码": row.get("CF_XDR_ZJHM", ""),
    }
    return row, event


@st.composite
def removed(draw: st.DrawFn) -> world.Row:
    return draw(listings()) | {"移出日期": str(world.TODAY + timedelta(days=draw(SOON)))}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(happened(), max_size=2),
    st.lists(permits(), max_size=2),
    st.lists(removed(), max_size=2),
    st.integers(-400, 0),
)
def test_until_the_day_it_names_a_judgement_holds(
    pairs: list[tuple[world.Row, world.Row]], more: list[world.Row], black: list[world.Row],
    start: int,
) -> None:  # fmt: skip
    with (
        tempfile.TemporaryDirectory() as folder,
        Registry(f"sqlite:///{folder}/registry.sqlite") as registry,
    ):
        twins = Twins(Path(folder), CATALOG, registry, world.TODAY + timedelta(days=60))
        rows, events = [row for row, _ in pairs], [event for _, event in pairs]
        for delivery in (rows, more, black, events):
            if delivery:
                twins.ingest(delivery)
        today = world.TODAY + timedelta(days=start)
        with registry.reading() as reader:
            links = subject_links(reader)
            records = list(reader.newest_first())
            days = {today + timedelta(days=n) for n in LATER}
            days |= {day for day in _around(records, events) if day > today}
            judges = {day: Judge(reader, CATALOG, links, day) for day in (today, *days)}
        for record in records:
            now = judges[today].judge(record)
            change = judges[today].changes_on(record, now)
            for day, judge in judges.items():
                if change is None or day < change:
                    later = judge.judge(record)
                    assert (later.decision, later.state) == (now.decision, now.state)


def _around(records: list[StoredRecord], events: list[world.Row]) -> Iterator[date]:
    """Yield the days on and after each day that stands in a record or an event."""
    texts = {text for record in records for text in record.values.values()}
    for text in texts | {event["事件日期"] for event in events}:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            continue
        if day.year < 9999:
            yield from (day, day + timedelta(days=1))
