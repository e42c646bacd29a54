"""tantivy over pairs of characters with positions; fast fields for filters, order and facets."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Self

from tantivy import Document, FieldType, Index, Occur, Order, Query, Schema, SchemaBuilder, Searcher

from benchmarks.city import Subject
from benchmarks.engines.bigrams import pairs, record_text, spaced
from benchmarks.engines.engine import FACETS, PAGE, Answer, Question, all_facets
from search_index.company_name import parts_of
from search_index.query import Filters
from search_index.schema import name_order, record_order
from search_index.text import fold_name

_HEAP = 256_000_000
_MOST_VALUES = 1000
_COUNTED = {facet: {"terms": {"field": facet, "size": _MOST_VALUES}} for facet in FACETS}


def _schema(terms: Sequence[str], numbers: Sequence[str], *, fast: bool) -> Schema:
    builder = SchemaBuilder().add_text_field("text", tokenizer_name="whitespace")
    for name in terms:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=fast)
    for name in (*numbers, "until", "place", "row"):
        builder.add_unsigned_field(name, fast=True)
    return builder.build()


_NAMES = _schema(["code"], [], fast=False)
_RECORDS = _schema(FACETS, ["decided"], fast=True)


class TantivyBigrams:
    """Two indexes, of names and of records."""

    def __init__(self, names: Index, records: Index, today: date) -> None:
        """Use `open`."""
        self._names, self._records = names.searcher(), records.searcher()
        self._today = today

    @classmethod
    def build(cls, folder: Path, subjects: Iterable[Subject]) -> None:
        """Write both indexes, with one thread each."""
        writers = []
        for name, schema in (("names", _NAMES), ("records", _RECORDS)):
            (folder / name).mkdir()
            writers.append(Index(schema, str(folder / name)).writer(_HEAP, num_threads=1))
        names, records = writers
        for subject in subjects:
            names.add_document(_name_document(subject))
            for document in _record_documents(subject):
                records.add_document(document)
        for writer in writers:
            writer.commit()
            writer.wait_merging_threads()

    @classmethod
    def open(cls, folder: Path, today: date) -> Self:
        """Open both indexes."""
        return cls(Index.open(str(folder / "names")), Index.open(str(folder / "records")), today)

    def answer(self, question: Question) -> Answer:
        """Answer a question."""
        if question.seek == "records":
            return self._answer_records(question)
        match question.seek:
            case "code":
                found = [Query.term_query(_NAMES, "code", question.text)]
            case "name":
                found = _phrases(_NAMES, question)
            case _:
                found = [_any_pair(question)]
        wanted = _all_of([*found, _days(_NAMES, "until", self._today, None)])
        return _answer(self._names, wanted, ranked=question.seek == "misspelt")

    def close(self) -> None:
        """Nothing to close: tantivy closes its files when nobody holds them."""

    def _answer_records(self, question: Question) -> Answer:
        parts = _phrases(_RECORDS, question) + _narrowed(question.filters)
        wanted = _all_of([*parts, _days(_RECORDS, "until", self._today, None)])
        facets: list[tuple[str, str, int]] = []
        if question.facets:
            counted = self._records.aggregate(wanted, _COUNTED)
            facets = [
                (facet, bucket["key"], bucket["doc_count"])
                for facet in FACETS
                for bucket in counted[facet]["buckets"]
            ]
        found = _answer(self._records, wanted, ranked=False)
        return Answer(found.total, found.rows, all_facets(facets) if question.facets else {})


def _answer(searcher: Searcher, wanted: Query, *, ranked: bool) -> Answer:
    if ranked:
        found: Any = searcher.search(wanted, PAGE)
    else:
        found = searcher.search(wanted, PAGE, order_by_field="place", order=Order.Asc)
    addresses = [address for _, address in found.hits]
    rows = [int(row or 0) for row in searcher.fast_field_values("row", addresses)]
    return Answer(found.count, rows)


def _all_of(queries: Sequence[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def _phrases(schema: Schema, question: Question) -> list[Query]:
    found = []
    for word in question.words:
        parts = pairs(word)
        if len(parts) == 1:
            found.append(Query.term_query(schema, "text", parts[0]))
        else:
            found.append(Query.phrase_query(schema, "text", list(parts)))
    return found


def _any_pair(question: Question) -> Query:
    terms = [pair for word in question.words for pair in pairs(word)]
    return Query.boolean_query(
        [(Occur.Should, Query.term_query(_NAMES, "text", term)) for term in terms]
    )


def _narrowed(filters: Filters) -> list[Query]:
    terms = {
        "class": filters.class_code,
        "list": filters.list_code,
        "authority": filters.authority,
        "region": filters.region,
    }
    found = [Query.term_query(_RECORDS, name, value) for name, value in terms.items() if value]
    if filters.decided_from or filters.decided_to:
        found.append(_days(_RECORDS, "decided", filters.decided_from, filters.decided_to))
    return found


def _days(schema: Schema, field: str, first: date | None, last: date | None) -> Query:
    return Query.range_query(
        schema,
        field,
        FieldType.Unsigned,
        lower_bound=(first or date.min).toordinal(),
        upper_bound=(last or date.max).toordinal(),
    )


def _name_document(subject: Subject) -> Document:
    name, folded = subject.name, fold_name(subject.name.name)
    document = Document()
    document.add_text("text", spaced(folded))
    document.add_text("code", subject.uscc)
    document.add_unsigned("until", name.until.toordinal())
    document.add_unsigned("place", name_order(folded, parts_of(folded), name))
    document.add_unsigned("row", name.row)
    return document


def _record_documents(subject: Subject) -> Iterable[Document]:
    for record in subject.records:
        document = Document()
        document.add_text("text", spaced(record_text(subject, record)))
        document.add_text("class", record.class_code)
        if record.list_code:
            document.add_text("list", record.list_code)
        document.add_text("authority", record.authority)
        document.add_text("region", record.region)
        if record.decided_on:
            document.add_unsigned("decided", record.decided_on.toordinal())
        document.add_unsigned("until", record.until.toordinal())
        document.add_unsigned("place", record_order(record.decided_on, record.public_id))
        document.add_unsigned("row", record.row)
        yield document
