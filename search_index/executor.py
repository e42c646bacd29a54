"""Evaluate Whoosh query trees to bitmaps over one open index.

Documents are numbered through all segments. Bitmaps and arrays handed out are shared between
threads: they are read, never changed.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from functools import reduce
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
from search_index.codec import BitmapTermsReader, bitmap_of, numbers_of
from search_index.query import DayRange
from search_index.storage import MappedFile, MappedStorage, TextColumn, read_numbers

Numbers = npt.NDArray[np.int32]

CACHE_BYTES = 32 * 1024 * 1024
"""Memory that the bitmaps of one index may keep."""

_DAYS_KEPT = 3
_BITMAP_OVERHEAD = 200


class BitmapCache:
    """The most recently used bitmaps within a bound of bytes; safe between threads."""

    def __init__(self, max_bytes: int = CACHE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._items: OrderedDict[tuple[str, bytes], tuple[BitMap, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[str, bytes], read: Callable[[], BitMap]) -> BitMap:
        """Return the bitmap under `key`, reading it if it is not there."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key][0]
        bitmap = read()
        size = _BITMAP_OVERHEAD + _bytes_of(bitmap)
        with self._lock:
            if key not in self._items and size <= self._max_bytes:
                self._items[key] = (bitmap, size)
                self._bytes += size
            while self._bytes > self._max_bytes:
                self._bytes -= self._items.popitem(last=False)[1][1]
        return bitmap

    def __len__(self) -> int:
        return len(self._items)


def _bytes_of(bitmap: BitMap) -> int:
    statistics = bitmap.get_statistics()
    return int(
        statistics["n_bytes_array_containers"]
        + statistics["n_bytes_run_containers"]
        + statistics["n_bytes_bitset_containers"]
    )


class _Segment:
    """One segment's open files, and where its document numbers start."""

    def __init__(self, storage: MappedStorage, segment: Any, base: int) -> None:
        self.base = base
        self.count = int(segment.doc_count_all())
        self._storage = storage
        self._segment = segment
        self.files: list[MappedFile] = []
        self.terms: BitmapTermsReader = segment.codec().terms_reader(storage, segment)
        self.texts = TextColumn(*self._column(schema.TEXT), self.count)

    def numbers(self, column: str) -> Numbers:
        """Return a whole column."""
        return read_numbers(*self._column(column), self.count)

    def _column(self, column: str) -> tuple[MappedFile, int]:
        name = self._segment.codec().column_filename(self._segment, column)
        file: MappedFile = self._storage.open_file(name)
        self.files.append(file)
        return file, int(self._storage.file_length(name))

    def close(self) -> None:
        """Close the files."""
        self.terms.close()
        for file in self.files:
            file.close()


class IndexView:
    """One index ("names" or "records") of a folder, open for reading."""

    def __init__(self, folder: Path, indexname: str, columns: tuple[str, ...]) -> None:
        """Open the index with its columns of numbers. Raises SnapshotError if it is no index."""
        self._segments: list[_Segment] = []
        try:
            storage = MappedStorage(folder)
            toc = TOC.read(storage, indexname)
            base = 0
            for segment in toc.segments:
                self._segments.append(_Segment(storage, segment, base))
                base += self._segments[-1].count
            self.count = base
            self.all = BitMap(range(base))
            self._columns = {name: self._joined(name) for name in columns}
        except SnapshotError:
            self.close()
            raise
        except Exception as error:  # damaged pickles and structures fail in any way they like
            self.close()
            raise SnapshotError(
                f"检索索引 {folder.name} 缺失、损坏或由其他版本写成，请重新生成快照。"
            ) from error
        self._bases = [segment.base for segment in self._segments]
        self._cache = BitmapCache()
        self._visible: OrderedDict[date, BitMap] = OrderedDict()
        self._lock = Lock()

    def _joined(self, column: str) -> Numbers:
        parts = [segment.numbers(column) for segment in self._segments]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)

    def column(self, name: str) -> Numbers:
        """Return a column of numbers, one per document."""
        return self._columns[name]

    def text(self, number: int) -> bytes:
        """Return the folded text of a document, UTF-8."""
        segment = self._segments[bisect_right(self._bases, number) - 1]
        return segment.texts[number - segment.base]

    def bitmap(self, field: str, term: str) -> BitMap:
        """Return the documents that have a term. Not to be changed: it is shared."""
        written = schema.term_bytes(term)
        return self._cache.get((field, written), lambda: self._read(field, written))

    def _read(self, field: str, term: bytes) -> BitMap:
        joined = BitMap()
        for segment in self._segments:
            found = segment.terms.bitmap(field, term)
            if found:
                joined |= found.shift(segment.base) if segment.base else found
        return joined

    def terms(self, field: str) -> list[str]:
        """Return all terms of a field, in the order of their bytes."""
        found = {term for segment in self._segments for term in segment.terms.terms_of(field)}
        return [schema.term_text(term) for term in sorted(found)]

    def visible(self, today: date) -> BitMap:
        """Return the documents that may be shown on a day: their last day has not passed.

        The one filter that every read goes through. Kept for the last few days asked for.
        """
        with self._lock:
            if today in self._visible:
                return self._visible[today]
        bitmap = mask_bitmap(self.column(schema.UNTIL) >= schema.day_number(today))
        with self._lock:
            self._visible[today] = bitmap
            while len(self._visible) > _DAYS_KEPT:
                self._visible.popitem(last=False)
        return bitmap

    def evaluate(self, query: Query) -> BitMap:
        """Return the documents that a query tree finds, as Whoosh itself would find them.

        Knows Term, And, Or, Not, Every, NullQuery and DayRange; raises TypeError for others.
        """
        found = BitMap()
        match query:
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
                days = self.column(query.fieldname)
                found = mask_bitmap((days >= query.first) & (days <= query.last))
            case _ if query != NullQuery:
                raise TypeError(f"no evaluation for {type(query).__name__}")
        return found

    def _all_of(self, queries: list[Query]) -> BitMap:
        """Intersect, rarest first, and stop where nothing can be found."""
        found: list[BitMap] = []
        for query in queries:
            found.append(self.evaluate(query))
            if not found[-1]:
                return BitMap()
        return reduce(and_, sorted(found, key=len)) if found else BitMap()

    def close(self) -> None:
        """Close all files; the view cannot be read any more."""
        for segment in self._segments:
            segment.close()
        self._segments = []


def mask_bitmap(mask: npt.NDArray[np.bool_]) -> BitMap:
    """Return the documents where a mask is true."""
    return bitmap_of(np.flatnonzero(mask))


def rows_mask(rows: Numbers, bitmap: BitMap, size: int) -> npt.NDArray[np.bool_]:
    """Return, for rows 0 to `size` - 1, which of them stand at a bitmap's documents."""
    mask = np.zeros(size, dtype=np.bool_)
    mask[rows[numbers_of(bitmap)]] = True
    return mask
