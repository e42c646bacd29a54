from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog_model import CalendarTable, Catalog
from portal.errors import CalendarError
from portal.working_days import add_working_days, is_working_day, within_working_days

VECTORS = [
    ("2026-02-12", 7, "2026-02-28"),
    ("2026-09-21", 7, "2026-10-08"),
    ("2025-09-26", 7, "2025-10-13"),
    ("2026-02-12", 15, "2026-03-11"),
    ("2026-02-12", 20, "2026-03-18"),
]
days = st.dates(date(2005, 1, 1), date(2026, 6, 1))
SPRING = date(2027, 2, 8)
TABLE = CalendarTable(years=(2027,), days={SPRING: False, date(2027, 2, 6): True}).table


@pytest.mark.parametrize(("start", "count", "last"), VECTORS)
def test_working_days_with_holidays_and_make_up_days(start: str, count: int, last: str) -> None:
    assert add_working_days(date.fromisoformat(start), count) == date.fromisoformat(last)


def test_the_start_day_does_not_count() -> None:
    monday = date(2026, 6, 1)
    assert add_working_days(monday, 0) == monday
    assert add_working_days(monday, 1) == date(2026, 6, 2)
    assert add_working_days(date(2026, 6, 6), 1) == date(2026, 6, 8)


def test_calendar_library_at_years_end() -> None:
    with pytest.raises(CalendarError, match=r"2027.*calendar\.toml"):
        add_working_days(date(2026, 12, 28), 7)
    with pytest.raises(CalendarError, match="2003"):
        is_working_day(date(2003, 6, 2))


def test_the_operators_table_extends_the_library() -> None:
    assert add_working_days(date(2026, 12, 28), 7, TABLE) == date(2027, 1, 6)
    assert add_working_days(date(2027, 2, 5), 2, TABLE) == date(2027, 2, 9)


def test_the_operators_table_overrides_the_library() -> None:
    monday = date(2026, 6, 1)
    assert add_working_days(monday, 1, {date(2026, 6, 2): False}) == date(2026, 6, 3)
    assert is_working_day(date(2026, 6, 7), {date(2026, 6, 7): True})


def test_a_table_of_single_days_does_not_make_a_year_known() -> None:
    table = CalendarTable(days={date(2027, 1, 1): False}).table
    with pytest.raises(CalendarError):
        add_working_days(date(2026, 12, 31), 1, table)


def test_the_built_in_table_is_empty(catalog: Catalog) -> None:
    assert not catalog.calendar.table


def test_the_calendar_is_asked_only_where_it_matters() -> None:
    assert within_working_days(date(2026, 12, 28), date(2027, 1, 4), 7)
    assert not within_working_days(date(2026, 12, 1), date(2027, 3, 1), 7)
    with pytest.raises(CalendarError):
        within_working_days(date(2026, 12, 28), date(2027, 1, 8), 7)
    assert within_working_days(date(2027, 3, 1), date(2027, 3, 1), 7)


@given(days, st.integers(1, 30), st.integers(0, 60))
def test_within_agrees_with_the_last_day(decided: date, count: int, later: int) -> None:
    published = decided + timedelta(days=later)
    last = add_working_days(decided, count)
    assert within_working_days(decided, published, count) == (published <= last)


@given(days, st.integers(0, 30), st.integers(0, 30))
def test_more_days_never_end_earlier(start: date, count: int, more: int) -> None:
    last = add_working_days(start, count)
    assert start + timedelta(days=count) <= last <= add_working_days(start, count + more)
    assert count == 0 or is_working_day(last)
