"""What a reader may have meant: names that do not contain the words, and why they are offered.

Never a hit: a similar name stands in its own group, with its reason. Natural persons have no
n-grams, so none is ever offered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pyroaring import BitMap
from whoosh.query import And, Term

from search_index import schema
from search_index.alignment import NEVER, OFF_START, PART, parts_cost
from search_index.codec import DocumentNumbers, numbers_of
from search_index.company_name import bare, is_branch, places_meant
from search_index.look_alikes import look_alikes, sound_numbers
from search_index.matching import Matcher
from search_index.name_table import characters_of
from search_index.pinyin import other_readings
from search_index.ranking import head
from search_index.scope import Scope
from search_index.segments import START
from search_index.spelled_alike import SpelledAlike
from search_index.spelled_in_letters import spelled_in_letters
from search_index.variants import variants

Reason = Literal["form", "parts", "noise", "spelling", "pinyin"]
"""Another legal form; all parts in order; without marks, form or place, or with the place written
out; some characters wrong or of the same sound; pinyin."""

MOST = 10
"""So many similar entities are offered at most."""

LONGEST = 40
"""Characters of a query and of a name that are compared."""

_CANDIDATES = 6000
_BRANCH = 200
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Similar:
    """An entity that may be meant: its database row, and why."""

    row: int
    reason: Reason


def prepare() -> None:
    """Read the tables of sounds, shapes and places now, and not with the first question.

    Half a second, once for a process and all that are forked from it.
    """
    other_readings()
    sound_numbers()
    look_alikes("")
    places_meant("")


class SimilarNames:
    """Looks for similar names in an open index of names."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._names, self._table = matcher.names, matcher.table
        self._spelled = SpelledAlike(matcher.names)

    def close(self) -> None:
        """Let go of the names."""
        self._spelled.close()

    def find(
        self, words: Sequence[str], scope: Scope, *, only_parts: bool = False
    ) -> list[Similar]:
        """Return what folded words may mean, the likeliest first, at most MOST.

        Another legal form, then all parts in order, then, unless `only_parts`, wrong characters and
        pinyin.
        """
        name = "".join(words)[:LONGEST]
        if len(name) < _PAIR:
            return []
        found: dict[int, Reason] = {}
        for number, reason in self._found(name, words, scope, only_parts=only_parts):
            found.setdefault(int(self._names.documents.rows[number]), reason)
            if len(found) == MOST:
                break
        return [Similar(row, reason) for row, reason in found.items()]

    def _found(
        self, name: str, words: Sequence[str], scope: Scope, *, only_parts: bool
    ) -> Iterator[tuple[int, Reason]]:
        for number in self._other_form(name, scope).tolist():
            yield number, "form"
        yield from self._parts(name, scope)
        if only_parts:
            return
        for number, distance in self._spelled.find(name, scope):
            yield number, "spelling" if distance else "noise"
        for number in spelled_in_letters(self._matcher, words, scope):
            yield number, "pinyin"

    def _other_form(self, name: str, scope: Scope) -> DocumentNumbers:
        plain = bare(name)
        if len(plain) < _PAIR:
            return np.empty(0, dtype=np.uint32)
        same = self._names.evaluate(Term(schema.BARE, plain))
        return head(self._names, numbers_of(scope.named(same)), MOST)

    def _parts(self, name: str, scope: Scope) -> Iterator[tuple[int, Reason]]:
        """Yield names that hold all parts in order, of the first step that finds any."""
        for step in variants(name):
            scored = [
                (score, number, text)
                for text in step
                for score, number in self._in_parts(text, scope, branch=is_branch(name))
            ]
            scored.sort()
            for _, number, text in scored[: 2 * MOST]:
                yield number, "parts" if text == name else "noise"
            if scored:
                return

    def _in_parts(self, text: str, scope: Scope, *, branch: bool) -> list[tuple[int, int]]:
        """Return (score, name) of the best names that hold a text's characters in order.

        The score is the cost of its parts, and how much longer than it the name's core is.
        """
        numbers = self._with_all_characters(text, scope)
        if not len(numbers):
            return []
        width = min(int(self._table.lengths(numbers).max()), LONGEST)
        matrix = self._table.matrix(numbers, width)
        cores = self._names.column(schema.CORE)[numbers]
        costs = parts_cost(characters_of(text), matrix, cores).astype(np.int64)
        order = self._names.order[numbers]
        scores = (
            costs
            + schema.name_weight(order)
            + _BRANCH * (schema.is_branch_order(order) & (not branch))
        )
        kept = np.flatnonzero(costs <= _most_cost(text))
        best = kept[np.lexsort((order[kept], scores[kept]))][: 2 * MOST]
        return list(zip(scores[best].tolist(), numbers[best].tolist(), strict=True))

    def _with_all_characters(self, text: str, scope: Scope) -> DocumentNumbers:
        terms = [Term(schema.CHARACTERS, character) for character in dict.fromkeys(text)]
        possible: BitMap = scope.named(self._names.evaluate(And(terms)))
        if len(possible) <= _CANDIDATES:
            return numbers_of(possible)
        # Too many: those that hold it in one piece or start with it are the likeliest.
        whole = possible & self._matcher.names_with(text)
        starting = possible & self._names.bitmap(schema.GRAMS, START + text[0])
        share = _CANDIDATES // 3
        groups = (whole & starting, starting | whole, possible)
        heads = [head(self._names, numbers_of(group), share) for group in groups]
        return np.unique(np.concatenate(heads))


def _most_cost(text: str) -> int:
    """Return the cost above which parts are too scattered to mean anything."""
    if len(text) == _PAIR:
        return 2 * PART
    parts = len(text) - 1 if len(text) <= 2 * _PAIR else len(text) // 2 + 1
    return min(parts * PART + OFF_START, NEVER - 1)
