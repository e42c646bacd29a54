"""Double publicity in time: how many decisions of an authority came within the working days.

Only measured, never a reason to reject (双公示: 7 working days from the decision).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from portal.catalog_model import Catalog
from portal.errors import CalendarError
from portal.publish.scrub import scrub_number
from portal.records import StoredRecord
from portal.working_days import within_working_days


@dataclass(frozen=True, slots=True)
class Timeliness:
    """Counts of one authority; `unknown` are decisions in years without a working calendar."""

    authority: str
    authority_code: str
    in_time: int
    late: int
    unknown: int

    @property
    def share(self) -> float | None:
        """Share in time among those that can be told, 0 to 1; None where there are none."""
        judged = self.in_time + self.late
        return self.in_time / judged if judged else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one decision of an authority came in time; None where no calendar can tell."""

    authority: str
    authority_code: str
    in_time: bool | None


class TimelinessCounter:
    """Counts records as they pass, by authority (credit code, else name)."""

    def __init__(self, catalog: Catalog) -> None:
        self._rule = catalog.timeliness
        self._names: dict[str, Counter[str]] = defaultdict(Counter)
        self._codes: dict[str, str] = {}
        self._counts: dict[str, Counter[bool | None]] = defaultdict(Counter)
        self._shown = cache(scrub_number)

        @cache
        def in_time(decided: date, delivered: date) -> bool | None:
            try:
                return within_working_days(
                    decided, delivered, catalog.timeliness.days, catalog.calendar.table
                )
            except CalendarError:
                return None

        self._in_time = in_time

    def verdict(self, record: StoredRecord) -> Verdict | None:
        """Judge one record by the day it was delivered; None in classes that are not measured.

        The authority is named as the public may see it: a name may hold a personal number.
        """
        decided, name = record.values.get("decided_on"), record.values.get("authority", "")
        if record.class_code not in self._rule.classes or not decided:
            return None
        return Verdict(
            authority=self._shown(name),
            authority_code=record.values.get("authority_code", ""),
            in_time=self._in_time(date.fromisoformat(decided), record.delivered_on),
        )

    def add(self, verdict: Verdict, times: int = 1) -> None:
        """Count a verdict, or several alike."""
        key = verdict.authority_code or verdict.authority
        self._codes[key] = verdict.authority_code
        self._names[key][verdict.authority] += times
        self._counts[key][verdict.in_time] += times

    def result(self) -> tuple[Timeliness, ...]:
        """Return the counts, authorities in the order of their names (the most frequent one)."""
        found = (
            Timeliness(
                authority=min(names, key=lambda name: (-names[name], name)),
                authority_code=self._codes[key],
                in_time=self._counts[key][True],
                late=self._counts[key][False],
                unknown=self._counts[key][None],
            )
            for key, names in self._names.items()
        )
        return tuple(sorted(found, key=lambda counts: (counts.authority, counts.authority_code)))


def measure(records: Iterable[StoredRecord], catalog: Catalog) -> tuple[Timeliness, ...]:
    """Return the timeliness of every authority among the records."""
    counter = TimelinessCounter(catalog)
    for verdict in filter(None, map(counter.verdict, records)):
        counter.add(verdict)
    return counter.result()
