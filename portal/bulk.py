"""Many records at once, of organisations alone: for downloads, feeds and site maps.

Natural persons are in none of them, nor are households, whose name may be their owner's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from portal import tables
from portal.lookup import Lookup
from portal.records import PublishedRecord, SubjectKind
from search_index.answers import Sort
from search_index.query import Filters, SearchTerms

ORGANIZATIONS = SubjectKind.ORGANIZATION.value
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Extract:
    """The first records of a selection, and how many it has in all (at most, if not exact)."""

    lookup: Lookup
    rows: Sequence[int]
    total: int
    total_exact: bool

    @property
    def complete(self) -> bool:
        """Tell whether these are all."""
        return len(self.rows) >= self.total

    def records(self) -> Iterator[PublishedRecord]:
        """Read the records, a few hundred at a time."""
        for start in range(0, len(self.rows), _BATCH):
            yield from self.lookup.records(self.rows[start : start + _BATCH])


def extract(
    lookup: Lookup,
    terms: SearchTerms,
    filters: Filters,
    limit: int,
    sort: Sort = "newest",
) -> Extract:
    """Select records of organisations as a search does, up to `limit`."""
    found = lookup.snapshot.index.search(
        terms,
        replace(filters, kind=ORGANIZATIONS),
        lookup.today,
        want="record",
        sort=sort,
        offset=0,
        limit=limit,
    )
    rows = [hit.row for hit in found.hits]
    total = found.record_total if len(rows) == limit else len(rows)
    return Extract(lookup, rows, total, found.total_exact or len(rows) < limit)


def organization_ids(lookup: Lookup, start: int, count: int) -> list[str]:
    """Return the public ids of organisations with a public record: `count` of them from `start`.

    Their order is that of the snapshot.
    """
    rows = lookup.snapshot.index.entity_rows(Filters(kind=ORGANIZATIONS), lookup.today)
    wanted = rows[start : start + count]
    if not wanted:
        return []
    entities = tables.entities.c
    query = (
        select(entities.id, entities.public_id)
        .where(entities.id.between(wanted[0], wanted[-1]))
        .order_by(entities.id)
    )
    with lookup.snapshot.connect() as connection:
        found = {row.id: row.public_id for row in connection.execute(query)}
    return [found[row] for row in wanted]


def organization_count(lookup: Lookup) -> int:
    """Return how many organisations have a public record."""
    return len(lookup.snapshot.index.entity_rows(Filters(kind=ORGANIZATIONS), lookup.today))
