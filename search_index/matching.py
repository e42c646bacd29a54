"""Which entities and records contain the words: candidates from bigrams, then the text itself.

Sharing all bigrams is not yet containing the word, so candidates of longer words are checked
against the folded text. Where they are too many, only as many are checked as the page shows; the
total is then an upper bound that says so.
"""

from dataclasses import dataclass
from functools import partial, reduce
from operator import and_

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from search_index import schema
from search_index.codec import DocumentNumbers, numbers_of
from search_index.executor import IndexView, mask_bitmap, rows_mask
from search_index.query import SearchTerms, name_query, word_query
from search_index.ranking import VERIFIED_AT_MOST, RecordSet, sift

STARTS_WITH_FIRST = 1000
"""Among so many entities, those whose name starts with the first word come first."""

_GRAM = 2


@dataclass(frozen=True, slots=True)
class EntityGroup:
    """Entity rows in order, as many as were needed; `total` is an upper bound if not `exact`."""

    rows: list[int]
    total: int
    exact: bool


class Matcher:
    """Finds words in both indexes. `size` is one more than the largest entity row."""

    def __init__(self, names: IndexView, records: IndexView) -> None:
        self.names, self.records = names, records
        self.name_rows = names.column(schema.ROW)
        self.record_entities = records.column(schema.ENTITY)
        largest = (int(rows.max()) for rows in (self.name_rows, self.record_entities) if len(rows))
        self.size = 1 + max(largest, default=0)
        self._order = np.argsort(self.name_rows, kind="stable")
        self._sorted_rows = self.name_rows[self._order]

    def records_of(self, entities: npt.NDArray[np.bool_]) -> BitMap:
        """Return the records of the entities whose row a mask marks."""
        return mask_bitmap(entities[self.record_entities])

    def rows_of(self, names: BitMap) -> list[int]:
        """Return the distinct entity rows of names, in the order of the names."""
        return list(dict.fromkeys(self.name_rows[numbers_of(names)].tolist()))

    def entities(
        self, terms: SearchTerms, allowed: BitMap, excluded: list[int], need: int
    ) -> EntityGroup:
        """Return the entities one of whose `allowed` names contains every word.

        Closest length first, and among the first ones those that start with the first word;
        `excluded` rows stand elsewhere already. At least `need` rows are there if there are any.
        """
        words = terms.name_words
        numbers = numbers_of(self.names.evaluate(name_query(words)) & allowed)
        if excluded and len(numbers):
            numbers = numbers[~np.isin(self.name_rows[numbers], excluded)]
        checked = tuple(word.encode() for word in words if len(word) != _GRAM)
        if not checked or not len(numbers):
            found = numbers[self._first_of_each(numbers)]
            return EntityGroup(self._starting_first(found, words), len(found), True)
        sifted = sift(
            numbers,
            lambda number: _contains(self.names.text(number), checked),
            max(need, STARTS_WITH_FIRST),
            lambda number: int(self.name_rows[number]),
        )
        found = sifted.kept[self._first_of_each(sifted.kept)]
        total = len(self._first_of_each(sifted.possible))
        return EntityGroup(self._starting_first(found, words), total, sifted.exact)

    def _first_of_each(self, numbers: DocumentNumbers) -> npt.NDArray[np.intp]:
        """Return the positions where an entity's first name stands, in order."""
        rows = self.name_rows[numbers]
        places = np.arange(len(rows), dtype=np.int64)
        first = np.zeros(self.size, dtype=np.int64)
        first[rows[::-1]] = places[::-1]
        return np.flatnonzero(first[rows] == places)

    def _starting_first(self, numbers: DocumentNumbers, words: tuple[str, ...]) -> list[int]:
        start = words[0].encode() if words else b""
        head, tail = numbers[:STARTS_WITH_FIRST], numbers[STARTS_WITH_FIRST:]
        starts = [self.names.text(number).startswith(start) for number in head.tolist()]
        mask = np.array(starts, dtype=np.bool_)
        rows: list[int] = self.name_rows[np.concatenate((head[mask], head[~mask], tail))].tolist()
        return rows

    def matching_records(
        self, terms: SearchTerms, allowed: BitMap, visible_names: BitMap
    ) -> RecordSet:
        """Return the `allowed` records where each word is in the text or the entity's name.

        None if no word has two characters.
        """
        if not any(len(word) >= _GRAM for word in terms.words):
            return RecordSet(BitMap())
        words = [
            self._word(text, name, visible_names)
            for text, name in zip(terms.words, terms.name_words, strict=True)
        ]
        possible = reduce(and_, (word.possible for word in words), allowed)
        sure = reduce(and_, (word.sure for word in words), possible)
        doubtful = possible - sure
        if not doubtful:
            return RecordSet(possible)
        check = partial(self._check, sure, words, visible_names)
        if len(doubtful) > VERIFIED_AT_MOST:
            return RecordSet(possible, check)
        return RecordSet(sure | BitMap([number for number in doubtful if check(number)]))

    def _word(self, text: str, name: str, visible_names: BitMap) -> "_Word":
        names = self.names.evaluate(word_query(name)) & visible_names
        texts = self.records.evaluate(word_query(text))
        settled = len(name) == _GRAM
        if not settled and len(names) <= VERIFIED_AT_MOST:
            needle = (name.encode(),)
            names = BitMap([n for n in names if _contains(self.names.text(n), needle)])
            settled = True
        named = self.records_of(rows_mask(self.name_rows, names, self.size))
        sure = named if settled else BitMap()
        return _Word(
            text.encode(),
            name.encode(),
            possible=texts | named,
            sure=sure | texts if len(text) == _GRAM else sure,
            names_settled=settled,
        )

    def _check(
        self, sure: BitMap, words: list["_Word"], visible_names: BitMap, number: int
    ) -> bool:
        """Tell whether a record in doubt really has every word."""
        if number in sure:
            return True
        text = self.records.text(number)
        return all(
            number in word.sure
            or word.text in text
            or (not word.names_settled and self._is_named(number, word.name, visible_names))
            for word in words
        )

    def _is_named(self, number: int, needle: bytes, visible_names: BitMap) -> bool:
        row = self.record_entities[number]
        start, end = np.searchsorted(self._sorted_rows, (row, row + 1))
        return any(
            name in visible_names and needle in self.names.text(name)
            for name in self._order[start:end].tolist()
        )


@dataclass(frozen=True, slots=True)
class _Word:
    """Where one word may stand, where it surely does, and its spellings in UTF-8.

    `names_settled` tells that names were all checked: only the text can still decide.
    """

    text: bytes
    name: bytes
    possible: BitMap
    sure: BitMap
    names_settled: bool


def _contains(text: bytes, needles: tuple[bytes, ...]) -> bool:
    return all(needle in text for needle in needles)
