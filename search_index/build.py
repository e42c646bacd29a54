"""Build the search index of a snapshot, from nothing or on top of an earlier one.

Segments are immutable. An index built on a base keeps the base's segments as hard links, marks what
is gone in them, and adds segments of its own; small and worn ones are written together anew.
"""

import shutil
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from portal.errors import SnapshotError
from search_index import batch, schema
from search_index.base_segments import BaseSegments
from search_index.batch import Batch
from search_index.ngrams import MAX_DOCUMENTS
from search_index.schema import NAMES, RECORDS, NameDocument, RecordDocument
from search_index.segments import write_segment

SEGMENT_DOCUMENTS = 200_000
"""Documents of one segment: writing one takes about 600 MB."""

_MAX_ROW = 2**31 - 1


class IndexWriter:
    """Writes a new index into a folder of its own; use as a context manager.

    Leaving the block commits; an exception inside it removes everything that was written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        base: Path | None = None,
        purge: bool = False,
        segment_documents: int = SEGMENT_DOCUMENTS,
    ) -> None:
        """Start in `folder`, which is created or empty, on top of the index in `base` if given.

        With `purge` nothing that is deleted stays in any file. Raises SnapshotError when the
        folder is not empty, or the base cannot be read.
        """
        if folder.is_dir() and any(folder.iterdir()):
            raise SnapshotError(f"检索索引的文件夹 {folder.name} 不是空的，不能在其中新建索引。")
        if not 0 < segment_documents <= MAX_DOCUMENTS:
            raise ValueError(f"segment_documents must be 1 to {MAX_DOCUMENTS}")
        self._base = {
            indexname: BaseSegments(base, indexname, purge=purge) if base else None
            for indexname in (NAMES, RECORDS)
        }
        self._created = not folder.is_dir()
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._storage = FileStorage(str(folder))
        self._segment_documents = segment_documents
        self._schemas = {NAMES: schema.names_schema(), RECORDS: schema.records_schema()}
        self._names: list[NameDocument] = []
        self._records: list[RecordDocument] = []
        self._segments: dict[str, list[object]] = {NAMES: [], RECORDS: []}
        self._number = {
            name: base_segments.next_number if base_segments else 0
            for name, base_segments in self._base.items()
        }
        self._open = True

    def delete_entities(self, rows: Collection[int]) -> None:
        """Drop all names and records of the entities in these database rows from the base."""
        self._check(*rows)
        for base in self._base.values():
            if base is not None:
                base.delete_entities(rows)

    def add_name(self, document: NameDocument) -> None:
        """Add a name of an entity, in any order. Raises ValueError for an impossible row."""
        self._check(document.row)
        self._names.append(document)
        if len(self._names) >= self._segment_documents:
            self._flush(NAMES)

    def add_record(self, document: RecordDocument) -> None:
        """Add a record, in any order. Raises ValueError for an impossible row."""
        self._check(document.row, document.entity_row)
        self._records.append(document)
        if len(self._records) >= self._segment_documents:
            self._flush(RECORDS)

    def commit(self) -> None:
        """Write what is left and the tables of contents: the index can be opened. Once only."""
        self._check()
        for indexname, fields in self._schemas.items():
            base = self._base[indexname]
            if base is not None:
                self._take_over(indexname, base)
            else:
                self._flush(indexname)
            TOC(fields, self._segments[indexname], 0).write(self._storage, indexname)
        self._close()

    def abort(self) -> None:
        """Remove everything that was written, and the folder if it was created here."""
        self._close()
        for path in self._folder.iterdir():
            path.unlink()
        if self._created:
            with suppress(FileNotFoundError):
                shutil.rmtree(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._open:
            return
        if error is not None:
            self.abort()
            return
        try:
            self.commit()
        except BaseException:
            self.abort()
            raise

    def _take_over(self, indexname: str, base: BaseSegments) -> None:
        """Keep the base's good segments, and write the others anew with what is new."""
        waiting = len(self._names if indexname == NAMES else self._records)
        kept, rewritten = base.divided(waiting, self._segment_documents)
        taken: list[Batch] = []
        for reader, gone in rewritten:
            count = waiting + sum(map(len, taken))
            if count and count + reader.count > self._segment_documents:
                self._flush(indexname, taken)
                waiting, taken = 0, []
            taken.append(batch.of_segment(reader, gone))
        self._segments[indexname] += base.link(kept, self._folder)
        self._flush(indexname, taken)

    def _flush(self, indexname: str, taken: Sequence[Batch] = ()) -> None:
        """Write the waiting documents, with those taken over from other segments, as one."""
        if indexname == NAMES:
            fresh, self._names = batch.of_names(self._names), []
        else:
            fresh, self._records = batch.of_records(self._records), []
        together = batch.in_order([*taken, fresh])
        if not len(together):
            return
        fields, number = self._schemas[indexname], self._number[indexname]
        self._segments[indexname].append(
            write_segment(self._storage, indexname, fields, number, together)
        )
        self._number[indexname] += 1

    def _check(self, *rows: int) -> None:
        if not self._open:
            raise ValueError("the index writer is closed")
        if not all(0 <= row <= _MAX_ROW for row in rows):
            raise ValueError(f"a row is a number from 0 to {_MAX_ROW}")

    def _close(self) -> None:
        self._open = False
        self._names, self._records = [], []
        for base in self._base.values():
            if base is not None:
                base.close()
