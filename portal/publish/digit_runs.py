"""Read digits in running text whatever their dress: a run of them, its groups, its surroundings.

Spaces, dashes, full-width and other digits, Chinese numerals. Nothing here knows what a number
means; `portal.publish.personal_numbers` does.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_NUMERALS = "〇零一二三四五六七八九"
_CHINESE = dict(zip(_NUMERALS + "○幺壹贰叁肆伍陆柒捌玖", "0012345678901123456789", strict=True))
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
DIGIT = r"\d" + "".join(_CHINESE)
"""Digits, for use inside a regular expression's brackets."""

SEPARATOR = rf"\s\-_.·‐-―−－﹣{_INVISIBLE}"
"""What may stand between the digits of one number, for use inside brackets."""

CHECK_X = "XxＸｘХх×"
"""The ways to write the check character X, and the letters taken for it."""

_RUN = re.compile(
    rf"[{DIGIT}](?:[{SEPARATOR}]{{0,3}}[{DIGIT}]){{10,}}(?:[{SEPARATOR}]{{0,3}}[{CHECK_X}])?"
)
_GROUP = re.compile(rf"[{DIGIT}]+[{SEPARATOR}]*")
_CONTEXT = 24
_BOUNDS = frozenset(("", '"', "；"))
_TOKEN_REACH = 64
_DIGEST = 32


@dataclass(frozen=True, slots=True)
class DigitRun:
    """Digits that stand together but for separators: `digits` in ASCII, their places in the text.

    `starts` are the indices in `digits` where a group begins, with the total length at the end.
    """

    text: str
    digits: str
    places: list[int]
    starts: list[int]

    def end(self, index: int) -> int:
        """Return the place in the text after the digit before `index`."""
        return self.places[index - 1] + 1

    def before(self, index: int) -> str:
        """Return the text in front of the digit at `index`, as much as a marker needs."""
        place = self.places[index]
        return self.text[max(0, place - _CONTEXT) : place]

    def is_value(self, begin: int, end: int) -> bool:
        """Tell whether the digits from `begin` to `end` are all of the text, or of a quoted value.

        The parts of an enumeration (`；`) are values too.
        """
        before = self.text[: self.places[begin]][-_CONTEXT:].rstrip()
        after = self.text[self.end(end) : self.end(end) + _CONTEXT].lstrip()
        return before[-1:] in _BOUNDS and after[:1] in _BOUNDS

    def stands_alone(self, begin: int, end: int) -> bool:
        """Tell whether no Latin letter touches the digits from `begin` to `end`."""
        before, after = self.places[begin], self.end(end)
        return not (before and is_latin(self.text[before - 1])) and not (
            after < len(self.text) and is_latin(self.text[after])
        )


def plain_digits(text: str) -> str:
    """Return text with Chinese numerals and every kind of decimal digit as ASCII digits."""
    return "".join(_digit(c) or c for c in text)


def _digit(character: str) -> str:
    """Return the ASCII digit that a character stands for, or an empty string."""
    if character in _CHINESE:
        return _CHINESE[character]
    value = unicodedata.decimal(character, None)
    return "" if value is None else str(value)


def digit_runs(text: str) -> Iterator[DigitRun]:
    """Yield the runs of eleven digits and more in a text, without what belongs to a digest."""
    for match in _RUN.finditer(text):
        rest = _without_digest(text, match)
        if rest:
            yield _run_of(text, rest)


def _without_digest(text: str, match: re.Match[str]) -> re.Match[str] | None:
    """Return a run without its first group where that is the end of a hexadecimal digest."""
    group = _GROUP.match(text, match.start(), match.end())
    end = group.end() if group else match.end()
    return _RUN.match(text, end, match.end()) if _is_digest(text, match.start(), end) else match


def _run_of(text: str, match: re.Match[str]) -> DigitRun:
    """Return a run with its groups: a separator or a change of script begins a new group."""
    digits: list[str] = []
    places: list[int] = []
    starts: list[int] = []
    last, chinese = -2, False
    for place in range(match.start(), match.end()):
        character = text[place]
        value = _digit(character) or ("X" if character in CHECK_X else "")
        if not value:
            continue
        now_chinese = character in _CHINESE
        if place != last + 1 or (now_chinese != chinese and value != "X"):
            starts.append(len(digits))
        digits.append(value)
        places.append(place)
        last, chinese = place, now_chinese
    starts.append(len(digits))
    return DigitRun(text, "".join(digits), places, starts)


def _is_digest(text: str, start: int, end: int) -> bool:
    """Tell whether a run lies inside a long hexadecimal digest, which names nobody."""
    left, right = start, end
    while right > start and not is_latin(text[right - 1]):
        right -= 1
    while left > 0 and start - left < _TOKEN_REACH and is_latin(text[left - 1]):
        left -= 1
    while right < len(text) and right - end < _TOKEN_REACH and is_latin(text[right]):
        right += 1
    token = text[left:right].lower()
    letters = set(token) - set("0123456789")
    return len(token) >= _DIGEST and bool(letters) and letters <= set("abcdef")


def is_latin(character: str) -> bool:
    """Tell whether a character is an ASCII letter or digit."""
    return character.isascii() and character.isalnum()
