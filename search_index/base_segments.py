"""The segments of a sealed index on which another is built: kept, marked, or written anew."""

import os
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from pyroaring import BitMap
from whoosh.codec.whoosh3 import W3Segment
from whoosh.index import TOC

from portal.errors import SnapshotError
from search_index import schema
from search_index.codec import BitmapCodec, bitmap_of
from search_index.segment_reader import SegmentReader
from search_index.storage import MappedStorage

MOST_SMALL = 6
"""So many small segments may stand beside each other before they are written together."""

SMALL_SHARE = 4
"""A segment is small below this part (one quarter) of the documents a segment may have."""

WORN_SHARE = 0.5
"""A segment with more of its documents deleted is written anew."""

Marked = tuple[SegmentReader, BitMap]


class BaseSegments:
    """The segments of one index of a base folder; what is deleted is noted, not yet written."""

    def __init__(self, folder: Path, indexname: str, *, purge: bool) -> None:
        """Open the base. Raises SnapshotError when it is missing, damaged or of another version."""
        self._folder = folder
        self._purge = purge
        self._entity = schema.ENTITY_OF[indexname]
        self._readers: list[SegmentReader] = []
        try:
            storage = MappedStorage(folder)
            self._segments = list(TOC.read(storage, indexname).segments)
            for segment in self._segments:
                self._readers.append(SegmentReader(storage, segment))
        except SnapshotError:
            self.close()
            raise
        except Exception as error:  # damaged pickles and structures fail in any way they like
            self.close()
            raise SnapshotError(f"检索索引 {folder.name} 缺失或损坏，不能在其上续建。") from error
        self._gone = [BitMap(reader.deleted) for reader in self._readers]

    @property
    def next_number(self) -> int:
        """The number of the next segment: names of files are never used twice."""
        return 1 + max((int(segment.segid) for segment in self._segments), default=-1)

    def delete_entities(self, rows: Collection[int]) -> None:
        """Note that the documents of these entities are gone."""
        wanted = np.fromiter(rows, dtype=np.int64, count=len(rows))
        for place, reader in enumerate(self._readers):
            mask = np.isin(reader.numbers(self._entity), wanted)
            self._gone[place] |= bitmap_of(np.flatnonzero(mask))

    def divided(self, waiting: int, full: int) -> tuple[list[Marked], list[Marked]]:
        """Return the segments to keep and those to write anew, beside `waiting` new documents.

        Anew: worn ones, with purge all with something deleted; and the small ones once there are
        too many. `full` is the number of documents a segment may have.
        """
        kept: list[Marked] = []
        rewritten: list[Marked] = []
        for reader, gone in zip(self._readers, self._gone, strict=True):
            worn = len(gone) > WORN_SHARE * reader.count or (self._purge and bool(gone))
            (rewritten if worn else kept).append((reader, gone))
        small = [marked for marked in kept if _live(marked) * SMALL_SHARE < full]
        if len(small) + bool(waiting or rewritten) > MOST_SMALL:
            rewritten += small
            kept = [marked for marked in kept if marked not in small]
        return kept, rewritten

    def link(self, kept: Sequence[Marked], folder: Path) -> list[W3Segment]:
        """Put the files of segments into another folder; return Whoosh's segments for them."""
        segments = []
        readers = [reader for reader, _ in kept]
        for segment, reader, gone in zip(self._segments, self._readers, self._gone, strict=True):
            if reader not in readers:
                continue
            for path in self._folder.glob(f"{segment.segment_id()}.*"):
                _link(path, folder / path.name)
            linked = W3Segment(
                BitmapCodec(),
                segment.indexname,
                doccount=segment.doc_count_all(),
                segid=segment.segid,
                deleted=gone if gone else None,
            )
            linked._fieldlengths = {}
            linked.common = reader.common
            segments.append(linked)
        return segments

    def close(self) -> None:
        """Close the files of the base."""
        for reader in self._readers:
            reader.close()


def waste(folder: Path) -> float:
    """Return the share of an index's documents that are deleted, 0 to 1.

    Raises SnapshotError when the index cannot be read.
    """
    documents = deleted = 0
    for indexname in (schema.NAMES, schema.RECORDS):
        base = BaseSegments(folder, indexname, purge=False)
        documents += sum(reader.count for reader in base._readers)
        deleted += sum(map(len, base._gone))
        base.close()
    return deleted / documents if documents else 0.0


def _live(marked: Marked) -> int:
    reader, gone = marked
    return reader.count - len(gone)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
