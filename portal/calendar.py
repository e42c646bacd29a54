"""Calendar arithmetic of publicity periods. Pure functions; the day is always an argument."""

import calendar
from datetime import date

from portal.records import NO_END

MONTHS_A_YEAR = 12


def add_months(start: date, months: int) -> date:
    """Return the last day of a period of `months` that starts after `start`.

    Civil Code Art. 201 to 203: the start day does not count, the period ends on the corresponding
    day of its last month, or on that month's last day where there is none; holidays extend nothing
    here. A period that would pass the year 9999 has no end.
    """
    year, month = divmod(start.year * MONTHS_A_YEAR + start.month - 1 + months, MONTHS_A_YEAR)
    if year >= NO_END.year:
        return NO_END
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))


def next_year_on(start: date, month_day: str) -> date:
    """Return a day of the year after `start`; `month_day` is `MM-DD` and no 29 February."""
    return date.fromisoformat(f"{start.year + 1:04d}-{month_day}")


def years_between(birth: date, day: date) -> int:
    """Return the age in full years on `day` of someone born on `birth`."""
    before_birthday = (day.month, day.day) < (birth.month, birth.day)
    return day.year - birth.year - before_birthday
