"""Put candidates in order, and check as many of them as the answer needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from search_index.codec import DocumentNumbers, numbers_of

VERIFIED_AT_MOST = 4000
"""So many candidates are all checked for the sake of an exact total (a few milliseconds)."""

Sort = Literal["relevance", "newest", "oldest"]
Check = Callable[[int], bool]

_LAST = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True)
class Sifted:
    """Candidates after checking: those that passed, and those not looked at any more."""

    kept: DocumentNumbers
    rest: DocumentNumbers

    @property
    def exact(self) -> bool:
        """Tell whether every candidate was checked."""
        return not len(self.rest)

    @property
    def possible(self) -> DocumentNumbers:
        """All that passed or may yet pass, in order."""
        return np.concatenate((self.kept, self.rest))


def sift(
    candidates: DocumentNumbers, check: Check, need: int, key: Callable[[int], int] = int
) -> Sifted:
    """Check candidates in their order: all of them if they are few, else until `need` passed.

    What has passed is counted by distinct `key`.
    """
    if len(candidates) <= VERIFIED_AT_MOST:
        need = len(candidates)
    kept: list[int] = []
    keys: set[int] = set()
    position = 0
    for position, number in enumerate(candidates.tolist()):
        if len(keys) >= need:
            return Sifted(np.array(kept, dtype=np.uint32), candidates[position:])
        if check(number):
            kept.append(number)
            keys.add(key(number))
    return Sifted(np.array(kept, dtype=np.uint32), candidates[:0])


@dataclass(frozen=True, slots=True)
class RecordSet:
    """Records that match: the `possible` ones, less those that `check` refuses (None: none)."""

    possible: BitMap
    check: Check | None = None

    def with_certain(self, certain: BitMap) -> "RecordSet":
        """Return the set with more records, which are not in doubt."""
        check = self.check
        if check is None:
            return RecordSet(self.possible | certain)
        return RecordSet(self.possible | certain, lambda n: n in certain or check(n))

    def sifted(self, order: DocumentNumbers, need: int) -> Sifted:
        """Return the records checked in an order, at least until `need` passed."""
        if self.check is None:
            return Sifted(order, order[:0])
        return sift(order, self.check, need)


def in_order(
    records: BitMap, first: BitMap, sort: Sort, days: npt.NDArray[np.int32]
) -> DocumentNumbers:
    """Return records in order: by relevance `first` and then as indexed, else by their day.

    `days` has the day number of every document of the index; records without one come last.
    """
    if sort == "relevance":
        return np.concatenate((numbers_of(records & first), numbers_of(records - first)))
    numbers = numbers_of(records)
    keys = -days[numbers] if sort == "newest" else np.where(days > 0, days, _LAST)[numbers]
    return numbers[np.argsort(keys, kind="stable")]
