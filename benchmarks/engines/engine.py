"""What every engine is asked, and what it answers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, Protocol, Self

from benchmarks.city import Subject
from search_index.query import Filters
from search_index.search import FACET_VALUES
from search_index.text import fold

PAGE = 20
"""So many results every answer shows."""

FACETS = ("class", "list", "authority", "region")

Seek = Literal["name", "misspelt", "code", "suggest", "records"]
"""Subjects whose name contains a text, is spelled like it, that have a code, or that a reader may
be typing; or records that contain every word in their text or their subject's name (all without
words) and pass the filters.
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A question; `meant` is the row of the subject that a reader has in mind, 0 for none."""

    seek: Seek
    text: str = ""
    filters: Filters = field(default_factory=Filters)
    facets: bool = False
    meant: int = 0

    @property
    def words(self) -> Sequence[str]:
        """The folded words."""
        return tuple(map(fold, self.text.split()))


@dataclass(frozen=True, slots=True)
class Answer:
    """The first PAGE rows and the number of all; `exact` tells that total and facets are so.

    `facets` maps each of FACETS to its values and their counts, if they were asked for.
    """

    total: int
    rows: Sequence[int]
    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    exact: bool = True


class Engine(Protocol):
    """A search engine with an index in a folder, as of one day: what ended before is not found."""

    @classmethod
    def build(cls, folder: Path, subjects: Iterable[Subject]) -> None:
        """Write the index into an empty folder; use one core."""

    @classmethod
    def open(cls, folder: Path, today: date) -> Self:
        """Open the index."""

    def answer(self, question: Question) -> Answer:
        """Answer a question."""

    def close(self) -> None:
        """Close the index."""


def largest(counts: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    """Return the values of a facet as all engines report them: the largest first, no empty one."""
    found = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(value, count) for value, count in found if value and count][:FACET_VALUES]


def all_facets(found: Iterable[tuple[str, str, int]]) -> Mapping[str, Sequence[tuple[str, int]]]:
    """Return facets from (field, value, count)."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for name, value, count in found:
        counts[name][value] += count
    return {name: largest(values) for name, values in counts.items()}
