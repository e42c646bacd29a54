"""Build the search index of a snapshot, from nothing or on top of an earlier one.

Segments are immutable. An index built on a base keeps the base's segments as hard links, marks what
is gone in them, and adds segments of its own; small and worn ones are written together anew.
"""

import shutil
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from portal.errors import SnapshotError
from portal.identifiers import fold_code
from portal.records import SubjectKind
from search_index import schema
from search_index.base_segments import BaseSegments
from search_index.company_name import bare, parts_of
from search_index.ngrams import MAX_DOCUMENTS
from search_index.schema import NAMES, RECORDS, NameDocument, RecordDocument, day_number
from search_index.segments import SegmentBuffer
from search_index.text import SEPARATOR, fold, fold_name

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
        self._buffers = {name: SegmentBuffer(schema.ENTITY_OF[name]) for name in self._schemas}
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
        folded = fold_name(document.name)
        parts = parts_of(folded)
        person = document.kind is SubjectKind.PERSON
        self._add(
            NAMES,
            terms={
                schema.EXACT: (folded,),
                schema.BARE: () if person else (bare(folded),),
                schema.CODE: map(fold_code, document.codes),
                schema.KIND: (document.kind.value,),
            },
            numbers={
                schema.CORE: parts.start,
                schema.CURRENT: document.current,
                schema.ROW: document.row,
                schema.UNTIL: day_number(document.until),
            },
            order=schema.name_order(folded, parts, document),
            text=folded,
            grams=not person,
        )

    def add_record(self, document: RecordDocument) -> None:
        """Add a record, in any order. Raises ValueError for an impossible row.

        A natural person's record gets no text at all: only its person's full name, a filter-free
        total or its document number leads to it.
        """
        self._check(document.row, document.entity_row)
        person = document.kind is SubjectKind.PERSON
        texts = () if person else filter(None, map(fold, document.texts))
        self._add(
            RECORDS,
            terms={
                schema.KIND: (document.kind.value,),
                schema.CLASS: (document.class_code,),
                schema.LIST: (document.list_code,),
                schema.AUTHORITY: (document.authority,),
                schema.REGION: schema.region_terms(document.region),
                schema.DOCUMENT: map(schema.document_term, document.documents),
            },
            numbers={
                schema.ROW: document.row,
                schema.ENTITY: document.entity_row,
                schema.DECIDED: day_number(document.decided_on),
                schema.UNTIL: day_number(document.until),
            },
            order=schema.record_order(document.decided_on, document.public_id),
            text=SEPARATOR.join(texts),
            grams=not person,
        )

    def commit(self) -> None:
        """Write what is left and the tables of contents: the index can be opened. Once only."""
        self._check()
        for indexname, fields in self._schemas.items():
            base = self._base[indexname]
            if base is not None:
                self._take_over(indexname, base)
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

    def _add(
        self,
        indexname: str,
        *,
        terms: dict[str, Iterable[str]],
        numbers: dict[str, int],
        order: int,
        text: str,
        grams: bool,
    ) -> None:
        buffer = self._buffers[indexname]
        buffer.add(terms, numbers, order, text, grams)
        if buffer.count >= self._segment_documents:
            self._flush(indexname)

    def _take_over(self, indexname: str, base: BaseSegments) -> None:
        """Keep the base's good segments, and write the others anew with what is new."""
        waiting = self._buffers[indexname].count
        kept, rewritten = base.divided(waiting, self._segment_documents)
        for reader, gone in rewritten:
            buffer = self._buffers[indexname]
            if buffer.count and buffer.count + reader.count > self._segment_documents:
                self._flush(indexname)
            self._buffers[indexname].absorb(reader, gone)
        self._segments[indexname] += base.link(kept, self._folder)

    def _flush(self, indexname: str) -> None:
        buffer = self._buffers[indexname]
        if buffer.count:
            fields, number = self._schemas[indexname], self._number[indexname]
            self._segments[indexname].append(buffer.write(self._storage, indexname, fields, number))
            self._number[indexname] += 1
            self._buffers[indexname] = SegmentBuffer(schema.ENTITY_OF[indexname])

    def _check(self, *rows: int) -> None:
        if not self._open:
            raise ValueError("the index writer is closed")
        if not all(0 <= row <= _MAX_ROW for row in rows):
            raise ValueError(f"a row is a number from 0 to {_MAX_ROW}")

    def _close(self) -> None:
        self._open = False
        self._buffers = {}
        for base in self._base.values():
            if base is not None:
                base.close()
