"""What is indexed: the two Whoosh schemas, and the documents that fill them.

The index "names" has one document per (entity, name), the index "records" one per record. Both
hold database rows and what finds them; nothing is stored that a page would show. Every field and
column is named here, and nowhere else.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh import columns, fields, formats

from portal.identifiers import fold_code, fold_document_number, fold_document_numbers
from portal.records import PublishedEntity, PublishedRecord, SubjectKind
from search_index.company_name import NameParts

NAMES, RECORDS = "names", "records"
"""The names of the two indexes inside one folder."""

GRAMS, TRIGRAMS = "grams", "grams3"
"""Pairs of neighbouring characters, and threes both of whose pairs are common (records only)."""

CHARACTERS, SOUNDS, INITIALS = "characters", "sounds", "initials"
"""Of names: single characters, pairs of syllables, threes of the syllables' first letters."""

EXACT, BARE, CODE, KIND = "exact", "bare", "code", "kind"
CLASS, LIST, AUTHORITY, REGION, DOCUMENT = "class", "list", "authority", "region", "document"
"""Fields of given terms; BARE is the name without its legal form."""

ROW, ENTITY, UNTIL, DECIDED, CURRENT, CORE = "row", "entity", "until", "decided", "current", "core"
"""Columns of 32 bits: database rows, day ordinals (`date.toordinal`, 0 for none), flags, and where
the core of a name starts."""

ORDER = "order"
"""Column of 64 bits: the place among all documents, ascending. Documents of a segment have it."""

BY_ENTITY = "by_entity"
"""Column of 32 bits: the numbers of the segment's documents, sorted by their entity."""

TEXT = "text"
"""Column of the folded texts."""

NAME_CHARACTERS, PLAIN_CHARACTERS = "name_characters", "plain_characters"
"""Columns of names, as a NameTable has them: folded, and without words for legal form and level of
place."""

CHARACTER_COLUMNS = (NAME_CHARACTERS, PLAIN_CHARACTERS)
"""Files of these columns hold two bytes a character, all others UTF-8."""

REGION_LEVELS = (2, 4, 6)
"""Digits of a region code that name a province, a prefecture and a county."""

NAME_TERMS = (GRAMS, CHARACTERS, SOUNDS, INITIALS, EXACT, BARE, CODE, KIND)
RECORD_TERMS = (GRAMS, TRIGRAMS, KIND, CLASS, LIST, AUTHORITY, REGION, DOCUMENT)
NAME_NUMBERS = (CORE, CURRENT, ROW, UNTIL)
RECORD_NUMBERS = (DECIDED, ENTITY, ROW, UNTIL)
NUMBERS = {NAMES: NAME_NUMBERS, RECORDS: RECORD_NUMBERS}
GRAM_FIELDS = frozenset({GRAMS, TRIGRAMS, CHARACTERS, SOUNDS, INITIALS})
"""Fields that follow from the text of a document."""

ENTITY_OF = {NAMES: ROW, RECORDS: ENTITY}
"""The column of each index that holds the database row of the entity."""

_ID_BITS, _NAME_ID_BITS = 40, 32
_WEIGHT_BITS, _LENGTH_BITS, _RECORDS_BITS = 9, 9, 10
_WEIGHT_AT = _LENGTH_BITS + 1 + _RECORDS_BITS + _NAME_ID_BITS
_JOINT_STOCK_WORTH = 3
_LAST_DAY = date.max.toordinal()


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


def names_schema() -> fields.Schema:
    """Return the Whoosh schema of the index of names."""
    return _schema(NAME_TERMS, NAME_NUMBERS)


def records_schema() -> fields.Schema:
    """Return the Whoosh schema of the index of records."""
    return _schema(RECORD_TERMS, RECORD_NUMBERS)


def _schema(terms: Sequence[str], numbers: Sequence[str]) -> fields.Schema:
    found: dict[str, Any] = {name: TermField() for name in terms}
    found |= {name: fields.COLUMN(columns.NumericColumn("i")) for name in (*numbers, BY_ENTITY)}
    found[ORDER] = fields.COLUMN(columns.NumericColumn("q"))
    found[TEXT] = fields.COLUMN(columns.VarBytesColumn())
    return fields.Schema(**found)


