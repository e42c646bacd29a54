"""What is indexed: the two Whoosh schemas, and the documents that fill them.

The index "names" has one document per (entity, name), the index "records" one per record. Both
hold database rows and what finds them; nothing is stored that a page would show.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from whoosh import columns, fields, formats

from portal.identifiers import fold_code, fold_document_number
from portal.records import PublishedEntity, PublishedRecord, SubjectKind

NAMES, RECORDS = "names", "records"
"""The names of the two indexes inside one folder."""

GRAMS, EXACT, CODE, KIND = "grams", "exact", "code", "kind"
CLASS, LIST, AUTHORITY, REGION, DOCUMENT = "class", "list", "authority", "region", "document"
"""Fields of terms."""

ROW, ENTITY, UNTIL, DECIDED, CURRENT, TEXT = "row", "entity", "until", "decided", "current", "text"
"""Columns: database rows, day ordinals (`date.toordinal`, 0 for none), and the folded text."""

REGION_LEVELS = (2, 4, 6)
"""Digits of a region code that name a province, a prefecture and a county."""

NAME_NUMBERS = (CURRENT, ROW, UNTIL)
RECORD_NUMBERS = (DECIDED, ENTITY, ROW, UNTIL)


class TermField(fields.FieldType):  # type: ignore[misc]  # whoosh is untyped
    """A field of given terms, each present in a document or not."""

    analyzer = None
    scorable = stored = unique = False
    vector = column_type = None

    def __init__(self) -> None:
        self.format = formats.Existence()

    def index(self, value: Sequence[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield Whoosh's postings for the terms of a document."""
        return ((term_bytes(term), 1, 1.0, b"") for term in sorted(set(value)))

    def to_bytes(self, value: str | bytes) -> bytes:
        """Return a term as it is written."""
        return value if isinstance(value, bytes) else term_bytes(value)

    def from_bytes(self, value: bytes) -> str:
        """Return the text of a written term."""
        return term_text(value)


def term_bytes(term: str) -> bytes:
    """Return a term in UTF-8; a lone surrogate, which it cannot hold, must not stop a search."""
    return term.encode("utf-8", "surrogatepass")


def term_text(term: bytes) -> str:
    """Return the text of a written term."""
    return term.decode("utf-8", "surrogatepass")


def _number_column() -> Any:
    return fields.COLUMN(columns.NumericColumn("i"))


def names_schema() -> fields.Schema:
    """Return the Whoosh schema of the index of names."""
    term_fields = {name: TermField() for name in (GRAMS, EXACT, CODE, KIND)}
    number_fields = {name: _number_column() for name in NAME_NUMBERS}
    text = fields.COLUMN(columns.VarBytesColumn())
    return fields.Schema(**term_fields, **number_fields, **{TEXT: text})


def records_schema() -> fields.Schema:
    """Return the Whoosh schema of the index of records."""
    names = (GRAMS, KIND, CLASS, LIST, AUTHORITY, REGION, DOCUMENT)
    number_fields = {name: _number_column() for name in RECORD_NUMBERS}
    text = fields.COLUMN(columns.VarBytesColumn())
    return fields.Schema(**{n: TermField() for n in names}, **number_fields, **{TEXT: text})


@dataclass(frozen=True, slots=True)
class NameDocument:
    """One name of an entity, or its codes alone (empty `name`).

    `row` is the entity's database row (dense from 1), `until` the name's last visible day.
    """

    row: int
    name: str
    kind: SubjectKind
    current: bool
    until: date
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordDocument:
    """One record: `row` and `entity_row` are database rows (dense from 1).

    `documents` are document and certificate numbers as written, `texts` the desensitized texts
    that a search may look into, `until` the last visible day.
    """

    row: int
    entity_row: int
    class_code: str
    list_code: str
    authority: str
    region: str
    kind: SubjectKind
    documents: tuple[str, ...]
    decided_on: date | None
    until: date
    texts: tuple[str, ...]


def name_documents(row: int, entity: PublishedEntity) -> list[NameDocument]:
    """Return the documents of an entity: one per name, each with all its codes.

    An entity that no name may find gives one document with its codes, or none without codes.
    """
    codes = tuple(code for code in map(fold_code, entity.codes) if code)
    if entity.searchable:
        return [
            NameDocument(row, name.text, entity.kind, name.current, name.until, codes)
            for name in entity.names
        ]
    if not codes or not entity.names:
        return []
    until = max(name.until for name in entity.names)
    return [NameDocument(row, "", entity.kind, True, until, codes)]


def record_document(
    row: int,
    entity_row: int,
    record: PublishedRecord,
    searchable: Sequence[str],
    documents: Sequence[str],
) -> RecordDocument:
    """Return the document of a record.

    `searchable` and `documents` name the catalogue fields whose values are searched as text and
    as document numbers; the title and the record's own document number always are.
    """
    numbers = (record.document_number, *(record.fields.get(name, "") for name in documents))
    texts = (record.title, *(record.fields.get(name, "") for name in searchable))
    return RecordDocument(
        row=row,
        entity_row=entity_row,
        class_code=record.class_code,
        list_code=record.list_code,
        authority=record.authority,
        region=record.region,
        kind=record.subject_kind,
        documents=tuple(dict.fromkeys(number for number in numbers if number)),
        decided_on=record.decided_on,
        until=record.public_until,
        texts=tuple(text for text in texts if text),
    )


def document_term(text: str) -> str:
    """Return a document number as the index knows it: folded, without unprintable characters."""
    folded = fold_document_number(text)
    return "".join(c for c in folded if unicodedata.category(c) not in ("Cc", "Cs"))


def region_terms(region: str) -> list[str]:
    """Return the terms of a region: its province, prefecture and county prefixes."""
    return [region[:digits] for digits in REGION_LEVELS if len(region) >= digits]


def day_number(day: date | None) -> int:
    """Return a day's number in the index, 0 for no day."""
    return day.toordinal() if day is not None else 0
