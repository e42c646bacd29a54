"""Search an open index: terms and filters in, database rows and totals out.

Every read starts from what is visible on the given day. Natural persons are found by their exact
full name or by a record's exact document number, never by a fragment, a text or a filter.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from pyroaring import BitMap

from portal.identifiers import fold_code
from portal.records import SubjectKind
from search_index import schema
from search_index.answers import (
    DayColumn,
    FacetField,
    Hit,
    Match,
    SearchResult,
    Sort,
    Subjects,
    Want,
)
from search_index.codec import bitmap_of, numbers_of
from search_index.executor import IndexView, mask_bitmap
from search_index.facets import Facets
from search_index.matching import EntityGroup, Matcher
from search_index.query import (
    Filters,
    SearchTerms,
    code_query,
    document_query,
    exact_name_query,
    filter_query,
)
from search_index.ranking import Page, RecordSet, page_of
from search_index.scope import Scope
from search_index.similar import SimilarNames
from search_index.spelled_in_letters import spelled_in_letters

FACET_VALUES = 50
"""So many values of a facet are reported, the largest."""

SIMILAR_BELOW = 10
"""Where fewer entities are found, and none of them exactly, similar ones are offered too."""

RESTS_AFTER = 32
"""After so many questions the pages that were read are given back to the system."""

SCOPES_KEPT = 12
"""So many pairs of filters and day are remembered: of any filters, and of what nearly all ask."""

_NO_FILTERS = Filters()
_NO_ENTITIES = EntityGroup([], 0)
_ORGANISATIONS = Filters(kind=SubjectKind.ORGANIZATION)


@dataclass(frozen=True, slots=True)
class _Matched:
    """Records that match, why they do, and those of them found by document number."""

    found: RecordSet
    match: Match
    by_number: BitMap


class SearchIndex:
    """Both indexes of a snapshot, open for reading; one object serves all threads."""

    def __init__(self, names: IndexView, records: IndexView) -> None:
        """Use `open`."""
        self._names, self._records = names, records
        self._matcher = Matcher(names, records)
        self._similar = SimilarNames(self._matcher)
        self._facets = Facets(records)
        self._hidden = BitMap()
        self._asked = 0
        self._narrowed = lru_cache(maxsize=SCOPES_KEPT)(self._scope_of)
        self._usual = lru_cache(maxsize=SCOPES_KEPT)(self._scope_of)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index in a folder, memory-mapped.

        Raises SnapshotError if it is missing, damaged or of another version.
        """
        names = IndexView(folder, schema.NAMES)
        try:
            records = IndexView(folder, schema.RECORDS)
        except BaseException:
            names.close()
            raise
        return cls(names, records)

    def close(self) -> None:
        """Close the files, when no thread reads any more. Closing twice is harmless."""
        self._similar.close()
        self._matcher.table.close()
        self._names.close()
        self._records.close()

    def hide(self, rows: Collection[int]) -> None:
        """Never show the records of these database rows; called before the first search."""
        if rows:
            hidden = np.isin(self._records.column(schema.ROW), np.fromiter(rows, np.int64))
            self._hidden = mask_bitmap(hidden)
            self._usual.cache_clear()
            self._narrowed.cache_clear()

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
        facets: bool = True,
    ) -> SearchResult:
        """Answer one question: entities exact, containing, similar, in this order, then records.

        `offset` and `limit` run over that one list (`want` narrows it to entities or records,
        totals stay); `sort` orders the records, where those without a date come last. Without
        terms there are only records, found by the filters. Raises ValueError for a negative
        offset or limit.
        """
        if offset < 0 or limit < 0:
            raise ValueError("offset and limit are not negative")
        self._rest_now_and_then()
        scope = self._scopes(filters, today)
        subjects = self._subjects(terms, scope, 0 if want == "record" else offset + limit)
        entities = () if want == "record" else subjects.hits
        hits = entities[offset : offset + limit]
        records = self._matching(terms, scope, subjects)
        page = page_of(
            self._records,
            records.found,
            records.by_number,
            sort,
            start=max(offset - (0 if want == "record" else subjects.total), 0),
            count=0 if want == "entity" else limit - len(hits),
        )
        return SearchResult(
            hits=(*hits, *self._record_hits(records, page)),
            exact_total=len(subjects.exact),
            contains_total=subjects.contains_total,
            similar_total=subjects.similar_total,
            record_total=len(page.documents),
            total_exact=page.exact,
            facets=self._facets_of(page) if facets else {},
        )

    def subjects(self, terms: SearchTerms, filters: Filters, today: date, limit: int) -> Subjects:
        """Answer the part of a question that asks for entities; at least `limit` hits if any."""
        self._rest_now_and_then()
        return self._subjects(terms, self._scopes(filters, today), limit)

    def _subjects(self, terms: SearchTerms, scope: Scope, need: int) -> Subjects:
        """Return the entities of a question, similar ones only where `need` is not 0."""
        by_code = self._names.evaluate(code_query(terms.code))
        visible_code = by_code & scope.visible_names if by_code else by_code
        exact = self._exact_entities(terms, scope, by_code)
        if visible_code:
            return Subjects(exact, self._rows_of(visible_code), _NO_ENTITIES, ())
        enough = max(need, SIMILAR_BELOW) if need else 0
        found = self._matcher.entities(terms.name_words, scope, list(exact), enough)
        if not need or exact or found.total >= SIMILAR_BELOW or self._by_number(terms, scope):
            return Subjects(exact, [], found, ())
        near = self._similar.find(terms.name_words, scope, only_parts=bool(found.rows))
        return Subjects(exact, [], found, tuple(x for x in near if x.row not in found.rows))

    def _rest_now_and_then(self) -> None:
        """Keep what is read of the files from counting as this process's own memory."""
        self._asked += 1
        if self._asked % RESTS_AFTER == 0:
            self._names.rest()
            self._records.rest()

    def _facets_of(self, page: Page) -> Mapping[str, tuple[tuple[str, int], ...]]:
        found = self._facets.count_all(page.documents)
        return {field: tuple(values.items())[:FACET_VALUES] for field, values in found.items()}

    def entities_by_code(self, code: str, today: date) -> tuple[int, ...]:
        """Return the rows of visible entities that a code leads to, however it is spelled."""
        names = self._names.evaluate(code_query(fold_code(code)))
        return tuple(self._rows_of(self._scopes(_NO_FILTERS, today).named(names)))

    def suggest(self, terms: SearchTerms, today: date, limit: int) -> tuple[int, ...]:
        """Return rows of visible organisations whose name a reader may be typing.

        That of a code, else names that contain the words, those that start with the first one
        before the others; names that the letters spell in pinyin where there are none.
        """
        scope = self._scopes(_ORGANISATIONS, today)
        rows = self._rows_of(scope.named(self._names.evaluate(code_query(terms.code))))
        if not rows:
            rows = self._matcher.entities(terms.name_words, scope, [], limit).rows
        if not rows:
            names = spelled_in_letters(self._matcher, terms.name_words, scope)
            rows = list(dict.fromkeys(self._names.documents.rows[names].tolist()))
        return tuple(rows[:limit])

    def count_by(self, field: FacetField, filters: Filters, today: date) -> dict[str, int]:
        """Return how many visible records, persons' included, have each value, largest first."""
        return self._facets.count(field, numbers_of(self._scopes(filters, today).records))

    def count_days(
        self, field: FacetField, column: DayColumn, today: date
    ) -> dict[str, dict[date, int]]:
        """Return value → day of a column → how many visible records have both, days in order."""
        documents = numbers_of(self._scopes(_NO_FILTERS, today).records)
        found = self._facets.count_days(field, self._records.column(column), documents)
        return {
            value: {date.fromordinal(day): count for day, count in days.items()}
            for value, days in found.items()
        }

    def entity_rows(self, filters: Filters, today: date) -> list[int]:
        """Return the rows of entities that have a visible record which passes, in their order."""
        records = self._scopes(filters, today).records
        mask = self._records.documents.marked(numbers_of(records))
        rows: list[int] = np.flatnonzero(mask).tolist()
        return rows

    def visible_entities(self, today: date) -> int:
        """Return how many entities have a record that is visible."""
        records = self._scopes(_NO_FILTERS, today).records
        return int(np.count_nonzero(self._records.documents.marked(numbers_of(records))))

    def _scopes(self, filters: Filters, today: date) -> Scope:
        # Apart, so that rare filters never push out what nearly every question needs.
        kept = self._usual if filters in (_NO_FILTERS, _ORGANISATIONS) else self._narrowed
        return kept(filters, today)

    def _scope_of(self, filters: Filters, today: date) -> Scope:
        if filters == _NO_FILTERS:
            records = self._records.visible(today) - self._hidden
        else:
            every = self._scopes(_NO_FILTERS, today).records
            records = every & self._records.evaluate(filter_query(filters))
        scope = Scope(self._names, self._records, records, self._names.visible(today))
        if filters == _NO_FILTERS:
            _ = scope.names  # most questions need them: make them once
        return scope

    def _rows_of(self, names: BitMap) -> list[int]:
        """Return the distinct entity rows of a few names, in their order."""
        return self._matcher.rows_in_order(numbers_of(names), len(names))

    def _exact_entities(
        self, terms: SearchTerms, scope: Scope, by_code: BitMap
    ) -> dict[int, Match]:
        """Return entity rows by code, by current and by former name, in this order."""
        by_name = self._names.evaluate(exact_name_query(terms.name))
        found: dict[int, Match] = {}
        if by_code:
            found |= dict.fromkeys(self._rows_of(scope.named(by_code)), "exact_code")
        if by_name:
            current = self._names.column(schema.CURRENT)
            numbers = numbers_of(scope.named(by_name))
            kinds: tuple[tuple[Match, bool], ...] = (("exact_name", True), ("former_name", False))
            for match, kept in kinds:
                same = bitmap_of(numbers[(current[numbers] > 0) == kept])
                for row in self._rows_of(same):
                    found.setdefault(row, match)
        return found

    def _by_number(self, terms: SearchTerms, scope: Scope) -> BitMap:
        found = self._records.evaluate(document_query(terms.document))
        return found & scope.records if found else found

    def _matching(self, terms: SearchTerms, scope: Scope, subjects: Subjects) -> _Matched:
        """Return the records of the question.

        By filters if nothing is asked; those of the entity if a code is known; else those that
        contain the words, and all of entities found by their exact name. A document number adds
        the records that carry it.
        """
        if terms.blank:
            return _Matched(RecordSet(scope.public), "filter", BitMap())
        by_number = self._by_number(terms, scope)
        if subjects.coded:
            records = self._records_of(subjects.coded) & scope.records
            return _Matched(RecordSet(records | by_number), "exact_code", by_number)
        found = self._matcher.matching_records(terms, scope)
        certain = (self._records_of(list(subjects.exact)) & scope.records) | by_number
        return _Matched(found.with_certain(certain) if certain else found, "text", by_number)

    def _records_of(self, rows: Sequence[int]) -> BitMap:
        return self._records.documents.of(np.array(rows, dtype=np.int64)) if rows else BitMap()

    def _record_hits(self, matched: _Matched, page: Page) -> list[Hit]:
        rows = self._records.column(schema.ROW)
        return [
            Hit("record", int(rows[n]), "doc_no" if n in matched.by_number else matched.match)
            for n in page.shown.tolist()
        ]
