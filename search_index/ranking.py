"""Put candidates in order, and check as many of them as the answer needs."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from search_index.codec import DocumentNumbers, bitmap_of, numbers_of
from search_index.executor import IndexView
from search_index.schema import record_order

VERIFIED_AT_MOST = 8_000
"""So many candidates are all checked for the sake of an exact total (a few milliseconds)."""

Sort = Literal["relevance", "newest", "oldest"]
Check = Callable[[DocumentNumbers], npt.NDArray[np.bool_]]
"""Tells of ascending document numbers which of them really match."""

_WITHOUT_DAY = record_order(None, "") >> 40 << 40
_MORE = 4
_SLACK = 32


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
        sure = numbers_of(certain)
        return RecordSet(self.possible | certain, lambda n: np.isin(n, sure) | check(n))


@dataclass(frozen=True, slots=True)
class Page:
    """The documents of a page in order, and all that match.

    If not `exact`, some of `documents` may not match after all.
    """

    shown: DocumentNumbers
    documents: DocumentNumbers
    exact: bool


def page_of(
    view: IndexView, found: RecordSet, first: BitMap, sort: Sort, *, start: int, count: int
) -> Page:
    """Return one page of what was found, by relevance with the `first` ones before the others.

    All are checked if they are few, else as many as the page needs.
    """
    before = found.possible & first if sort == "relevance" else BitMap()
    others = found.possible - before if before else found.possible
    order = _Order(view, numbers_of(before), numbers_of(others), sort)
    documents = numbers_of(found.possible)
    need = start + count
    if found.check is None:
        return Page(order.head(need)[start:], documents, True)
    if len(documents) <= VERIFIED_AT_MOST:
        kept = bitmap_of(documents[found.check(documents)])
        return page_of(view, RecordSet(kept), first, sort, start=start, count=count)
    shown, answers = _sift(order, len(documents), found.check, need)
    refused = [number for number, passed in answers.items() if not passed]
    left = documents[~np.isin(documents, refused)] if refused else documents
    every = len(answers) == len(documents)
    return Page(np.array(shown[start:], dtype=np.uint32), left, every)


def _sift(
    order: "_Order", total: int, check: Check, need: int
) -> tuple[list[int], dict[int, bool]]:
    """Check documents in order until enough have passed; return those, and what was found out."""
    answers: dict[int, bool] = {}
    size = need * 2 + _SLACK
    while True:
        first = order.head(size)
        fresh = np.sort(np.array([n for n in first.tolist() if n not in answers], dtype=np.uint32))
        answers |= zip(fresh.tolist(), check(fresh).tolist(), strict=True)
        shown = [number for number in first.tolist() if answers[number]][:need]
        if len(shown) == need or size >= total:
            return shown, answers
        size *= _MORE


class _Order:
    """Documents in the order of results; only its head is ever made."""

    def __init__(
        self, view: IndexView, before: DocumentNumbers, others: DocumentNumbers, sort: Sort
    ) -> None:
        self._view, self._before, self._others, self._sort = view, before, others, sort

    def head(self, count: int) -> DocumentNumbers:
        """Return the first documents."""
        if self._sort == "oldest":
            return oldest(self._view, self._others, count)
        first = head(self._view, self._before, count)
        return np.concatenate((first, head(self._view, self._others, count - len(first))))


def head(view: IndexView, numbers: DocumentNumbers, count: int) -> DocumentNumbers:
    """Return the first of ascending document numbers in the order of the index."""
    if len(view.runs) == 1 or not len(numbers):
        return numbers[:count]
    return _merged(view, [part[:count] for part in _parts(view, numbers)])[:count]


def oldest(view: IndexView, numbers: DocumentNumbers, count: int) -> DocumentNumbers:
    """Return the last of ascending document numbers, the last first; without a day at the end."""
    undated: list[DocumentNumbers] = []
    dated: list[DocumentNumbers] = []
    for part in _parts(view, numbers):
        end = int(np.searchsorted(view.order[part], _WITHOUT_DAY))
        dated.append(part[max(end - count, 0) : end])
        undated.append(part[end : end + count])
    found = _merged(view, dated)[::-1]
    return np.concatenate((found, _merged(view, undated)))[:count]


def _parts(view: IndexView, numbers: DocumentNumbers) -> list[DocumentNumbers]:
    """Return ascending numbers by the run they belong to."""
    cuts = [int(np.searchsorted(numbers, start)) for start, _ in view.runs]
    return [numbers[a:b] for a, b in pairwise([*cuts, len(numbers)])]


def _merged(view: IndexView, parts: list[DocumentNumbers]) -> DocumentNumbers:
    if not parts:
        return np.empty(0, dtype=np.uint32)
    together = np.concatenate(parts)
    return together[np.argsort(view.order[together], kind="stable")]
