"""The rules of searching once more, document by document, as slowly and plainly as can be."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.identifiers import fold_code
from portal.records import SubjectKind
from search_index.answers import DayColumn, FacetField, Hit, Match, SearchResult, Sort, Want
from search_index.company_name import parts_of
from search_index.query import Filters, SearchTerms
from search_index.schema import (
    NameDocument,
    RecordDocument,
    document_term,
    name_order,
    record_order,
)
from search_index.text import fold, fold_name

PERSON = SubjectKind.PERSON


@dataclass(frozen=True)
class Library:
    names: Sequence[NameDocument]
    records: Sequence[RecordDocument]

    def _visible_records(self, filters: Filters, today: date) -> list[RecordDocument]:
        return [r for r in self.records if r.until >= today and passes(r, filters)]

    def visible_entities(self, today: date) -> int:
        return len({r.entity_row for r in self._visible_records(Filters(), today)})

    def count_by(self, field: FacetField, filters: Filters, today: date) -> dict[str, int]:
        counted = Counter(value_of(r, field) for r in self._visible_records(filters, today))
        return {value: count for value, count in counted.items() if value}

    def count_days(
        self, field: FacetField, column: DayColumn, today: date
    ) -> dict[str, dict[date, int]]:
        found: dict[str, dict[date, int]] = {}
        for record in self._visible_records(Filters(), today):
            value = value_of(record, field)
            day = record.decided_on if column == "decided" else record.until
            if value and day:
                days = found.setdefault(value, {})
                days[day] = days.get(day, 0) + 1
        return found

    def entity_rows(self, filters: Filters, today: date) -> list[int]:
        return sorted({r.entity_row for r in self._visible_records(filters, today)})

    def entities_by_code(self, code: str, today: date) -> set[int]:
        shown = {r.entity_row for r in self._visible_records(Filters(), today)}
        return {
            n.row
            for n in self.names
            if n.until >= today and n.row in shown and fold_code(code) in map(fold_code, n.codes)
        }

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
        scope = self._visible_records(filters, today)
        scope.sort(key=lambda r: record_order(r.decided_on, r.public_id))
        shown = {r.entity_row for r in scope}
        visible = [n for n in self.names if n.until >= today]
        visible.sort(key=lambda n: name_order(fold_name(n.name), parts_of(fold_name(n.name)), n))
        allowed = [n for n in visible if n.row in shown]
        exact = exact_entities(terms, allowed)
        coded = [n.row for n in visible if terms.code and terms.code in map(fold_code, n.codes)]
        contains = [] if coded else containing(terms, allowed, set(exact))
        found = matching(terms, scope, visible, set(exact), set(coded))
        ordered = in_order(found, sort)
        entity_hits = [Hit("entity", row, match) for row, match in exact.items()]
        entity_hits += [Hit("entity", row, "contains") for row in contains]
        record_hits = [Hit("record", r.row, match) for r, match in ordered]
        hits = (entity_hits if want != "record" else []) + (record_hits if want != "entity" else [])
        fields: tuple[FacetField, ...] = ("class", "list", "authority", "region")
        facets: dict[str, tuple[tuple[str, int], ...]] = {}
        for field in fields:
            counted = Counter(value_of(r, field) for r, _ in found if value_of(r, field))
            facets[field] = tuple(sorted(counted.items(), key=lambda item: (-item[1], item[0])))
        return SearchResult(
            hits=tuple(hits[offset : offset + limit]),
            exact_total=len(exact),
            contains_total=len(contains),
            similar_total=0,
            record_total=len(found),
            total_exact=True,
            facets=facets,
        )


def value_of(record: RecordDocument, field: FacetField) -> str:
    return {
        "class": record.class_code,
        "list": record.list_code,
        "authority": record.authority,
        "region": record.region,
    }[field]


def passes(record: RecordDocument, filters: Filters) -> bool:
    decided = record.decided_on
    if (filters.decided_from or filters.decided_to) and decided is None:
        return False
    return (
        filters.class_code in ("", record.class_code)
        and filters.list_code in ("", record.list_code)
        and filters.authority in ("", record.authority)
        and filters.kind in ("", record.kind)
        and (not filters.region or filters.region in [record.region[:n] for n in (2, 4, 6)])
        and (filters.decided_from is None or (decided or date.max) >= filters.decided_from)
        and (filters.decided_to is None or (decided or date.min) <= filters.decided_to)
    )


def exact_entities(terms: SearchTerms, names: list[NameDocument]) -> dict[int, Match]:
    found: dict[int, Match] = {}
    for name in names:
        if terms.code and terms.code in map(fold_code, name.codes):
            found.setdefault(name.row, "exact_code")
    same = [n for n in names if terms.name and fold_name(n.name) == terms.name]
    for name in same:
        if name.current:
            found.setdefault(name.row, "exact_name")
    for name in same:
        found.setdefault(name.row, "former_name")
    return found


def containing(terms: SearchTerms, names: list[NameDocument], exact: set[int]) -> list[int]:
    words = [fold_name(word) for word in terms.words]
    if not any(len(word) > 1 for word in words):
        return []
    kept = []
    for name in names:
        folded = fold_name(name.name)
        if name.kind is not PERSON and all(word in folded for word in words):
            starts = folded.startswith(words[0]) or folded.startswith(
                words[0], parts_of(folded).start
            )
            kept.append((not starts, name.row))
    kept.sort(key=lambda item: item[0])
    return [row for row in dict.fromkeys(row for _, row in kept) if row not in exact]


def matching(
    terms: SearchTerms,
    scope: list[RecordDocument],
    visible: list[NameDocument],
    exact: set[int],
    coded: set[int],
) -> list[tuple[RecordDocument, Match]]:
    if terms.blank:
        return [(r, "filter") for r in scope if r.kind is not PERSON]
    found: list[tuple[RecordDocument, Match]] = []
    for record in scope:
        if terms.document and terms.document in map(document_term, record.documents):
            found.append((record, "doc_no"))
        elif coded:
            if record.entity_row in coded:
                found.append((record, "exact_code"))
        elif record.entity_row in exact or (
            record.kind is not PERSON
            and any(len(word) > 1 for word in terms.words)
            and all(has_word(record, word, visible) for word in terms.words)
        ):
            found.append((record, "text"))
    return found


def has_word(record: RecordDocument, word: str, visible: list[NameDocument]) -> bool:
    return any(word in fold(text) for text in record.texts) or any(
        n.row == record.entity_row and n.kind is not PERSON and fold_name(word) in fold_name(n.name)
        for n in visible
    )


def in_order(
    found: list[tuple[RecordDocument, Match]], sort: Sort
) -> list[tuple[RecordDocument, Match]]:
    if sort == "relevance":
        return sorted(found, key=lambda item: item[1] != "doc_no")
    if sort == "newest":
        return found
    dated = [item for item in found if item[0].decided_on]
    return dated[::-1] + [item for item in found if not item[0].decided_on]
