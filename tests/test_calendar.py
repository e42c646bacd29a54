from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.calendar import add_months, next_year_on, years_between
from portal.clock import SHANGHAI
from portal.records import NO_END

VECTORS = [
    ("2026-04-15", 3, "2026-07-15", "2026-07-15T16:00Z"),
    ("2025-11-30", 3, "2026-02-28", "2026-02-28T16:00Z"),
    ("2024-02-29", 12, "2025-02-28", "2025-02-28T16:00Z"),
    ("2024-02-29", 36, "2027-02-28", "2027-02-28T16:00Z"),
    ("2025-02-28", 36, "2028-02-28", "2028-02-28T16:00Z"),
    ("2025-08-31", 6, "2026-02-28", "2026-02-28T16:00Z"),
]
days = st.dates(date(1950, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(("start", "months", "last"), [vector[:3] for vector in VECTORS])
def test_periods_end_on_the_corresponding_day(start: str, months: int, last: str) -> None:
    assert add_months(date.fromisoformat(start), months) == date.fromisoformat(last)


@pytest.mark.parametrize(("last", "hidden_from"), [vector[2:] for vector in VECTORS])
def test_a_server_on_utc_is_not_eight_hours_late(last: str, hidden_from: str) -> None:
    until, moment = date.fromisoformat(last), datetime.fromisoformat(hidden_from)
    assert moment.tzinfo == UTC
    assert (moment - timedelta(seconds=1)).astimezone(SHANGHAI).date() <= until
    assert moment.astimezone(SHANGHAI).date() > until


def test_90_days_are_not_3_months() -> None:
    start = date(2026, 4, 15)
    assert start + timedelta(days=90) == date(2026, 7, 14) != add_months(start, 3)


@given(days, st.integers(0, 600), st.integers(0, 600))
def test_a_longer_term_never_ends_earlier(start: date, months: int, more: int) -> None:
    assert start <= add_months(start, months) <= add_months(start, months + more)


@given(days, days, st.integers(0, 600))
def test_an_earlier_start_never_ends_later(one: date, other: date, months: int) -> None:
    first, second = sorted((one, other))
    assert add_months(first, months) <= add_months(second, months)


def test_a_period_past_the_calendar_has_no_end() -> None:
    assert add_months(date(9998, 5, 1), 24) == NO_END


def test_age_in_full_years() -> None:
    assert years_between(date(2008, 11, 23), date(2026, 11, 22)) == 17
    assert years_between(date(2008, 11, 22), date(2026, 11, 22)) == 18


@given(days)
def test_a_day_of_the_next_year(start: date) -> None:
    assert next_year_on(start, "04-30") == date(start.year + 1, 4, 30) > start
