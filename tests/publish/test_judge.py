"""Until the day that a judgement names, no passing day changes it."""

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.intake.registry import Registry
from portal.publish.judge import Judge, subject_links
from tests import world
from tests.publish.test_delta import CATALOG, events, honours, listings, penalties, permits
from tests.publish.twins import Twins

LATER = (1, 2, 7, 30, 31, 89, 90, 91, 150, 200, 364, 365, 366, 1000)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(penalties() | permits(), min_size=1, max_size=3),
    st.lists(listings(), max_size=2),
    st.lists(honours(), max_size=2),
    st.lists(events(), max_size=3),
    st.integers(-400, 0),
)
def test_until_the_day_it_names_a_judgement_holds(
    rows: list[world.Row], black: list[world.Row], red: list[world.Row],
    happened: list[world.Row], start: int,
) -> None:  # fmt: skip
    with (
        tempfile.TemporaryDirectory() as folder,
        Registry(f"sqlite:///{folder}/registry.sqlite") as registry,
    ):
        twins = Twins(Path(folder), CATALOG, registry)
        by_class = [[r for r in rows if name in r] for name in ("CF_WSH", "XK_WSH")]
        for delivery in (*by_class, black, red, happened):
            if delivery:
                twins.ingest(delivery)
        today = world.TODAY + timedelta(days=start)
        with registry.reading() as reader:
            links = subject_links(reader)
            days = [today, *(today + timedelta(days=n) for n in LATER)]
            judges = {day: Judge(reader, CATALOG, links, day) for day in days}
            records = list(reader.newest_first())
        assert records
        for record in records:
            now = judges[today].judge(record)
            change = judges[today].changes_on(record, now)
            for day, judge in judges.items():
                if change is None or day < change:
                    later = judge.judge(record)
                    # A red entry is held, or not, for another record's sake.
                    if "red" not in record.class_code:
                        assert (later.decision, later.state) == (now.decision, now.state)
