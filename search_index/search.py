"""Search an open index: terms and filters in, database rows and totals out.

Every read starts from what is visible on the given day. Natural persons are found by their exact
full name or by a record's exact document number, never by a fragment, a text or a filter.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap
from whoosh.query import Query

from portal.identifiers import fold_code
from portal.records import SubjectKind
from search_index import ranking, schema
from search_index.codec import DocumentNumbers, numbers_of
from search_index.executor import IndexView, mask_bitmap, rows_mask
from search_index.facets import FACET_FIELDS, Facets
from search_index.matching import EntityGroup, Matcher
from search_index.query import (
    Filters,
    SearchTerms,
    code_query,
    document_query,
    exact_name_query,
    filter_query,
)
from search_index.ranking import RecordSet, in_order

FACET_VALUES = 50
"""So many values of a facet are reported, the largest."""

Sort = ranking.Sort
Want = Literal["all", "entity", "record"]
FacetField = Literal["class", "list", "authority", "region"]
DayColumn = Literal["decided", "until"]
Match = Literal["exact_code", "exact_name", "former_name", "doc_no", "contains", "text", "filter"]

_NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: the database row of an entity or a record, and why it was found."""

    kind: Literal["entity", "record"]
    row: int
    match: Match


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page of results, and what there is in all.

    `exact_total` counts entities found by code, exact or former name, `contains_total` those
    whose name contains the words, `record_total` the records. If not `total_exact`, the latter
    two and `facets` are upper bounds. `facets` maps each field to (value, count), largest first.
    """

    hits: tuple[Hit, ...]
    exact_total: int
    contains_total: int
    record_total: int
    total_exact: bool
    facets: Mapping[str, tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class _Matched:
    """Records that match, why they do, and those of them found by document number."""

    found: RecordSet
    match: Match
    by_number: BitMap


@dataclass(frozen=True, slots=True)
class _Page:
    """The records of a page, and all matching ones in order (not `exact`: perhaps some more)."""

    hits: tuple[Hit, ...]
    documents: DocumentNumbers
    exact: bool


@dataclass(frozen=True, slots=True)
class _Scope:
    """What one question may see.

    `records` pass day and filters, `public` are those of them that are not a natural person's,
    `names` are visible names of entities with such a record, `visible_names` whatever the filters.
    """

    records: BitMap
    public: BitMap
    names: BitMap
    visible_names: BitMap


class SearchIndex:
    """Both indexes of a snapshot, open for reading; one object serves all threads."""

    def __init__(self, names: IndexView, records: IndexView) -> None:
        """Use `open`."""
        self._names, self._records = names, records
        self._matcher = Matcher(names, records)
        self._facets = Facets(records)
        self._hidden = BitMap()
        self._unfiltered = lru_cache(maxsize=3)(self._scope_of_all)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index in a folder, memory-mapped.

        Raises SnapshotError if it is missing, damaged or of another version.
        """
        names = IndexView(folder, schema.NAMES, schema.NAME_NUMBERS)
        try:
            records = IndexView(folder, schema.RECORDS, schema.RECORD_NUMBERS)
        except BaseException:
            names.close()
            raise
        return cls(names, records)

    def close(self) -> None:
        """Close the files, when no thread reads any more. Closing twice is harmless."""
        self._names.close()
        self._records.close()

    def hide(self, rows: Collection[int]) -> None:
        """Never show the records of these database rows; called before the first search."""
        if rows:
            hidden = np.isin(self._records.column(schema.ROW), np.fromiter(rows, np.int64))
            self._hidden = mask_bitmap(hidden)
            self._unfiltered.cache_clear()

    def search(
        self,
        terms: SearchTerms,
        filters: Filters,
        today: date,
        *,
        want: Want,
        sort: Sort,
        offset: int,
        limit: int,
    ) -> SearchResult:
        """Answer one question: entities first, exact before containing, then records.

        `offset` and `limit` run over that one list (`want` narrows it to entities or records,
        totals stay); `sort` orders the records, where those without a date come last. Without
        terms there are only records, found by the filters. Raises ValueError for a negative
        offset or limit.
        """
        if offset < 0 or limit < 0:
            raise ValueError("offset and limit are not negative")
        scope = self._scope(filters, today)
        exact = self._exact_entities(terms, scope.names)
        by_code = self._named(code_query(terms.code), scope.visible_names)
        found = EntityGroup([], 0, True)
        if not by_code:
            need = 0 if want == "record" else offset + limit
            found = self._matcher.entities(terms, scope.names, list(exact), need)
        rows = [] if want == "record" else [*exact, *found.rows][offset : offset + limit]
        hits = [Hit("entity", row, exact.get(row, "contains")) for row in rows]
        # Where not all entities were checked, they fill the page: no record needs their number.
        before = 0 if want == "record" else len(exact) + found.total
        records = self._matching(terms, scope, list(exact), by_code)
        page = self._page(
            records, sort, max(offset - before, 0), 0 if want == "entity" else limit - len(hits)
        )
        return SearchResult(
            hits=(*hits, *page.hits),
            exact_total=len(exact),
            contains_total=found.total,
            record_total=len(page.documents),
            total_exact=found.exact and page.exact,
            facets={
                field: tuple(self._facets.count(field, page.documents).items())[:FACET_VALUES]
                for field in FACET_FIELDS
            },
        )

    def entities_by_code(self, code: str, today: date) -> tuple[int, ...]:
        """Return the rows of visible entities that a code leads to, however it is spelled."""
        names = self._scope(_NO_FILTERS, today).names
        return tuple(self._matcher.rows_of(self._named(code_query(fold_code(code)), names)))

    def count_by(self, field: FacetField, filters: Filters, today: date) -> dict[str, int]:
        """Return how many visible records, persons' included, have each value, largest first."""
        return self._facets.count(field, numbers_of(self._scope(filters, today).records))

    def count_days(
        self, field: FacetField, column: DayColumn, today: date
    ) -> dict[str, dict[date, int]]:
        """Return value → day of a column → how many visible records have both, days in order."""
        documents = numbers_of(self._scope(_NO_FILTERS, today).records)
        found = self._facets.count_days(field, self._records.column(column), documents)
        return {
            value: {date.fromordinal(day): count for day, count in days.items()}
            for value, days in found.items()
        }

    def entity_rows(self, filters: Filters, today: date) -> list[int]:
        """Return the rows of entities that have a visible record which passes, in their order."""
        mask = self._entity_mask(self._scope(filters, today).records)
        rows: list[int] = np.flatnonzero(mask).tolist()
        return rows

    def visible_entities(self, today: date) -> int:
        """Return how many entities have a record that is visible."""
        records = self._scope(_NO_FILTERS, today).records
        return int(np.count_nonzero(self._entity_mask(records)))

    def _scope(self, filters: Filters, today: date) -> _Scope:
        everything: _Scope = self._unfiltered(today)
        if filters == _NO_FILTERS:
            return everything
        records = everything.records & self._records.evaluate(filter_query(filters))
        return self._scope_of(records, everything.visible_names)

    def _scope_of_all(self, today: date) -> _Scope:
        records = self._records.visible(today) - self._hidden
        return self._scope_of(records, self._names.visible(today))

    def _scope_of(self, records: BitMap, visible_names: BitMap) -> _Scope:
        persons = self._records.bitmap(schema.KIND, SubjectKind.PERSON.value)
        shown = mask_bitmap(self._entity_mask(records)[self._matcher.name_rows])
        return _Scope(records, records - persons, visible_names & shown, visible_names)

    def _entity_mask(self, records: BitMap) -> npt.NDArray[np.bool_]:
        return rows_mask(self._matcher.record_entities, records, self._matcher.size)

    def _named(self, query: Query, names: BitMap) -> BitMap:
        return self._names.evaluate(query) & names

    def _exact_entities(self, terms: SearchTerms, names: BitMap) -> dict[int, Match]:
        """Return entity rows by code, by current and by former name, in this order."""
        by_name = self._named(exact_name_query(terms.name), names)
        current = mask_bitmap(self._names.column(schema.CURRENT) > 0) if by_name else BitMap()
        groups: tuple[tuple[Match, BitMap], ...] = (
            ("exact_code", self._named(code_query(terms.code), names)),
            ("exact_name", by_name & current),
            ("former_name", by_name - current),
        )
        found: dict[int, Match] = {}
        for match, documents in groups:
            for row in self._matcher.rows_of(documents):
                found.setdefault(row, match)
        return found

    def _matching(
        self, terms: SearchTerms, scope: _Scope, exact: list[int], by_code: BitMap
    ) -> _Matched:
        """Return the records of the question.

        By filters if nothing is asked; those of the entity if a code is known; else those that
        contain the words, and all of entities found by their exact name. A document number adds
        the records that carry it.
        """
        if terms.blank:
            return _Matched(RecordSet(scope.public), "filter", BitMap())
        by_number = self._records.evaluate(document_query(terms.document)) & scope.records
        if by_code:
            records = self._records_of(self._matcher.rows_of(by_code)) & scope.records
            return _Matched(RecordSet(records | by_number), "exact_code", by_number)
        found = self._matcher.matching_records(terms, scope.public, scope.visible_names)
        certain = (self._records_of(exact) & scope.records) | by_number
        return _Matched(found.with_certain(certain), "text", by_number)

    def _records_of(self, rows: list[int]) -> BitMap:
        if not rows:
            return BitMap()
        mask = np.zeros(self._matcher.size, dtype=np.bool_)
        mask[rows] = True
        return self._matcher.records_of(mask)

    def _page(self, matched: _Matched, sort: Sort, start: int, count: int) -> _Page:
        days = self._records.column(schema.DECIDED)
        order = in_order(matched.found.possible, matched.by_number, sort, days)
        sifted = matched.found.sifted(order, start + count)
        documents = sifted.possible
        rows = self._records.column(schema.ROW)
        hits = tuple(
            Hit("record", int(rows[n]), "doc_no" if n in matched.by_number else matched.match)
            for n in documents[start : start + count].tolist()
        )
        return _Page(hits, documents, sifted.exact)
