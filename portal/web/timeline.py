"""The time line of a subject: the publicity of its records as bars, class by class.

Positions are per cent of the whole width, so that the drawing fits any screen without a script.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal.calendar import add_months
from portal.records import PublishedRecord

MAX_BARS = 16
"""Bars of a class, the newest first; all records stand in the lists of the page."""
YEARS = 5
"""Years before and after today that are drawn at most: older beginnings, later ends are cut."""
_AHEAD_MONTHS = 6
"""How far past today the drawing reaches at least."""
_THINNEST = 0.6


@dataclass(frozen=True, slots=True)
class Bar:
    """A record: its publicity starts at `start` per cent and is `width` per cent long.

    `goes_on` is True where it ends later than the drawing, or never.
    """

    record: PublishedRecord
    start: float
    width: float
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A class with its bars; `first` and `last` are the days between which all its records lie."""

    class_code: str
    count: int
    bars: tuple[Bar, ...]
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class TimeLine:
    """The rows, the years (label, per cent) behind them, and where today is."""

    rows: tuple[Row, ...]
    years: tuple[tuple[int, float], ...]
    today: float


def time_line(records: Mapping[str, Sequence[PublishedRecord]], today: date) -> TimeLine:
    """Lay out the publicity of records by class around today."""
    drawn = {code: _newest(of_class) for code, of_class in records.items()}
    starts = [record.public_from for bars in drawn.values() for record in bars]
    ends = [record.public_until for bars in drawn.values() for record in bars]
    first = max(min([today, *starts]), add_months(today, -12 * YEARS))
    last = min(max([add_months(today, _AHEAD_MONTHS), *ends]), add_months(today, 12 * YEARS))

    def at(day: date) -> float:
        return round(100 * (min(max(day, first), last) - first).days / (last - first).days, 2)

    def bar(record: PublishedRecord) -> Bar:
        start, end = at(record.public_from), at(record.public_until)
        width = max(round(end - start, 2), _THINNEST)
        return Bar(record, min(start, 100 - width), width, record.public_until > last)

    return TimeLine(
        rows=tuple(
            Row(
                class_code=code,
                count=len(records[code]),
                bars=tuple(bar(record) for record in bars),
                first=min(record.public_from for record in records[code]),
                last=max(record.public_until for record in records[code]),
            )
            for code, bars in drawn.items()
        ),
        years=tuple((y, at(date(y, 1, 1))) for y in range(first.year + 1, last.year + 1)),
        today=at(today),
    )


def _newest(records: Sequence[PublishedRecord]) -> list[PublishedRecord]:
    newest = sorted(records, key=lambda r: (r.public_from, r.public_id), reverse=True)
    return newest[:MAX_BARS]
