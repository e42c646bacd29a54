"""Days of the sample, all counted from `today`, and the shapes in which sources write them."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache

from portal.sample.dice import Dice

SPAN_DAYS = 1826
"""Decisions lie within the last five years."""

_EDGES = {3: -1, 4: 0, 5: 1}
_EDGE_PERIOD = 48
_CLOSING, _CLOSED = 9, 10


def add_months(day: date, months: int) -> date:
    """Return the corresponding day so many months later (or earlier), else the month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@lru_cache(maxsize=16384)
def iso(day: date) -> str:
    """Return 2019-07-03."""
    return day.isoformat()


@lru_cache(maxsize=16384)
def slashed(day: date) -> str:
    """Return 2019/7/3."""
    return f"{day.year}/{day.month}/{day.day}"


@lru_cache(maxsize=16384)
def chinese(day: date) -> str:
    """Return 2019年07月13日."""
    return f"{day.year}年{day.month:02d}月{day.day:02d}日"


@lru_cache(maxsize=16384)
def digits(day: date) -> str:
    """Return 20190709."""
    return f"{day.year}{day.month:02d}{day.day:02d}"


@lru_cache(maxsize=16384)
def spoken(day: date) -> str:
    """Return the day as it stands inside a text: 2019年7月3日."""
    return f"{day.year}年{day.month}月{day.day}日"


SHAPES: Sequence[Callable[[date], str]] = (iso, iso, iso, iso, slashed, slashed, chinese, digits)
"""How text files write days: ISO most often."""


class Calendar:
    """The days on which things happen, seen from `today`."""

    def __init__(self, today: date) -> None:
        self.today = today
        self._days = [today - timedelta(days=n) for n in range(SPAN_DAYS)]

    def decided(self, dice: Dice) -> date:
        """Return a day of the last five years, today included, the recent ones more often."""
        return self._days[int(SPAN_DAYS * dice.random() ** 1.3)]

    def recent(self, dice: Dice) -> date:
        """Return a day of the last ten months: young enough for every publicity period."""
        return self._days[dice.between(20, 300)]

    def before(self, day: date, dice: Dice, most: int = 60) -> date:
        """Return a day at most so many days before another."""
        return day - timedelta(days=dice.between(1, most))

    def edge(self, number: int) -> date | None:
        """Return for three rows of every 48 an end of yesterday, today, tomorrow; else None."""
        offset = _EDGES.get(number % _EDGE_PERIOD)
        return None if offset is None else self.today + timedelta(days=offset)

    def term_edge(self, number: int, months: int) -> date | None:
        """Return for two rows of every 48 the start of a period ending today, or just over."""
        place = number % _EDGE_PERIOD
        if place not in (_CLOSING, _CLOSED):
            return None
        return add_months(self.today, -months) - timedelta(days=place - _CLOSING)
