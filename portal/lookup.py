"""The one read path: every page, answer, list and feed shows what these functions return.

The index gives ids, the database gives records. `today` (Asia/Shanghai) is an argument of every
read, and the filter `still_public` stands in every query: a snapshot ages, a record past its last
day is not there any more.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from sqlalchemy import ColumnElement, Connection, func, select

from portal import tables
from portal.catalog_model import Catalog, CreditList
from portal.errors import NotFoundError
from portal.identifiers import fold_code
from portal.matches import Excerpt, excerpt_of, name_spans, similar_spans
from portal.records import PublishedEntity, PublishedRecord
from portal.search_request import SearchRequest
from portal.snapshots import Snapshot
from search_index.answers import Hit, Match
from search_index.query import Filters, SearchTerms, understand
from search_index.similar import Reason

MAX_ENTITY_RECORDS = 500
_NOTHING = "没有这一页，或者其内容已不在公示期内"


@dataclass(frozen=True, slots=True)
class EntityResult:
    """A subject among the results: why it matched, in which name and where, and what it has.

    `counts` maps class code → number of its public records. A similar subject was not found, it
    may be meant; `reason` says in what it is similar.
    """

    entity: PublishedEntity
    match: Match
    matched_name: str
    spans: tuple[tuple[int, int], ...]
    counts: Mapping[str, int]
    reason: Reason | None = None
    kind: Literal["entity"] = "entity"


@dataclass(frozen=True, slots=True)
class RecordResult:
    """A record among the results; `excerpt` shows where its text matched, if it did there."""

    record: PublishedRecord
    match: Match
    excerpt: Excerpt | None
    kind: Literal["record"] = "record"


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of results, with the totals of each group and the counts of each filter value.

    Where not `total_exact`, `record_total` is an upper bound. `similar_total` counts subjects that
    may be meant: they stand among the results, after those found, but are in no other total.
    """

    request: SearchRequest
    results: tuple[EntityResult | RecordResult, ...]
    exact_total: int
    contains_total: int
    similar_total: int
    record_total: int
    total_exact: bool
    facets: Mapping[str, tuple[tuple[str, int], ...]]

    @property
    def total(self) -> int:
        """Number of results of the kind that was asked for."""
        entities = self.exact_total + self.contains_total
        sizes = {"all": entities + self.record_total, "entity": entities}
        return sizes.get(self.request.type, self.record_total)

    @property
    def length(self) -> int:
        """Number of results that can be paged through, similar subjects included."""
        return self.total + (self.similar_total if self.request.type != "record" else 0)


@dataclass(frozen=True, slots=True)
class EntityView:
    """A subject with its public records by class, in the catalogue's order, newest first.

    `more` is True where it has more records than are shown.
    """

    entity: PublishedEntity
    records: Mapping[str, tuple[PublishedRecord, ...]]
    more: bool


@dataclass(frozen=True, slots=True)
class ListView:
    """A red or black list and how many public entries stand on it."""

    entry: CreditList
    count: int


