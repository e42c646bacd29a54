"""Which entities and records contain the words: candidates from n-grams, then the text itself.

Sharing all pairs of characters is not yet containing the word. Names are all checked, many at once;
records where they are few. Where they are too many, only as many are checked as the page shows;
the total is then an upper bound that says so.
"""

from dataclasses import dataclass
from functools import partial, reduce
from operator import and_

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from search_index import schema
from search_index.bitmap_cache import BitmapCache
from search_index.codec import DocumentNumbers, bitmap_of, numbers_of
from search_index.executor import IndexView
from search_index.name_table import NameTable, is_certain
from search_index.query import SearchTerms, word_query
from search_index.ranking import VERIFIED_AT_MOST, RecordSet, head
from search_index.scope import Scope
from search_index.segments import START

_CHARACTER, _GRAM = 1, 2


@dataclass(frozen=True, slots=True)
class EntityGroup:
    """Entity rows in order, as many as were needed, and how many there are."""

    rows: list[int]
    total: int


class Matcher:
    """Finds words in both indexes."""

    def __init__(self, names: IndexView, records: IndexView) -> None:
        self.names, self.records = names, records
        self.table = NameTable(
            [segment.characters(schema.NAME_CHARACTERS) for segment in names.segments]
        )
        self._found = BitmapCache()

    def names_with(self, word: str) -> BitMap:
        """Return all names, visible or not, that contain a folded word."""
        if len(word) == _CHARACTER:
            return self.names.bitmap(schema.CHARACTERS, word)
        if len(word) == _GRAM or not word:
            return self.names.evaluate(word_query(word))
        return self._found.get(("", word.encode()), lambda: self._checked(word))

    def _checked(self, word: str) -> BitMap:
        numbers = numbers_of(self.names.evaluate(word_query(word)))
        if not len(numbers):
            return BitMap()
        counts = [self.names.frequency(schema.CHARACTERS, character) for character in word]
        mask = self.table.containing(word, numbers, counts.index(min(counts)))
        found = numbers[mask]
        if not is_certain(word):
            needle = word.encode()
            found = np.array(
                [n for n in found.tolist() if needle in self.names.text(n)], dtype=np.uint32
            )
        return bitmap_of(found)

    def entities(
        self, words: tuple[str, ...], scope: Scope, excluded: list[int], need: int
    ) -> EntityGroup:
        """Return the entities one of whose names in scope contains every word.

        First those whose name, or its core, starts with the first word, then in the order of the
        index; `excluded` rows stand elsewhere already. At least `need` rows are there if there are
        any. None if no word has two characters.
        """
        if not any(len(word) >= _GRAM for word in words):
            return EntityGroup([], 0)
        found = reduce(and_, map(self.names_with, sorted(words, key=len, reverse=True)))
        if excluded:
            found = found - self.names.documents.of(np.array(excluded))
        found = scope.named(found)
        if not found:
            return EntityGroup([], 0)
        total = int(np.count_nonzero(self.names.documents.marked(numbers_of(found))))
        starting = self._starting(found, words[0])
        rows = self.rows_in_order(starting, need)
        if len(rows) < need:
            more = self.rows_in_order(numbers_of(found - bitmap_of(starting)), need)
            rows = list(dict.fromkeys((*rows, *more)))
        return EntityGroup(rows, total)

    def rows_in_order(self, numbers: DocumentNumbers, need: int) -> list[int]:
        """Return the distinct entity rows of ascending names, in order, at least `need` if any."""
        size = need
        while True:
            first = head(self.names, numbers, size)
            rows = list(dict.fromkeys(self.names.documents.rows[first].tolist()))
            if len(rows) >= need or size >= len(numbers):
                return rows
            size = size * 2 + 1

    def _starting(self, found: BitMap, word: str) -> DocumentNumbers:
        numbers = numbers_of(found & self.names.bitmap(schema.GRAMS, START + word[:1]))
        cores = self.names.column(schema.CORE)[numbers]
        return numbers[self.table.starting(word, numbers, cores)]

    def matching_records(self, terms: SearchTerms, scope: Scope) -> RecordSet:
        """Return the public records in scope where each word is in the text or the entity's name.

        None if no word has two characters.
        """
        if not any(len(word) >= _GRAM for word in terms.words):
            return RecordSet(BitMap())
        words = [
            self._word(text, name, scope)
            for text, name in zip(terms.words, terms.name_words, strict=True)
        ]
        possible = reduce(and_, (word.possible for word in words), scope.public)
        sure = reduce(and_, (word.sure for word in words), possible)
        doubtful = possible - sure
        if not doubtful:
            return RecordSet(possible)
        check = partial(self._check, sure, words)
        if len(doubtful) > VERIFIED_AT_MOST:
            return RecordSet(possible, check)
        numbers = numbers_of(doubtful)
        return RecordSet(sure | bitmap_of(numbers[check(numbers)]))

    def _word(self, text: str, name: str, scope: Scope) -> "_Word":
        names = self.names_with(name) & scope.visible_names
        named = self.records.documents.of(self.names.documents.entities(numbers_of(names)))
        texts = self.records.evaluate(word_query(text))
        sure = named | texts if len(text) == _GRAM else named
        return _Word(text.encode(), texts | named, sure)

    def _check(
        self, sure: BitMap, words: list["_Word"], numbers: DocumentNumbers
    ) -> npt.NDArray[np.bool_]:
        """Tell which of the records in doubt really have every word."""
        found = np.ones(len(numbers), dtype=np.bool_)
        given = bitmap_of(numbers)
        for word in words:
            known = np.isin(numbers, numbers_of(given & (word.sure | sure)))
            left = np.flatnonzero(found & ~known)
            found[left] = self.records.holding(numbers[left], word.text)
        return found


@dataclass(frozen=True, slots=True)
class _Word:
    """Where one word may stand, where it surely does, and how it is spelled in UTF-8."""

    text: bytes
    possible: BitMap
    sure: BitMap
