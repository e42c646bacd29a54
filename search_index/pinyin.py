"""Read typed letters as pinyin: whole syllables, first letters, or both (`shenjian gf`).

Pure, over the table of `sounds`. A reading is a row of tokens, one for each character of a name.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from search_index.sounds import readings_of, sound_table

_LETTERS = re.compile(r"[a-z]+")
_LONGEST_SYLLABLE = 6
_MOST_LETTERS = 60
_MOST_READINGS = 3
_INITIALS_AT_MOST = 10
_TWICE_READ = "重长行乐朝厦曾单都藏广会传弹宿济沈省石解查华任调参降种盛合大"
"""Characters of names that are often read otherwise than their first reading says."""

Tokens = tuple["Token", ...]


@dataclass(frozen=True, slots=True)
class Token:
    """What one character of a name must be: read so, read with this first letter, or this itself.

    Exactly one of the three is not empty.
    """

    syllable: str = ""
    initial: str = ""
    character: str = ""


@lru_cache(maxsize=1)
def other_readings() -> dict[str, tuple[str, ...]]:
    """Return syllable → the usual readings of characters that may also be read so."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for character in _TWICE_READ:
        usual, *others = readings_of(character)
        for other in others:
            found[other].add(usual)
    return {other: tuple(sorted(usual)) for other, usual in found.items()}


def readings(word: str) -> list[Tokens]:
    """Return how a folded word may be read, the likeliest first; none without pinyin in it.

    Letters are read as as few whole syllables as possible, else as syllables and first letters,
    else as first letters alone.
    """
    if len(word) > _MOST_LETTERS or not _LETTERS.search(word):
        return []
    found: list[Tokens] = [()]
    at = 0
    for match in _LETTERS.finditer(word):
        between = tuple(Token(character=c) for c in word[at : match.start()])
        spelled = _spelled(match[0])
        found = [(*before, *between, *after) for before in found for after in spelled]
        found = found[:_MOST_READINGS]
        at = match.end()
    rest = tuple(Token(character=c) for c in word[at:])
    return [(*tokens, *rest) for tokens in found]


def _spelled(letters: str) -> list[Tokens]:
    found = _whole_syllables(letters)[:_MOST_READINGS]
    if not found:
        found = [_mixed(letters)]
    if len(letters) <= _INITIALS_AT_MOST:
        found.append(tuple(Token(initial=letter) for letter in letters))
    return list(dict.fromkeys(found))


def _syllables_at(letters: str, at: int) -> list[str]:
    """Return the syllables that start at a place, the longest first."""
    known = sound_table().standing
    ends = range(min(at + _LONGEST_SYLLABLE, len(letters)), at, -1)
    return [letters[at:end] for end in ends if letters[at:end] in known]


def _whole_syllables(letters: str) -> list[Tokens]:
    """Return the ways to read all letters as whole syllables, those of fewest syllables first."""
    ways: list[list[Tokens]] = [[] for _ in letters] + [[()]]
    for at in range(len(letters) - 1, -1, -1):
        for syllable in _syllables_at(letters, at):
            ways[at] += [(Token(syllable), *rest) for rest in ways[at + len(syllable)]]
        ways[at].sort(key=len)
        del ways[at][_MOST_READINGS:]
    return ways[0]


def _mixed(letters: str) -> Tokens:
    """Return the reading with the fewest tokens, of which the fewest are first letters."""
    best: list[tuple[int, Tokens]] = [(0, ())] * (len(letters) + 1)
    for at in range(len(letters) - 1, -1, -1):
        cost, rest = best[at + 1]
        best[at] = (cost + 2, (Token(initial=letters[at]), *rest))
        for syllable in _syllables_at(letters, at):
            cost, rest = best[at + len(syllable)]
            if len(syllable) > 1 and cost + 1 < best[at][0]:
                best[at] = (cost + 1, (Token(syllable), *rest))
    return best[0][1]


def is_read_as(character: str, token: Token) -> bool:
    """Tell whether a character of a folded name is what a token asks for."""
    if token.character:
        return character == token.character
    known = readings_of(character)
    if token.initial:
        return any(reading[0] == token.initial for reading in known) or character == token.initial
    return token.syllable in known


def stretch(tokens: Tokens, folded: str) -> tuple[int, int] | None:
    """Return where the characters of a folded name first follow the tokens, None if nowhere."""
    for start in range(len(folded) - len(tokens) + 1):
        if all(is_read_as(folded[start + i], token) for i, token in enumerate(tokens)):
            return start, start + len(tokens)
    return None