class Lookup:
    """Reads of one open snapshot on one day. Made for a request, thrown away with it."""

    def __init__(self, snapshot: Snapshot, catalog: Catalog, today: date) -> None:
        self.snapshot = snapshot
        self.today = today
        self.catalog = catalog
        self._index = snapshot.index

    def search(self, request: SearchRequest) -> SearchPage:
        """Carry out a search. Raises NotFoundError past the last page."""
        found = self._index.search(
            request.terms,
            request.filters,
            self.today,
            want=request.type,
            sort=request.sort,
            offset=request.offset,
            limit=request.page_size,
        )
        page = SearchPage(
            request=request,
            results=self._results(found.hits, request),
            exact_total=found.exact_total,
            contains_total=found.contains_total,
            similar_total=found.similar_total,
            record_total=found.record_total,
            total_exact=found.total_exact,
            facets=found.facets,
        )
        if request.page > 1 and not found.hits:
            raise NotFoundError("没有这一页查询结果")
        return page

    def entity(self, public_id: str) -> EntityView:
        """Return a subject and its public records. Raises NotFoundError when it has none."""
        with self.snapshot.connect() as connection:
            query = select(tables.entities).where(tables.entities.c.public_id == public_id)
            row = connection.execute(query).one_or_none()
            if row is None:
                raise NotFoundError(_NOTHING)
            found = self._records_where(
                connection, tables.records.c.entity == row.id, MAX_ENTITY_RECORDS + 1
            )
        if not found:
            raise NotFoundError(_NOTHING)
        grouped: dict[str, list[PublishedRecord]] = {c.code: [] for c in self.catalog.classes}
        for record in found[:MAX_ENTITY_RECORDS]:
            grouped[record.class_code].append(record)
        return EntityView(
            entity=self._visible(tables.read_entity(row)),
            records={code: tuple(records) for code, records in grouped.items() if records},
            more=len(found) > MAX_ENTITY_RECORDS,
        )

    def record(self, public_id: str) -> PublishedRecord:
        """Return a record. Raises NotFoundError when it is not, or no longer, public."""
        with self.snapshot.connect() as connection:
            found = self._records_where(connection, tables.records.c.public_id == public_id, 1)
        if not found:
            raise NotFoundError(_NOTHING)
        return found[0]

    def records_of_person(self, key: bytes) -> tuple[PublishedRecord, ...]:
        """Return the public records of the natural person with this key, the newest first.

        `key` is that of `portal.person_key`; one that nobody has costs the same query.
        """
        keys = tables.person_keys.c
        condition = tables.records.c.id.in_(select(keys.record).where(keys.key == key))
        with self.snapshot.connect() as connection:
            return tuple(self._records_where(connection, condition, MAX_ENTITY_RECORDS))

    def by_code(self, code: str) -> tuple[PublishedEntity, ...]:
        """Return the subjects that a credit or organisation code leads to, in any spelling."""
        rows = self._index.entities_by_code(fold_code(code), self.today)
        with self.snapshot.connect() as connection:
            entities = self._entities(connection, rows)
        return tuple(entities[row] for row in rows)

    def suggest(self, text: str, count: int) -> tuple[PublishedEntity, ...]:
        """Return organisations whose name somebody may be typing, the likeliest first."""
        rows = self._index.suggest(understand(text), self.today, count)
        with self.snapshot.connect() as connection:
            found = self._entities(connection, rows)
        return tuple(found[row] for row in rows)

    def newest(self, count: int) -> tuple[PublishedRecord, ...]:
        """Return the newest public records that are not about a natural person."""
        newest = self._index.search(
            SearchTerms(),
            Filters(),
            self.today,
            want="record",
            sort="newest",
            offset=0,
            limit=count,
        )
        return self.records([hit.row for hit in newest.hits])

    def records(self, rows: Sequence[int]) -> tuple[PublishedRecord, ...]:
        """Return the records of these database rows that are public, in this order."""
        with self.snapshot.connect() as connection:
            return tuple(self._records(connection, rows).values())

    def counts_by_class(self) -> dict[str, int]:
        """Return class code → number of public records, in the catalogue's order."""
        counts = self._index.count_by("class", Filters(), self.today)
        return {c.code: counts.get(c.code, 0) for c in self.catalog.classes}

    def entity_count(self) -> int:
        """Return the number of subjects with at least one public record."""
        return self._index.visible_entities(self.today)

    def lists(self) -> tuple[ListView, ...]:
        """Return every public list with the number of its public entries."""
        counts = self._index.count_by("list", Filters(), self.today)
        return tuple(
            ListView(entry, counts.get(entry.code, 0)) for entry in self.catalog.public_lists
        )

    def _results(
        self, hits: Sequence[Hit], request: SearchRequest
    ) -> tuple[EntityResult | RecordResult, ...]:
        entity_rows = [hit.row for hit in hits if hit.kind == "entity"]
        record_rows = [hit.row for hit in hits if hit.kind == "record"]
        with self.snapshot.connect() as connection:
            entities = self._entities(connection, entity_rows)
            counts = self._entity_counts(connection, entity_rows)
            records = self._records(connection, record_rows)
        results: list[EntityResult | RecordResult] = []
        for hit in hits:
            if hit.kind == "entity" and hit.row in entities:
                results.append(_entity_result(entities[hit.row], hit, counts[hit.row], request))
            elif hit.kind == "record" and hit.row in records:
                record = records[hit.row]
                fields = self.catalog.classes_by_code[record.class_code].fields
                excerpt = excerpt_of(record, fields, request.terms.words)
                results.append(RecordResult(record, hit.match, excerpt))
        return tuple(results)

    def _entities(self, connection: Connection, rows: Sequence[int]) -> dict[int, PublishedEntity]:
        query = select(tables.entities).where(tables.entities.c.id.in_(rows))
        found = {
            row.id: self._visible(tables.read_entity(row)) for row in connection.execute(query)
        }
        return {row: found[row] for row in rows}

    def _visible(self, entity: PublishedEntity) -> PublishedEntity:
        """Return a subject under the names that a public record still carries today.

        When only the current name's record has ended, the best remaining name takes its place.
        """
        names = [name for name in entity.names if name.until >= self.today]
        if names and not names[0].current:
            names[0] = replace(names[0], current=True)
        return replace(entity, names=tuple(names))

    def _records(self, connection: Connection, rows: Sequence[int]) -> dict[int, PublishedRecord]:
        query = select(tables.records).where(tables.records.c.id.in_(rows), self.shown())
        found = {row.id: tables.read_record(row) for row in connection.execute(query)}
        return {row: found[row] for row in rows if row in found}

    def shown(self) -> ColumnElement[bool]:
        """Return the filter of every read: still public today, and under no tombstone."""
        hidden = self.snapshot.hidden
        if not hidden:
            return still_public(self.today)
        rows = select(func.json_each(json.dumps(sorted(hidden))).table_valued("value").c.value)
        return still_public(self.today) & tables.records.c.id.not_in(rows)

    def _records_where(
        self, connection: Connection, condition: ColumnElement[bool], limit: int
    ) -> list[PublishedRecord]:
        query = (
            select(tables.records)
            .where(condition, self.shown())
            .order_by(tables.records.c.rank)
            .limit(limit)
        )
        return [tables.read_record(row) for row in connection.execute(query)]

    def _entity_counts(
        self, connection: Connection, rows: Sequence[int]
    ) -> dict[int, dict[str, int]]:
        records = tables.records.c
        query = (
            select(records.entity, records.class_code, func.count())
            .where(records.entity.in_(rows), self.shown())
            .group_by(records.entity, records.class_code)
        )
        counts: dict[int, dict[str, int]] = {row: {} for row in rows}
        for entity, class_code, count in connection.execute(query):
            counts[entity][class_code] = count
        order = [c.code for c in self.catalog.classes]
        return {
            row: {code: found[code] for code in order if code in found}
            for row, found in counts.items()
        }


def still_public(today: date) -> ColumnElement[bool]:
    """The last day of publicity is today or later."""
    return tables.records.c.public_until >= today.isoformat()


def _entity_result(
    entity: PublishedEntity, hit: Hit, counts: dict[str, int], request: SearchRequest
) -> EntityResult:
    if hit.reason is None:
        name, spans = name_spans(entity, request.terms)
    else:
        name, spans = similar_spans(entity, request.terms)
    return EntityResult(entity, hit.match, name, spans, counts, hit.reason)
