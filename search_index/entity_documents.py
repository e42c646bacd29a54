"""Which documents belong to which entity, without a loop over all of them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from search_index import schema
from search_index.codec import DocumentNumbers, bitmap_of
from search_index.segment_reader import SegmentReader

_MANY = 1 / 16
"""Above this share of all entities, marking every document is faster than looking entities up."""


class EntityDocuments:
    """The documents of one index by the database row of their entity.

    `rows` is the row of every document, `size` one more than the largest.
    """

    def __init__(self, segments: Sequence[SegmentReader], column: str) -> None:
        """Read the column of rows and the saved order by it."""
        self._sorted: list[tuple[DocumentNumbers, npt.NDArray[np.int32]]] = []
        parts = []
        for segment in segments:
            rows = segment.numbers(column)
            by_entity = segment.numbers(schema.BY_ENTITY)
            self._sorted.append(
                (by_entity.astype(np.uint32) + np.uint32(segment.base), rows[by_entity])
            )
            parts.append(rows)
        self.rows: npt.NDArray[np.int32] = (
            np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)
        )
        self.size = 1 + max((int(keys[-1]) for _, keys in self._sorted if len(keys)), default=0)

    def of(self, rows: npt.NDArray[np.integer]) -> BitMap:
        """Return the documents of the entities in these rows."""
        if len(rows) > self.size * _MANY:
            mask = np.zeros(self.size, dtype=np.bool_)
            mask[rows[rows < self.size]] = True
            return bitmap_of(np.flatnonzero(mask[self.rows]))
        found = BitMap()
        rows = rows.astype(np.int32, copy=False)  # else every search would copy all keys
        for documents, keys in self._sorted:
            starts = np.searchsorted(keys, rows, side="left")
            lengths = np.searchsorted(keys, rows, side="right") - starts
            if lengths.any():
                found |= bitmap_of(np.sort(documents[_ranges(starts, lengths)]))
        return found

    def entities(self, documents: DocumentNumbers) -> npt.NDArray[np.integer]:
        """Return the rows of the entities that have one of these documents, ascending."""
        if len(documents) > self.size * _MANY:
            return np.flatnonzero(self.marked(documents))
        return np.unique(self.rows[documents])

    def marked(self, documents: DocumentNumbers) -> npt.NDArray[np.bool_]:
        """Return, for rows 0 to `size` - 1, which entities have one of these documents."""
        mask = np.zeros(self.size, dtype=np.bool_)
        mask[self.rows[documents]] = True
        return mask


def _ranges(starts: npt.NDArray[np.intp], lengths: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the numbers from each start on, as many as its length, one after the other."""
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1])) + np.repeat(starts - ends + lengths, lengths)
