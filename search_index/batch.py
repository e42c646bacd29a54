"""Documents of one index column by column, in the order in which a segment will number them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from operator import attrgetter

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from portal.identifiers import fold_code
from portal.records import SubjectKind
from search_index import schema
from search_index.codec import numbers_of
from search_index.company_name import bare, parts_of
from search_index.schema import NameDocument, RecordDocument, day_number, term_bytes
from search_index.segment_reader import SegmentReader
from search_index.text import DECIMAL_POINT, SEPARATOR, fold_all


@dataclass(frozen=True, slots=True)
class GivenTerms:
    """Terms of one field: `values[n]` stands in the document `owners[n]`. Empty ones count not."""

    values: Sequence[str]
    owners: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some documents: terms by field, columns of 32 bits, places among all, folded texts.

    `grammed` tells of which documents the n-grams of the text are indexed.
    """

    terms: Mapping[str, GivenTerms]
    numbers: Mapping[str, npt.NDArray[np.int32]]
    order: npt.NDArray[np.int64]
    texts: Sequence[str]
    grammed: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.order)


def of_names(documents: Collection[NameDocument]) -> Batch:
    """Fold names, and return them column by column."""
    folded = [
        text.replace(DECIMAL_POINT, "") for text in fold_all([each.name for each in documents])
    ]
    parts = list(map(parts_of, folded))
    plain = list(map(bare, folded))
    known = [each.kind is not SubjectKind.PERSON for each in documents]
    order = map(schema.name_order, folded, parts, documents)
    return Batch(
        terms={
            schema.EXACT: _one_each(folded),
            schema.BARE: _one_each(
                [name if shown else "" for name, shown in zip(plain, known, strict=True)]
            ),
            schema.CODE: _several(map(fold_code, each.codes) for each in documents),
            schema.KIND: _one_each([each.kind.value for each in documents]),
        },
        numbers={
            schema.CORE: _column(each.start for each in parts),
            schema.CURRENT: _column(each.current for each in documents),
            schema.ROW: _column(map(attrgetter("row"), documents)),
            schema.UNTIL: _days(map(attrgetter("until"), documents)),
        },
        order=np.fromiter(order, np.int64, len(documents)),
        texts=folded,
        grammed=np.array(known, dtype=np.bool_),
    )


def of_records(documents: Collection[RecordDocument]) -> Batch:
    """Fold what is searched of records, and return them column by column.

    A natural person's record gets no text at all: only its person's full name, a filter-free
    total or its document number leads to it.
    """
    known = [each.kind is not SubjectKind.PERSON for each in documents]
    numbers = _several(each.documents for each in documents)
    return Batch(
        terms={
            schema.KIND: _one_each([each.kind.value for each in documents]),
            schema.CLASS: _one_each([each.class_code for each in documents]),
            schema.LIST: _one_each([each.list_code for each in documents]),
            schema.AUTHORITY: _one_each([each.authority for each in documents]),
            schema.REGION: _several(schema.region_terms(each.region) for each in documents),
            schema.DOCUMENT: GivenTerms(schema.document_terms(numbers.values), numbers.owners),
        },
        numbers={
            schema.ROW: _column(map(attrgetter("row"), documents)),
            schema.ENTITY: _column(map(attrgetter("entity_row"), documents)),
            schema.DECIDED: _days(map(attrgetter("decided_on"), documents)),
            schema.UNTIL: _days(map(attrgetter("until"), documents)),
        },
        order=np.fromiter(
            (schema.record_order(each.decided_on, each.public_id) for each in documents),
            np.int64,
            len(documents),
        ),
        texts=_joined_texts(
            [each.texts if shown else () for each, shown in zip(documents, known, strict=True)]
        ),
        grammed=np.array(known, dtype=np.bool_),
    )


def of_segment(segment: SegmentReader, gone: BitMap) -> Batch:
    """Return the documents of a written segment, without those that are gone."""
    kept = np.ones(segment.count, dtype=np.bool_)
    kept[numbers_of(gone)] = False
    renumbered = np.cumsum(kept) - 1
    persons = np.zeros(segment.count, dtype=np.bool_)
    kind = term_bytes(SubjectKind.PERSON.value)
    persons[numbers_of(segment.terms.bitmap(schema.KIND, kind))] = True
    places = np.flatnonzero(kept).tolist()
    texts = segment.texts.all()
    return Batch(
        terms={
            field: _of_written(segment, field, kept, renumbered)
            for field in segment.terms.indexed_field_names()
            if field not in schema.GRAM_FIELDS
        },
        numbers={name: segment.numbers(name)[kept] for name in segment.number_columns()},
        order=segment.order()[kept],
        texts=[texts[place] for place in places],
        grammed=~persons[kept],
    )


def in_order(batches: Sequence[Batch]) -> Batch:
    """Return all documents of some batches, in the order of their places."""
    first = np.cumsum([0, *map(len, batches)])
    order = np.concatenate([batch.order for batch in batches])
    places = np.argsort(order, kind="stable")
    number = np.empty(len(places), dtype=np.int64)
    number[places] = np.arange(len(places))
    listed = places.tolist()
    texts = list(chain.from_iterable(batch.texts for batch in batches))
    return Batch(
        terms={
            field: _together(
                [
                    (b.terms[field], at)
                    for b, at in zip(batches, first, strict=False)
                    if field in b.terms
                ],
                number,
            )
            for field in sorted({field for batch in batches for field in batch.terms})
        },
        numbers={
            name: np.concatenate([batch.numbers[name] for batch in batches])[places]
            for name in batches[0].numbers
        },
        order=order[places],
        texts=[texts[place] for place in listed],
        grammed=np.concatenate([batch.grammed for batch in batches])[places],
    )


def _together(
    given: Sequence[tuple[GivenTerms, np.int64]], number: npt.NDArray[np.int64]
) -> GivenTerms:
    values = list(chain.from_iterable(terms.values for terms, _ in given))
    owners = np.concatenate([terms.owners + at for terms, at in given])
    return GivenTerms(values, number[owners])


def _of_written(
    segment: SegmentReader,
    field: str,
    kept: npt.NDArray[np.bool_],
    renumbered: npt.NDArray[np.int64],
) -> GivenTerms:
    values: list[str] = []
    owners = [np.empty(0, dtype=np.int64)]
    for term, info in segment.terms.postings_of(field):
        documents = numbers_of(segment.terms.read(info))
        left = renumbered[documents[kept[documents]]]
        values += [schema.term_text(term)] * len(left)
        owners.append(left)
    return GivenTerms(values, np.concatenate(owners))


def _one_each(values: Sequence[str]) -> GivenTerms:
    return GivenTerms(values, np.arange(len(values)))


def _several(values: Iterable[Iterable[str]]) -> GivenTerms:
    listed = [tuple(each) for each in values]
    counts = np.fromiter(map(len, listed), np.int64, len(listed))
    return GivenTerms(list(chain.from_iterable(listed)), np.repeat(np.arange(len(listed)), counts))


def _column(values: Iterable[int]) -> npt.NDArray[np.int32]:
    return np.fromiter(values, dtype=np.int32)


def _days(values: Iterable[date | None]) -> npt.NDArray[np.int32]:
    return _column(map(day_number, values))


def _joined_texts(texts: Sequence[Sequence[str]]) -> list[str]:
    folded = iter(fold_all(list(chain.from_iterable(texts))))
    joined = []
    for each in texts:
        pieces = [next(folded) for _ in each]
        joined.append(SEPARATOR.join(filter(None, pieces)))
    return joined
