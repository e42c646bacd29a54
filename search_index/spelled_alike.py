"""Names that a misspelt query may mean: one or two characters wrong, missing, surplus or swapped.

Candidates share pairs of sounds with the query, the rarest first; then they are compared.
"""

import numpy as np
from whoosh.query import Term

from search_index import schema
from search_index.alignment import ERROR, HALF_ERROR, distances
from search_index.codec import DocumentNumbers, bitmap_of, numbers_of
from search_index.company_name import bare, is_branch
from search_index.executor import IndexView
from search_index.look_alikes import look_alikes
from search_index.name_table import NameTable, characters_of
from search_index.scope import Scope
from search_index.sounds import sound_text

_LONGEST = 40
_CANDIDATES = 600
_POSTINGS = 40_000
_MOST = 10
_SHORT, _LONG = 3, 6
_DISTANCE, _BRANCH = 8, 40


class SpelledAlike:
    """Looks for misspelt names in an open index of names."""

    def __init__(self, names: IndexView) -> None:
        self._names = names
        self._table = NameTable(
            [segment.characters(schema.PLAIN_CHARACTERS) for segment in names.segments]
        )

    def close(self) -> None:
        """Let go of the names."""
        self._table.close()

    def find(self, name: str, scope: Scope) -> list[tuple[int, int]]:
        """Return (name, distance) of names in scope close to a folded name, the closest first.

        Both are compared without legal form and levels of places. The distance counts half errors;
        at most two errors are forgiven, one in a short name, half a one in two characters.
        """
        query = bare(name)[:_LONGEST]
        numbers = _candidates(self._names, sound_text(query), scope)
        if not len(numbers):
            return []
        lengths = self._table.lengths(numbers)
        found = distances(
            characters_of(query),
            self._table.matrix(numbers, min(int(lengths.max()), _LONGEST)),
            [look_alikes(character) for character in query],
        ).astype(np.int64)
        order = self._names.order[numbers]
        scores = found * _DISTANCE + np.abs(lengths - len(query))
        scores += _BRANCH * (schema.is_branch_order(order) != is_branch(name))
        kept = np.flatnonzero(found <= forgiven(len(query)))
        best = kept[np.lexsort((order[kept], scores[kept]))][: 2 * _MOST]
        return list(zip(numbers[best].tolist(), found[best].tolist(), strict=True))


def forgiven(length: int) -> int:
    """Return how many half errors are forgiven in so many characters."""
    if length < _SHORT:
        return HALF_ERROR
    return ERROR if length < _LONG else 2 * ERROR


def _candidates(names: IndexView, sounds: str, scope: Scope) -> DocumentNumbers:
    """Return the names that share most of the rarest pairs of sounds."""
    pairs = {sounds[at : at + 2] for at in range(len(sounds) - 1)}
    counted = sorted((names.frequency(schema.SOUNDS, pair), pair) for pair in pairs)
    taken: list[DocumentNumbers] = []
    total = 0
    for count, pair in counted:
        if taken and total + count > _POSTINGS:
            break
        if count:
            taken.append(numbers_of(names.evaluate(Term(schema.SOUNDS, pair))))
            total += count
    if not taken:
        return np.empty(0, dtype=np.uint32)
    numbers, shared = np.unique(np.concatenate(taken), return_counts=True)
    if len(numbers) > _CANDIDATES:
        # Of those that share as many, the first in the order of the index.
        best = np.lexsort((names.order[numbers], -shared))[:_CANDIDATES]
        numbers = np.sort(numbers[best])
    return numbers_of(scope.named(bitmap_of(numbers)))