@dataclass(frozen=True, slots=True)
class NameDocument:
    """One name of an entity, or its codes alone (empty `name`).

    `row` is the entity's database row (from 1), `until` the name's last visible day, `records`
    the number of its published records.
    """

    row: int
    name: str
    kind: SubjectKind
    current: bool
    until: date
    codes: tuple[str, ...] = ()
    public_id: str = ""
    records: int = 0


@dataclass(frozen=True, slots=True)
class RecordDocument:
    """One record: `row` and `entity_row` are database rows (from 1).

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
    public_id: str = ""


def name_documents(row: int, entity: PublishedEntity, records: int = 0) -> list[NameDocument]:
    """Return the documents of an entity with so many records: one per name, with all its codes.

    An entity that no name may find gives one document with its codes, or none without codes.
    """
    codes = tuple(code for code in map(fold_code, entity.codes) if code)
    if entity.searchable:
        named = [(name.text, name.current, name.until) for name in entity.names]
    elif codes and entity.names:
        named = [("", True, max(name.until for name in entity.names))]
    else:
        named = []
    return [
        NameDocument(row, text, entity.kind, current, until, codes, entity.public_id, records)
        for text, current, until in named
    ]


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
        public_id=record.public_id,
    )


def record_order(decided_on: date | None, public_id: str) -> int:
    """Return a record's place among all, ascending: newest decision first, those without last.

    Of one day, by public id: the place says nothing of when or how a record was published.
    """
    return (_LAST_DAY - day_number(decided_on)) << _ID_BITS | _id_bits(public_id)


def order_bounds(first: int, last: int) -> tuple[int, int]:
    """Return the places between which the records of some days are, both numbered and inclusive."""
    return (_LAST_DAY - last) << _ID_BITS, (_LAST_DAY - first + 1) << _ID_BITS


def name_order(folded: str, parts: NameParts, document: NameDocument) -> int:
    """Return the place of a folded name among all, ascending: closest to its core first.

    Branches come after companies; then short cores before long ones, where a joint stock company
    counts as three characters closer, since a short name mostly means the large company; then
    short names, current names, and those with more on record.
    """
    weight = parts.core_length + (0 if parts.joint_stock else _JOINT_STOCK_WORTH)
    place = int(parts.branch)
    for value, bits in (
        (weight, _WEIGHT_BITS),
        (len(folded), _LENGTH_BITS),
        (not document.current, 1),
        (-document.records - 1, _RECORDS_BITS),
    ):
        place = place << bits | _within(value, bits)
    return place << _NAME_ID_BITS | _id_bits(document.public_id, _NAME_ID_BITS)


def name_weight(order: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return of places of names how far they are from their cores, as `name_order` weighs it."""
    return order >> _WEIGHT_AT & ((1 << _WEIGHT_BITS) - 1)


def is_branch_order(order: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell of places of names which are those of branches."""
    branches: npt.NDArray[np.bool_] = order >> (_WEIGHT_AT + _WEIGHT_BITS) == 1
    return branches


def _within(value: int, bits: int) -> int:
    """Return a number cut to what so many bits hold; a negative one counts down from the top."""
    top = (1 << bits) - 1
    return min(value, top) if value >= 0 else max(top + 1 + value, 0)


def _id_bits(public_id: str, bits: int = _ID_BITS) -> int:
    text = public_id.encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - bits)


def document_term(text: str) -> str:
    """Return a document number as the index knows it: folded, without unprintable characters."""
    return _printable(fold_document_number(text))


def document_terms(texts: Sequence[str]) -> list[str]:
    """Return each document number as the index knows it."""
    return list(map(_printable, fold_document_numbers(texts)))


def _printable(folded: str) -> str:
    if folded.isprintable():
        return folded
    return "".join(c for c in folded if unicodedata.category(c) not in ("Cc", "Cs"))


def region_terms(region: str) -> list[str]:
    """Return the terms of a region: its province, prefecture and county prefixes."""
    return [region[:digits] for digits in REGION_LEVELS if len(region) >= digits]


def day_number(day: date | None) -> int:
    """Return a day's number in the index, 0 for no day."""
    return day.toordinal() if day is not None else 0
