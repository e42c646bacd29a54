"""How records distribute over classes, lists, authorities and regions."""

from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from search_index import schema
from search_index.codec import DocumentNumbers, numbers_of
from search_index.executor import IndexView, Numbers

FACET_FIELDS = (schema.CLASS, schema.LIST, schema.AUTHORITY, schema.REGION)
"""The fields that are counted; a region counts under the whole code that its record carries."""

_DAYS = date.max.toordinal() + 1


@dataclass(frozen=True, slots=True)
class _Values:
    """The values of a field, and for each document which it has (0: none, else 1 + position)."""

    values: list[str]
    numbers: npt.NDArray[Any]


class Facets:
    """Counts values of records; each field is read once, when it is first asked for."""

    def __init__(self, records: IndexView) -> None:
        self._records = records
        self._fields: dict[str, _Values] = {}
        self._lock = Lock()

    def count(self, field: str, documents: DocumentNumbers) -> dict[str, int]:
        """Return how many documents have each value, largest first, then by value."""
        known = self._values(field)
        counts = np.bincount(known.numbers[documents], minlength=len(known.values) + 1)[1:]
        found = [(known.values[i], int(counts[i])) for i in np.flatnonzero(counts).tolist()]
        return dict(sorted(found, key=lambda item: (-item[1], item[0])))

    def count_days(
        self, field: str, days: Numbers, documents: DocumentNumbers
    ) -> dict[str, dict[int, int]]:
        """Return value → day number → how many documents have both, in the order of the days.

        Documents without the value or without a day (0) are left out.
        """
        known = self._values(field)
        keys = known.numbers[documents].astype(np.int64) * _DAYS + days[documents]
        pairs, counts = np.unique(keys, return_counts=True)
        found: dict[str, dict[int, int]] = {}
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            place, day = divmod(pair, _DAYS)
            if place and day:
                found.setdefault(known.values[place - 1], {})[day] = count
        return found

    def _values(self, field: str) -> _Values:
        with self._lock:
            if field not in self._fields:
                self._fields[field] = self._read(field)
            return self._fields[field]

    def _read(self, field: str) -> _Values:
        # A region also stands under its prefixes; the longest comes last and stays.
        values = sorted(self._records.terms(field), key=len)
        width = np.min_scalar_type(len(values))
        numbers = np.zeros(self._records.count, dtype=width)
        for place, value in enumerate(values, start=1):
            numbers[numbers_of(self._records.bitmap(field, value))] = place
        return _Values(values, numbers)
