"""Names that letters spell in pinyin: whole syllables, first letters, or both with characters."""

from collections.abc import Sequence
from functools import lru_cache, reduce
from itertools import pairwise
from operator import and_, or_

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap
from whoosh.query import And, Or, Query, Term

from search_index import schema
from search_index.alignment import NEVER, sequence_at
from search_index.codec import DocumentNumbers, numbers_of
from search_index.look_alikes import characters_by_reading
from search_index.matching import Matcher
from search_index.name_table import characters_of
from search_index.pinyin import Token, Tokens, other_readings, readings
from search_index.ranking import head
from search_index.scope import Scope
from search_index.sounds import readings_of, sound_table, standing_for

_CANDIDATES = 4000
_LONGEST = 40
_MOST = 10
_PLACES = 1 << 16
_FEWEST_TOKENS, _INITIALS = 2, 3


def spelled_in_letters(matcher: Matcher, words: Sequence[str], scope: Scope) -> list[int]:
    """Return names in scope in which every folded word stands, as it is or read as pinyin.

    First those that start with the first word. None where no word holds letters that read.
    """
    spelled = {word: readings(word) for word in words}
    tokens = sum(len(found[0]) if found else len(word) for word, found in spelled.items())
    if not any(spelled.values()) or tokens < _FEWEST_TOKENS:
        return []
    possible: BitMap | None = None
    for word, found in spelled.items():
        names = _possible(matcher, found) if found else matcher.names_with(word)
        if names is not None:
            possible = names if possible is None else possible & names
    if not possible:
        return []
    numbers = head(matcher.names, numbers_of(scope.named(possible)), _CANDIDATES)
    return _verified(matcher, np.sort(numbers), list(filter(None, spelled.values())))


def _possible(matcher: Matcher, found: Sequence[Tokens]) -> BitMap | None:
    """Return the names that one of some readings may find; None where none narrows them."""
    queries = [_query(tokens) for tokens in found]
    if any(query is None for query in queries):
        queries = [query for query in queries if query is not None]
    return reduce(or_, map(matcher.names.evaluate, queries)) if queries else None


def _query(tokens: Tokens) -> Query | None:
    """Return what names that follow the tokens have: pairs of sounds, threes of first letters."""
    parts: list[Query] = []
    for first, second in pairwise(tokens):
        if not (first.initial or second.initial):
            pairs = [a + b for a in _sounds(first) for b in _sounds(second)]
            parts.append(Or([Term(schema.SOUNDS, pair) for pair in dict.fromkeys(pairs)]))
    if any(token.initial for token in tokens):
        letters = "".join(map(_initial, tokens))
        threes = [letters[at : at + _INITIALS] for at in range(len(letters) - _INITIALS + 1)]
        parts += [Term(schema.INITIALS, three) for three in dict.fromkeys(threes)]
    return And(parts) if parts else None


def _sounds(token: Token) -> list[str]:
    """Return the characters that stand for how a token may be read."""
    if token.character:
        found = readings_of(token.character)
        return [standing_for(found[0])] if found else [token.character]
    return [standing_for(s) for s in (token.syllable, *other_readings().get(token.syllable, ()))]


def _initial(token: Token) -> str:
    if token.character:
        found = readings_of(token.character)
        return found[0][0] if found else token.character
    return token.initial or token.syllable[0]


def _verified(
    matcher: Matcher, numbers: DocumentNumbers, spelled: Sequence[Sequence[Tokens]]
) -> list[int]:
    if not len(numbers):
        return []
    width = min(int(matcher.table.lengths(numbers).max()), _LONGEST)
    matrix = matcher.table.matrix(numbers, width)
    places = [
        reduce(np.minimum, [sequence_at([_kind(t) for t in tokens], matrix) for tokens in found])
        for found in spelled
    ]
    everywhere = reduce(and_, [place < NEVER for place in places])
    cores = matcher.names.column(schema.CORE)[numbers]
    starts = (places[0] == 0) | (places[0] == cores)
    kept = np.flatnonzero(everywhere)
    best = kept[np.lexsort((matcher.names.order[numbers[kept]], ~starts[kept]))][: 2 * _MOST]
    found: list[int] = numbers[best].tolist()
    return found


@lru_cache(maxsize=512)
def _kind(token: Token) -> npt.NDArray[np.bool_]:
    """Return a mask over all characters: those that are what a token asks for."""
    kind = np.zeros(_PLACES, dtype=np.bool_)
    if token.character:
        kind[characters_of(token.character)] = True
    elif token.syllable:
        kind[characters_of(characters_by_reading().get(token.syllable, ""))] = True
    else:
        table = sound_table().readings
        initial = "".join(
            c for c, found in table.items() if any(r[0] == token.initial for r in found)
        )
        kind[characters_of(initial + token.initial)] = True
    return kind
