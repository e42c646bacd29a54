"""What an open index answers: rows and totals, never what a page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from search_index import ranking
from search_index.matching import EntityGroup
from search_index.similar import Reason, Similar

Sort = ranking.Sort
Want = Literal["all", "entity", "record"]
FacetField = Literal["class", "list", "authority", "region"]
DayColumn = Literal["decided", "until"]
Match = Literal[
    "exact_code", "exact_name", "former_name", "doc_no", "contains", "similar", "text", "filter"
]


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: the database row of an entity or a record, and why it was found.

    `reason` tells of a similar entity in what it is similar.
    """

    kind: Literal["entity", "record"]
    row: int
    match: Match
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page of results, and what there is in all.

    `exact_total` counts entities found by code, exact or former name, `contains_total` those
    whose name contains the words, `record_total` the records. `similar_total` counts the entities
    that may be meant but were not found. If not `total_exact`, `record_total` and `facets` are
    upper bounds. `facets` maps each field to (value, count), largest first.
    """

    hits: tuple[Hit, ...]
    exact_total: int
    contains_total: int
    similar_total: int
    record_total: int
    total_exact: bool
    facets: Mapping[str, tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class Subjects:
    """The entities of a question: exact ones with why, those containing the words, similar ones.

    `coded` are the rows that a code leads to, whether or not they have a record in scope.
    """

    exact: Mapping[int, Match]
    coded: Sequence[int]
    found: EntityGroup
    near: Sequence[Similar]

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All of them in order, as far as they were needed."""
        return (
            *(Hit("entity", row, match) for row, match in self.exact.items()),
            *(Hit("entity", row, "contains") for row in self.found.rows),
            *(Hit("entity", each.row, "similar", each.reason) for each in self.near),
        )

    @property
    def contains_total(self) -> int:
        """Number of entities whose name contains the words."""
        return self.found.total

    @property
    def similar_total(self) -> int:
        """Number of entities that may be meant."""
        return len(self.near)

    @property
    def total(self) -> int:
        """Number of all of them."""
        return len(self.exact) + self.found.total + len(self.near)
