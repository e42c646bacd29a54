"""Whoosh as it comes: its own writer, fields, filters, sorting and groups.

Its n-gram fields have no positions: a text that has all pairs of a phrase somewhere counts as a
hit, so totals may be too large.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Self

from whoosh import fields, index, query, sorting
from whoosh.writing import IndexWriter

from benchmarks.city import Subject
from benchmarks.engines.bigrams import pairs, record_text
from benchmarks.engines.engine import FACETS, PAGE, Answer, Question, largest
from search_index.company_name import parts_of
from search_index.query import Filters
from search_index.schema import name_order, record_order
from search_index.text import fold_name

_BITS = 64


def _number(bits: int = 32) -> fields.NUMERIC:
    # Signed: ranges of an unsigned field find too much when one end is far off.
    return fields.NUMERIC(int, bits=bits, sortable=True)


def _common() -> dict[str, fields.FieldType]:
    return {
        "text": fields.NGRAM(minsize=2, maxsize=2),
        "until": _number(),
        "place": _number(_BITS),
        "row": fields.STORED(),
    }


class WhooshPlain:
    """Two stock indexes, of names and of records."""

    def __init__(self, names: index.FileIndex, records: index.FileIndex, today: date) -> None:
        """Use `open`."""
        self._indexes = names, records
        self._names, self._records = names.searcher(), records.searcher()
        self._public = query.NumericRange("until", today.toordinal(), None)

    @classmethod
    def build(cls, folder: Path, subjects: Iterable[Subject]) -> None:
        """Write both indexes."""
        names = fields.Schema(**_common(), code=fields.ID())
        keywords = {facet: fields.ID(sortable=True) for facet in FACETS}
        records = fields.Schema(**_common(), **keywords, decided=_number())
        writers = [
            index.create_in(str(folder), each, indexname=name).writer(limitmb=256)
            for name, each in (("names", names), ("records", records))
        ]
        for subject in subjects:
            _add(subject, *writers)
        for writer in writers:
            writer.commit()

    @classmethod
    def open(cls, folder: Path, today: date) -> Self:
        """Open both indexes."""
        names, records = (index.open_dir(str(folder), name) for name in ("names", "records"))
        return cls(names, records, today)

    def answer(self, question: Question) -> Answer:
        """Answer a question."""
        grams = [query.Term("text", gram) for word in question.words for gram in pairs(word)]
        match question.seek:
            case "records":
                return self._answer_records(question, grams)
            case "code":
                found = self._search(self._names, query.Term("code", question.text))
            case "name":
                found = self._search(self._names, query.And(grams))
            case _:
                found = self._names.search(query.Or(grams), limit=PAGE, filter=self._public)
        return Answer(len(found), [hit["row"] for hit in found])

    def close(self) -> None:
        """Close both indexes."""
        for searcher in (self._names, self._records):
            searcher.close()
        for each in self._indexes:
            each.close()

    def _answer_records(self, question: Question, grams: list[query.Query]) -> Answer:
        groups: dict[str, Any] = {}
        if question.facets:
            groups = {"groupedby": list(FACETS), "maptype": sorting.Count}
        narrowed = _narrowed(question.filters)
        wanted = query.And([*grams, *narrowed]) if grams or narrowed else query.Every()
        found = self._search(self._records, wanted, **groups)
        facets = {facet: largest(found.groups(facet)) for facet in FACETS} if groups else {}
        return Answer(len(found), [hit["row"] for hit in found], facets)

    def _search(self, searcher: Any, wanted: query.Query, **groups: Any) -> Any:
        return searcher.search(
            wanted, limit=PAGE, filter=self._public, sortedby="place", scored=False, **groups
        )


def _add(subject: Subject, names: IndexWriter, records: IndexWriter) -> None:
    folded = fold_name(subject.name.name)
    names.add_document(
        text=folded,
        code=subject.uscc,
        until=subject.name.until.toordinal(),
        place=name_order(folded, parts_of(folded), subject.name),
        row=subject.name.row,
    )
    for record in subject.records:
        records.add_document(
            text=record_text(subject, record),
            **{
                "class": record.class_code,
                "list": record.list_code or None,
                "authority": record.authority,
                "region": record.region,
            },
            decided=record.decided_on.toordinal() if record.decided_on else None,
            until=record.until.toordinal(),
            place=record_order(record.decided_on, record.public_id),
            row=record.row,
        )


def _narrowed(filters: Filters) -> list[query.Query]:
    terms = {
        "class": filters.class_code,
        "list": filters.list_code,
        "authority": filters.authority,
        "region": filters.region,
    }
    found: list[query.Query] = [query.Term(name, value) for name, value in terms.items() if value]
    if filters.decided_from or filters.decided_to:
        first, last = filters.decided_from or date.min, filters.decided_to or date.max
        found.append(query.NumericRange("decided", first.toordinal(), last.toordinal()))
    return found
