"""Working days of China, counted with the start day excluded. Pure functions.

The State Council orders holidays and make-up working days each autumn for the year after; the
library knows them up to its own release, the operator's table speaks before it. A year that neither
knows is an error, never a guess.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

import chinese_calendar  # type: ignore[import-untyped]  # the package ships no types

from portal.errors import CalendarError

_ONE_DAY = timedelta(days=1)
NO_TABLE: Mapping[date, bool] = {}


def add_working_days(start: date, days: int, extra: Mapping[date, bool] = NO_TABLE) -> date:
    """Return the last day of a period of `days` working days that starts after `start`.

    `extra` maps days to whether people work on them, and overrides the library. Zero days end on
    `start` itself. Raises CalendarError for a day of a year that is not known.
    """
    day = start
    for _ in range(days):
        day += _ONE_DAY
        while not is_working_day(day, extra):
            day += _ONE_DAY
    return day


def within_working_days(
    decided: date, published: date, days: int, extra: Mapping[date, bool] = NO_TABLE
) -> bool:
    """Tell whether `published` is no later than `days` working days after `decided`.

    The calendar is asked only where it matters, so that what came at once is in time even in a year
    that nobody knows. Raises CalendarError for a day of a year that is not known.
    """
    if published - decided <= timedelta(days=days):
        return True
    passed, day = 0, decided + _ONE_DAY
    while day < published:
        passed += is_working_day(day, extra)
        if passed >= days:
            return False
        day += _ONE_DAY
    return True


def is_working_day(day: date, extra: Mapping[date, bool] = NO_TABLE) -> bool:
    """Tell whether people work on a day. Raises CalendarError where the year is not known."""
    known = extra.get(day)
    return _by_library(day) if known is None else known


@cache
def _by_library(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        raise CalendarError(
            f"没有 {day.year} 年的工作日历，请在 calendar.toml 的 years 和 [days] 中补充"
        ) from None
