"""Build the search index of a snapshot: records newest first, names shortest first.

The order of documents is the order of results, so nothing is sorted when reading. Segments stay
small enough to bound memory and are never merged.
"""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from portal.errors import SnapshotError
from portal.identifiers import fold_code
from portal.records import SubjectKind
from search_index import schema
from search_index.schema import NAMES, RECORDS, NameDocument, RecordDocument, day_number
from search_index.segments import MAX_DOCUMENTS, SegmentBuffer
from search_index.text import SEPARATOR, fold, fold_name

SEGMENT_DOCUMENTS = 50_000
"""Documents of one segment: writing one takes about 100 MB."""

_MAX_ROW = 2**31 - 1


@dataclass(frozen=True, slots=True, order=True)
class _FoldedName:
    """A name waiting for its place; its fields in the order that results want."""

    length: int
    folded: str
    former: bool
    row: int
    kind: SubjectKind
    until: int
    codes: tuple[str, ...]


class IndexWriter:
    """Writes a new index into a folder of its own; use as a context manager.

    Leaving the block commits; an exception inside it removes everything that was written.
    """

    def __init__(self, folder: Path, *, segment_documents: int = SEGMENT_DOCUMENTS) -> None:
        """Start in `folder`, which is created or empty. Raises SnapshotError otherwise."""
        if folder.is_dir() and any(folder.iterdir()):
            raise SnapshotError(f"检索索引的文件夹 {folder.name} 不是空的，不能在其中新建索引。")
        if not 0 < segment_documents <= MAX_DOCUMENTS:
            raise ValueError(f"segment_documents must be 1 to {MAX_DOCUMENTS}")
        self._created = not folder.is_dir()
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._storage = FileStorage(str(folder))
        self._segment_documents = segment_documents
        self._names: list[_FoldedName] = []
        self._records = SegmentBuffer()
        self._schemas = {NAMES: schema.names_schema(), RECORDS: schema.records_schema()}
        self._segments: dict[str, list[object]] = {NAMES: [], RECORDS: []}
        self._open = True

    def add_name(self, document: NameDocument) -> None:
        """Add a name of an entity, in any order. Raises ValueError for an impossible row."""
        self._check(document.row)
        folded = fold_name(document.name)
        self._names.append(
            _FoldedName(
                length=len(folded),
                folded=folded,
                former=not document.current,
                row=document.row,
                kind=document.kind,
                until=day_number(document.until),
                codes=tuple(fold_code(code) for code in document.codes),
            )
        )

    def add_record(self, document: RecordDocument) -> None:
        """Add a record; they come newest first. Raises ValueError for an impossible row.

        A natural person's record gets no text at all: only its person's full name, a filter-free
        total or its document number leads to it.
        """
        self._check(document.row, document.entity_row)
        person = document.kind is SubjectKind.PERSON
        texts = () if person else filter(None, map(fold, document.texts))
        self._records.add(
            terms={
                schema.KIND: (document.kind.value,),
                schema.CLASS: (document.class_code,),
                schema.LIST: (document.list_code,),
                schema.AUTHORITY: (document.authority,),
                schema.REGION: schema.region_terms(document.region),
                schema.DOCUMENT: [schema.document_term(n) for n in document.documents],
            },
            numbers={
                schema.ROW: document.row,
                schema.ENTITY: document.entity_row,
                schema.DECIDED: day_number(document.decided_on),
                schema.UNTIL: day_number(document.until),
            },
            text=SEPARATOR.join(texts),
            grams=not person,
        )
        if self._records.count == self._segment_documents:
            self._flush(RECORDS, self._records)
            self._records = SegmentBuffer()

    def commit(self) -> None:
        """Write what is left and the tables of contents: the index can be opened. Once only."""
        self._check()
        if self._records.count:
            self._flush(RECORDS, self._records)
        self._names.sort()
        for start in range(0, len(self._names), self._segment_documents):
            buffer = SegmentBuffer()
            for name in self._names[start : start + self._segment_documents]:
                _add_folded(buffer, name)
            self._flush(NAMES, buffer)
        for indexname, segments in self._segments.items():
            toc = TOC(self._schemas[indexname], segments, 0)
            toc.write(self._storage, indexname)
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

    def _flush(self, indexname: str, buffer: SegmentBuffer) -> None:
        segments = self._segments[indexname]
        number = len(segments)
        segments.append(buffer.write(self._storage, indexname, self._schemas[indexname], number))

    def _check(self, *rows: int) -> None:
        if not self._open:
            raise ValueError("the index writer is closed")
        if not all(0 <= row <= _MAX_ROW for row in rows):
            raise ValueError(f"a row is a number from 0 to {_MAX_ROW}")

    def _close(self) -> None:
        self._open = False
        self._names.clear()
        self._records = SegmentBuffer()


def _add_folded(buffer: SegmentBuffer, name: _FoldedName) -> None:
    buffer.add(
        terms={
            schema.EXACT: (name.folded,),
            schema.CODE: name.codes,
            schema.KIND: (name.kind.value,),
        },
        numbers={
            schema.ROW: name.row,
            schema.UNTIL: name.until,
            schema.CURRENT: not name.former,
        },
        text=name.folded,
        grams=name.kind is not SubjectKind.PERSON,
    )
