"""Evaluate Whoosh query trees to bitmaps over one open index.

Documents are numbered through all segments. Bitmaps and arrays handed out are shared between
threads: they are read, never changed.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from functools import reduce
from itertools import pairwise
from operator import and_, or_
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap
from whoosh.index import TOC
from whoosh.query import And, Every, Not, NullQuery, Or, Query, Term

from portal.errors import SnapshotError
from search_index import schema
from search_index.bitmap_cache import BitmapCache
from search_index.codec import DocumentNumbers, bitmap_of
from search_index.entity_documents import EntityDocuments
from search_index.query import DayRange, Word
from search_index.segment_reader import SegmentReader
from search_index.storage import MappedStorage

Numbers = npt.NDArray[np.int32]

FEW_ENOUGH = 64
"""So few possible documents of a segment are faster read than narrowed further."""

_DAYS_KEPT = 3
_PAIR, _THREE = 2, 3


class IndexView:
    """One index ("names" or "records") of a folder, open for reading.

    `order` is the place of every document among all, `runs` are (start, end) of the numbers
    between which it only ascends; `documents` tells which documents an entity has.
    """

    def __init__(self, folder: Path, indexname: str) -> None:
        """Open the index with its columns of numbers. Raises SnapshotError if it is no index."""
        self.segments: list[SegmentReader] = []
        try:
            storage = MappedStorage(folder)
            toc = TOC.read(storage, indexname)
            base = 0
            for segment in toc.segments:
                self.segments.append(SegmentReader(storage, segment, base))
                base += self.segments[-1].count
            self.count = base
            self._columns = {name: self._joined(name) for name in schema.NUMBERS[indexname]}
            self.order = _concatenated([s.order() for s in self.segments], np.dtype(np.int64))
            self.documents = EntityDocuments(self.segments, schema.ENTITY_OF[indexname])
        except SnapshotError:
            self.close()
            raise
        except Exception as error:  # damaged pickles and structures fail in any way they like
            self.close()
            raise SnapshotError(
                f"检索索引 {folder.name} 缺失、损坏或由其他版本写成，请重新生成快照。"
            ) from error
        self.all = BitMap(range(base))
        for reader in self.segments:
            self.all -= reader.deleted.shift(reader.base)
        self.runs = _runs(self.order, [reader.base for reader in self.segments])
        self._bases = [segment.base for segment in self.segments]
        self._cache = BitmapCache()
        self._visible: OrderedDict[date, BitMap] = OrderedDict()
        self._lock = Lock()

    def _joined(self, column: str) -> Numbers:
        parts = [segment.numbers(column) for segment in self.segments]
        return _concatenated(parts, np.dtype(np.int32))

    def column(self, name: str) -> Numbers:
        """Return a column of numbers, one per document."""
        return self._columns[name]

    def text(self, number: int) -> bytes:
        """Return the folded text of a document, UTF-8."""
        segment = self.segments[bisect_right(self._bases, number) - 1]
        return segment.texts[number - segment.base]

    def holding(self, numbers: DocumentNumbers, needle: bytes) -> npt.NDArray[np.bool_]:
        """Tell which of some ascending documents hold some bytes of UTF-8 in their text."""
        cuts = np.searchsorted(numbers, [*self._bases, self.count]).tolist()
        found = [
            segment.texts.holding(numbers[start:end] - np.uint32(segment.base), needle)
            for segment, (start, end) in zip(self.segments, pairwise(cuts), strict=True)
        ]
        return _concatenated(found, np.dtype(np.bool_))

    def rest(self) -> None:
        """Give the pages that were read back to the system: they count for this process no more."""
        for segment in self.segments:
            segment.rest()

    def bitmap(self, field: str, term: str) -> BitMap:
        """Return the documents that have a term. Not to be changed: it is shared."""
        written = schema.term_bytes(term)
        return self._cache.get((field, written), lambda: self._read(field, written))

    def _read(self, field: str, term: bytes) -> BitMap:
        return self._over_segments(lambda segment: segment.terms.bitmap(field, term))

    def _over_segments(self, read: Callable[[SegmentReader], BitMap]) -> BitMap:
        joined = BitMap()
        for segment in self.segments:
            found = read(segment)
            if found:
                joined |= found.shift(segment.base) if segment.base else found
        return joined

    def frequency(self, field: str, term: str) -> int:
        """Return how many documents have a term, deleted ones included."""
        written = schema.term_bytes(term)
        infos = (segment.terms.find(field, written) for segment in self.segments)
        return sum(info.doc_frequency() for info in infos if info is not None)

    def terms(self, field: str) -> list[str]:
        """Return all terms of a field, in the order of their bytes."""
        found = {term for segment in self.segments for term in segment.terms.terms_of(field)}
        return [schema.term_text(term) for term in sorted(found)]

    def visible(self, today: date) -> BitMap:
        """Return the documents that may be shown on a day: their last day has not passed.

        The one filter that every read goes through. Kept for the last few days asked for.
        """
        with self._lock:
            if today in self._visible:
                return self._visible[today]
        bitmap = self.all & mask_bitmap(self.column(schema.UNTIL) >= schema.day_number(today))
        bitmap.run_optimize()
        with self._lock:
            self._visible[today] = bitmap
            while len(self._visible) > _DAYS_KEPT:
                self._visible.popitem(last=False)
        return bitmap

    def evaluate(self, query: Query) -> BitMap:
        """Return the documents that a query tree finds, as Whoosh itself would find them.

        Knows Term, Word, And, Or, Not, Every, NullQuery and DayRange; raises TypeError for others.
        A Word finds those with all its pairs of characters, or fewer that still hold it.
        """
        found = BitMap()
        match query:
            case Word():
                found = self._word(query.word)
            case Term():
                found = self.bitmap(query.fieldname, query.text)
            case And():
                found = self._all_of(query.children())
            case Or():
                found = reduce(or_, map(self.evaluate, query.children()), found)
            case Not():
                found = self.all - self.evaluate(query.query)
            case Every():
                found = self.all
            case DayRange():
                found = self._decided_within(query.first, query.last)
            case _ if query != NullQuery:
                raise TypeError(f"no evaluation for {type(query).__name__}")
        return found

    def _decided_within(self, first: int, last: int) -> BitMap:
        """Return the documents decided on these days: stretches, as the day leads their order."""
        found = BitMap()
        lower, upper = schema.order_bounds(first, last)
        for start, end in self.runs:
            places = np.searchsorted(self.order[start:end], (lower, upper)) + start
            found |= BitMap(range(*places.tolist()))
        return found

    def _all_of(self, queries: list[Query]) -> BitMap:
        """Intersect, rarest first, and stop where nothing can be found."""
        found: list[BitMap] = []
        for query in queries:
            found.append(self.evaluate(query))
            if not found[-1]:
                return BitMap()
        return reduce(and_, sorted(found, key=len)) if found else BitMap()

    def _word(self, word: str) -> BitMap:
        written = schema.term_bytes(word)
        if len(word) == _PAIR:
            return self.bitmap(schema.GRAMS, word)
        return self._cache.get(
            ("", written),
            lambda: self._over_segments(lambda segment: _word_in(segment, word)),
        )

    def close(self) -> None:
        """Close all files; the view cannot be read any more."""
        for segment in self.segments:
            segment.close()
        self.segments = []


def _word_in(segment: SegmentReader, word: str) -> BitMap:
    """Return the documents of a segment that may contain a word.

    Threes of characters are there where both their pairs are common, and then stand for them.
    """
    pairs = [schema.term_bytes(first + second) for first, second in pairwise(word)]
    sought: dict[bytes, Any] = {pair: segment.terms.find(schema.GRAMS, pair) for pair in pairs}
    if None in sought.values():
        return BitMap()
    counts = [sought[pair].doc_frequency() for pair in pairs]
    for place in range(len(pairs) - 1):
        if segment.common and min(counts[place : place + 2]) > segment.common:
            three = schema.term_bytes(word[place : place + _THREE])
            info = segment.terms.find(schema.TRIGRAMS, three)
            if info is None:
                return BitMap()
            sought[three] = info
            sought.pop(pairs[place], None)
            sought.pop(pairs[place + 1], None)
    rarest = sorted(sought.values(), key=lambda info: info.doc_frequency())
    found = segment.terms.read(rarest[0])
    for info in rarest[1:]:
        if len(found) <= FEW_ENOUGH:
            break
        found &= segment.terms.read(info)
    return found


def _runs(order: npt.NDArray[np.int64], bases: list[int]) -> list[tuple[int, int]]:
    """Return where neighbouring segments go on in order, so that their numbers are one sequence."""
    starts = [base for base in bases if base < len(order)]
    cuts = [start for start in starts if start == 0 or order[start - 1] > order[start]]
    return list(pairwise([*cuts, len(order)])) if cuts else []


def _concatenated(parts: list[npt.NDArray[Any]], kind: "np.dtype[Any]") -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)


def mask_bitmap(mask: npt.NDArray[np.bool_]) -> BitMap:
    """Return the documents where a mask is true."""
    return bitmap_of(np.flatnonzero(mask))
