"""How records distribute over classes, lists, authorities and regions."""

from collections.abc import Mapping
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

    def named(self, counts: npt.NDArray[Any]) -> dict[str, int]:
        """Return counts by value, largest first, then by value; those without one are left out."""
        met = (np.flatnonzero(counts[1:]) + 1).tolist()
        found = [(self.values[place - 1], int(counts[place])) for place in met]
        return dict(sorted(found, key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True)
class _Combinations:
    """Every combination of the values of all facet fields that a record has.

    `numbers` tells for each document which it has, `places` for each field which value of it
    (0: none, else 1 + position) a combination holds.
    """

    numbers: npt.NDArray[Any]
    places: Mapping[str, npt.NDArray[Any]]
    count: int


class Facets:
    """Counts values of records; each field is read once, when it is first asked for."""

    def __init__(self, records: IndexView) -> None:
        self._records = records
        self._fields: dict[str, _Values] = {}
        self._combined: _Combinations | None = None
        self._lock = Lock()

    def count(self, field: str, documents: DocumentNumbers) -> dict[str, int]:
        """Return how many documents have each value, largest first, then by value."""
        known = self._values(field)
        return known.named(np.bincount(known.numbers[documents], minlength=len(known.values) + 1))

    def count_all(self, documents: DocumentNumbers) -> dict[str, dict[str, int]]:
        """Return for each facet field what `count` does, in one pass over the documents."""
        known = self._combinations()
        counts = np.bincount(known.numbers[documents], minlength=known.count)
        met = np.flatnonzero(counts)
        return {
            field: self._values(field).named(np.bincount(places[met], weights=counts[met]))
            for field, places in known.places.items()
        }

    def _combinations(self) -> _Combinations:
        fields = {field: self._values(field) for field in FACET_FIELDS}
        with self._lock:
            if self._combined is None:
                keys = np.zeros(self._records.count, dtype=np.int64)
                for known in fields.values():
                    keys = keys * (len(known.values) + 1) + known.numbers
                first, numbers = np.unique(keys, return_index=True, return_inverse=True)[1:]
                self._combined = _Combinations(
                    numbers.astype(np.min_scalar_type(max(len(first) - 1, 0))),
                    {
                        field: known.numbers[first].astype(np.int64)
                        for field, known in fields.items()
                    },
                    len(first),
                )
            return self._combined

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
