"""Fold text for searching: one spelling for what a reader takes for the same word.

Folding works on each character by itself, so that a substring folds as it does inside the whole.
The folded form is for comparing only; pages show the original.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import opencc

SEPARATOR = "\n"
"""Stands between the folded texts of a record; folding never yields it, so no phrase crosses it."""

DECIMAL_POINT = "."
"""The one mark that folding keeps: an amount of 1.5 is not one of 15."""

_LOOK_ALIKES = dict(
    zip(
        # Cyrillic and Greek, lower case: both cases of a letter must fold alike.
        "авекмнорстухѕіјһԁԛԝүαβεζηικμνορτυχϲ",
        "abekmhopctyxsijhdqwyabezhikmnoptyxc",
        strict=True,
    )
)
_ZERO_CIRCLES = "○◯⭕"
_STOP = re.compile(r"(?<!\d)\.|\.(?!\d)")
_MIDDLE_DOT_LETTERS = "ㆍᆞ"
_FIRST_BEYOND_EUROPE = 0x530
_FIRST_IDEOGRAPH = 0x2E80
_IDEOGRAPHIC_PLANES = range(0x20000, 0x40000)


@lru_cache(maxsize=1)
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _is_kept(character: str) -> bool:
    """Letters and numbers, and what the Unicode tables of this Python cannot know yet.

    Newer ideographs are unassigned there, and rare characters of names arrive from GB 18030 in the
    private use area: a name must not lose a character for either reason.
    """
    category = unicodedata.category(character)
    return category[0] in "LN" or category == "Co" or ord(character) in _IDEOGRAPHIC_PLANES


def _without_accent(character: str) -> str:
    """Return the base of an accented European letter: é arrives composed and decomposed."""
    base = unicodedata.normalize("NFD", character)[:1]
    return base if base and ord(base) < _FIRST_BEYOND_EUROPE else character


def _fold_step(character: str) -> str:
    if character in _ZERO_CIRCLES:
        return "〇"
    if character in _MIDDLE_DOT_LETTERS:
        return ""
    folded = []
    compatible = unicodedata.normalize("NFKC", character).casefold()
    if len(compatible) > 1 and set(compatible) == {DECIMAL_POINT}:
        return ""  # an ellipsis is no decimal point
    for part in compatible:
        if part == DECIMAL_POINT:
            folded.append(part)
        elif _is_kept(part):
            letter = _without_accent(part)
            letter = _LOOK_ALIKES.get(letter, letter)
            folded.append(
                _simplifier().convert(letter) if ord(letter) >= _FIRST_IDEOGRAPH else letter
            )
    return "".join(folded)


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    """Fold until nothing changes: folding twice must equal folding once."""
    folded = _fold_step(character)
    while (again := "".join(map(_fold_step, folded))) != folded:
        folded = again
    return folded


class _FoldTable(dict[int, str]):
    """Code point → folded text, filled as characters are met (for `str.translate`)."""

    def __missing__(self, code_point: int) -> str:
        folded = self[code_point] = _fold_character(chr(code_point))
        return folded


_TABLE = _FoldTable()
_FOLDED_AT_ONCE = 1_000


def fold(text: str) -> str:
    """Return `text` folded for searching; works for every str.

    Per character: NFKC, look-alike Cyrillic and Greek letters to Latin, circles to 〇, traditional
    to simplified, case folded, accents off; then everything but letters, numbers and the full
    stop (decimal point) is dropped: punctuation, brackets, spaces, invisible characters.
    """
    return text.translate(_TABLE)


class _FoldedPoints:
    """Code point → folded code point as an array, filled as characters are met."""

    UNKNOWN, DROPPED, SEVERAL = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    """Not looked up yet; folds to nothing; folds to more than one character."""

    def __init__(self) -> None:
        self._points = np.full(0x110000, self.UNKNOWN, dtype=np.uint32)
        self._points[ord(SEPARATOR)] = ord(SEPARATOR)

    def __call__(self, points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        folded: npt.NDArray[np.uint32] = self._points[points]
        unknown = folded == self.UNKNOWN
        if unknown.any():
            met = np.zeros(len(self._points), dtype=np.bool_)
            met[points[unknown]] = True
            for point in np.flatnonzero(met).tolist():
                self._points[point] = self._folded(point)
            folded = self._points[points]
        return folded

    def _folded(self, point: int) -> int:
        text = _TABLE[point]
        return ord(text) if len(text) == 1 else self.SEVERAL if text else self.DROPPED


@lru_cache(maxsize=1)
def _folded_points() -> _FoldedPoints:
    return _FoldedPoints()


def fold_all(texts: Sequence[str]) -> list[str]:
    """Return what `fold` makes of each text, many at a time."""
    folded: list[str] = []
    for first in range(0, len(texts), _FOLDED_AT_ONCE):
        folded += _fold_some(texts[first : first + _FOLDED_AT_ONCE])
    return folded


def _fold_some(texts: Sequence[str]) -> list[str]:
    joined = SEPARATOR.join([text.replace(SEPARATOR, "") for text in texts])
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    folded = _folded_points()(points)
    several = np.flatnonzero(folded == _FoldedPoints.SEVERAL)
    left = folded[folded < _FoldedPoints.SEVERAL]
    found = left.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass").split(SEPARATOR)
    if len(several):
        ends = np.flatnonzero(points == ord(SEPARATOR))
        for number in np.unique(np.searchsorted(ends, several)).tolist():
            found[number] = fold(texts[number])
    return found


def fold_name(text: str) -> str:
    """Return a name folded for searching: as `fold`, and without full stops (Co., Ltd. = CoLtd)."""
    return fold(text).replace(DECIMAL_POINT, "")


def fold_with_offsets(text: str) -> tuple[str, tuple[int, ...]]:
    """Return the folded text, and for each of its characters the code point offset it came from."""
    folded: list[str] = []
    offsets: list[int] = []
    for offset, character in enumerate(text):
        part = _TABLE[ord(character)]
        folded.append(part)
        offsets.extend([offset] * len(part))
    return "".join(folded), tuple(offsets)


def spans(original: str, folded_needle: str) -> tuple[tuple[int, int], ...]:
    """Return where `folded_needle` stands in `original`: (start, end) in code points, in order.

    The spans do not overlap. A needle that is found nowhere is looked for once more without full
    stops, as names are compared, but for those of decimal numbers. An empty needle has no spans.
    """
    folded, offsets = fold_with_offsets(original)
    found = _find(folded, offsets, folded_needle)
    if found or DECIMAL_POINT not in folded + folded_needle:
        return found
    stops = {match.start() for match in _STOP.finditer(folded)}
    return _find(
        _STOP.sub("", folded),
        tuple(offset for index, offset in enumerate(offsets) if index not in stops),
        _STOP.sub("", folded_needle),
    )


def _find(folded: str, offsets: tuple[int, ...], needle: str) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    position = folded.find(needle) if needle else -1
    while position >= 0:
        end = position + len(needle)
        start = offsets[position]
        # Two needles may meet inside one original character that folds to several.
        if not found or start >= found[-1][1]:
            found.append((start, offsets[end - 1] + 1))
        position = folded.find(needle, end)
    return tuple(found)
