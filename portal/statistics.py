"""What the public records of a day add up to.

Everything is counted over what is public on that day: by the index where it has columns for it, by
one query of the records for the amounts. Natural persons' records count like the others; nothing
here is about a single one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from sqlalchemy import REAL, ColumnElement, and_, cast, func, select

from portal import tables
from portal.lookup import Lookup
from search_index.query import Filters

MONTHS = 24
"""So many months are counted, the present one last."""
DAYS_AHEAD = 30
BOUNDS = ("0", "0.1", "0.5", "1", "5", "10", "50", "100")
"""Lower bounds of the classes of amounts in 万元; each belongs to the class that it opens."""


@dataclass(frozen=True, slots=True)
class InTime:
    """Decisions of an authority that came within the working days of double publicity, and after.

    `unknown` are those of years whose working days are not known.
    """

    authority: str
    in_time: int
    late: int
    unknown: int

    @property
    def share(self) -> float | None:
        """Share in time among those that can be told, 0 to 1; None where there are none."""
        judged = self.in_time + self.late
        return self.in_time / judged if judged else None


@dataclass(frozen=True, slots=True)
class Amounts:
    """Number of penalties whose fine lies in a class: `low` ≤ fine < `high`, in 万元 as written.

    `high` is empty for the highest class.
    """

    low: str
    high: str
    count: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """All counts of one day.

    `months` maps class code → (month `YYYY-MM`, records decided in it), for every class and the
    last MONTHS months in order. `authorities` and `regions` are (name or code, records), largest
    first. `ending` is (day, records whose last day it is), today and the DAYS_AHEAD days after it.
    """

    months: Mapping[str, tuple[tuple[str, int], ...]]
    authorities: tuple[tuple[str, int], ...]
    regions: tuple[tuple[str, int], ...]
    ending: tuple[tuple[date, int], ...]
    timeliness: tuple[InTime, ...]
    amounts: tuple[Amounts, ...]


def statistics_of(lookup: Lookup) -> Statistics:
    """Count what is public in a snapshot on a day; takes about a second for a million records."""
    index, today = lookup.snapshot.index, lookup.today
    authorities = index.count_by("authority", Filters(), today)
    return Statistics(
        months=_months(lookup),
        authorities=tuple(authorities.items()),
        regions=tuple(index.count_by("region", Filters(), today).items()),
        ending=_ending(lookup),
        timeliness=_timeliness(lookup.snapshot.manifest.timeliness, authorities),
        amounts=_amounts(lookup),
    )


def last_months(today: date, count: int = MONTHS) -> tuple[str, ...]:
    """Return the last months up to that of `today`, as `YYYY-MM` in order."""
    last = today.year * 12 + today.month - 1
    return tuple(f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(last - count + 1, last + 1))


def _months(lookup: Lookup) -> dict[str, tuple[tuple[str, int], ...]]:
    by_class = lookup.snapshot.index.count_days("class", "decided", lookup.today)
    found = {}
    for record_class in lookup.catalog.classes:
        counts = dict.fromkeys(last_months(lookup.today), 0)
        for day, count in by_class.get(record_class.code, {}).items():
            month = day.isoformat()[:7]
            if month in counts:
                counts[month] += count
        found[record_class.code] = tuple(counts.items())
    return found


def _ending(lookup: Lookup) -> tuple[tuple[date, int], ...]:
    days = [lookup.today + timedelta(days=number) for number in range(DAYS_AHEAD + 1)]
    counts = dict.fromkeys(days, 0)
    for by_day in lookup.snapshot.index.count_days("class", "until", lookup.today).values():
        for day, count in by_day.items():
            if day in counts:
                counts[day] += count
    return tuple(counts.items())


def _timeliness(
    measured: Mapping[str, tuple[int, int, int]], authorities: Mapping[str, int]
) -> tuple[InTime, ...]:
    """Return the worst first. Who has no public record any more is not named any more."""
    found = [
        InTime(authority, *counts)
        for authority, counts in measured.items()
        if authority in authorities
    ]
    return tuple(sorted(found, key=lambda one: (one.share is None, one.share, one.authority)))


def _amounts(lookup: Lookup) -> tuple[Amounts, ...]:
    penalties = lookup.catalog.penalties
    path = f"$.{penalties.amount_fields[0]}"
    amount = cast(func.json_extract(tables.records.c.fields, path), REAL)
    classes = [*pairwise(BOUNDS), (BOUNDS[-1], "")]
    query = select(*(func.count().filter(_between(amount, *bounds)) for bounds in classes)).where(
        tables.records.c.class_code == penalties.record_class, lookup.shown()
    )
    with lookup.snapshot.connect() as connection:
        counts = connection.execute(query).one()
    return tuple(
        Amounts(low, high, count) for (low, high), count in zip(classes, counts, strict=True)
    )


def _between(amount: ColumnElement[float], low: str, high: str) -> ColumnElement[bool]:
    above = amount > 0 if low == BOUNDS[0] else amount >= float(low)
    return and_(above, amount < float(high)) if high else above
