"""Read numbers out of text in whatever spelling they stand, to compare them with known ones.

Spaces, dashes and dots between digits, full-width digits, Chinese numerals, a lower-case check
character. Unlike `portal.publish.personal_numbers` nothing here judges what a number is: these are
all the places where a known number could stand.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

from portal.identifiers import fold_code
from portal.publish.digit_runs import CHECK_X, SEPARATOR

SHORTEST, LONGEST = 11, 19
"""Lengths of the numbers that are looked for by their digits; others are tokens."""

_NUMERALS = "〇零一二三四五六七八九○幺壹贰叁肆伍陆柒捌玖"
_PLAIN = "0123456789"
_OTHER = "".join(c for c in map(chr, range(0x80, 0x10000)) if c.isdecimal())
_DIGIT = _PLAIN + _OTHER + _NUMERALS
_LETTER = "A-Za-zＡ-Ｚａ-ｚ"
_ASCII = {
    **{ord(c): str(unicodedata.decimal(c)) for c in _OTHER},
    **str.maketrans(_NUMERALS, "0012345678901123456789"),
    **dict.fromkeys(map(ord, CHECK_X), "X"),
}

DIGITS = re.compile(
    rf"[{_DIGIT}](?:[{SEPARATOR}]{{0,3}}[{_DIGIT}]){{5,}}(?:[{SEPARATOR}]{{0,3}}[{CHECK_X}])?"
)
"""A run of six digits and more, with a check character at its end, in any spelling."""

_BLOCK = re.compile(rf"[{_DIGIT}{CHECK_X}]+")
_SCRIPT = re.compile(rf"[{_PLAIN}]+|[{_OTHER}]+|[{_NUMERALS}]+|[{CHECK_X}]")
_CHARACTER = re.compile(rf"[{_DIGIT}{CHECK_X}]")
_PREFIXED = re.compile(r"(?:(?:00)?86|0)(1\d{10})", re.ASCII)
_TOKEN = re.compile(r"[0-9A-Za-z]{8,}")
_MAIL_CHARACTER = r"A-Za-z0-9Ａ-Ｚａ-ｚ０-９._%+\-"
_MAIL = re.compile(rf"[{_MAIL_CHARACTER}]{{1,64}}\s?[@＠]\s?[{_MAIL_CHARACTER}]{{2,120}}")
_CONTACT = re.compile(r"(?:tel|phone|mobile|mob|vx|wx|wechat|weixin|qq|dh|sj|tx)?", re.IGNORECASE)
_LATIN_BEFORE, _LATIN_AFTER = re.compile(r"[0-9A-Za-z]*\Z"), re.compile(r"[0-9A-Za-z]*")
_LETTERS_BEFORE = re.compile(rf"(?<![{_LETTER}{_DIGIT}])([{_LETTER}]{{0,3}})[{SEPARATOR}]{{0,2}}\Z")
_LATIN_OR_DIGIT = re.compile(f"[{_LETTER}{_DIGIT}]")
_REACH = 24

_FREE, _OLD_ID = 16, 15
_FEWEST_TAIL, _LONGEST_TAIL = 6, 10
_LONGEST_TOKEN = 20


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for. `known` tells whether a folded number is one of them, surely.

    `ends` tells whether some token of up to three letters and digits may end in these digits.
    `lengths` are the lengths of the numbers without letters, 11 to 19.
    """

    known: Callable[[str], bool]
    ends: Callable[[str], bool]
    lengths: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Run:
    """Digits in ASCII, the indices where separators divide them, and where groups begin or end.

    A change of script begins a group too, and so does a check character.
    """

    digits: str
    gaps: tuple[int, ...]
    starts: tuple[int, ...]


def plain_number(text: str) -> str:
    """Return a number in its one spelling: ASCII digits, upper case, no separators."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return fold_code(text.translate(_ASCII))


def digit_strings(text: str) -> list[str]:
    """Return the runs of six digits and more in a text, as written, with a check character."""
    return DIGITS.findall(text)


def tokens(text: str) -> list[str]:
    """Return the whole tokens of 8 to 20 ASCII letters and digits in a text, as written."""
    return [token for token in _TOKEN.findall(text) if len(token) <= _LONGEST_TOKEN]


def mails(text: str) -> Iterator[str]:
    """Yield the e-mail addresses in a text, folded."""
    if "@" in text or "＠" in text:
        for match in _MAIL.finditer(text):
            yield "".join(unicodedata.normalize("NFKC", match[0]).split()).rstrip(".").lower()


def may_hold(run: str, sought: Sought) -> bool:
    """Tell whether a run of digits holds something sought, whatever stands around it."""
    read = _read(run)
    return any(True for _ in _numbers(read, sought)) or any(
        sought.ends(read.digits[begin:end]) for begin, end in _tails(read)
    )


def holds(text: str, sought: Sought) -> bool:
    """Tell whether a number sought stands in the text.

    Of 16 digits and more: anywhere, inside longer numbers too. Of 15: within one block of digits or
    as whole groups, since dates and serials must not add up to an old ID. Of 11 to 14: as whole
    groups, with a country or trunk prefix or without, beside no Latin letters but those that
    announce a contact. Shorter or with letters before: as a whole token.
    """
    return any(_in_run(text, match, sought) for match in DIGITS.finditer(text))


def _in_run(text: str, match: re.Match[str], sought: Sought) -> bool:
    """Tell whether something sought stands in one run of digits, by its surroundings."""
    run = _read(match[0])
    places = [match.start() + found.start() for found in _CHARACTER.finditer(match[0])]
    for begin, end in _numbers(run, sought):
        if end - begin >= _OLD_ID or _is_alone(text, places[begin], places[end - 1] + 1):
            return True
    return any(
        sought.ends(run.digits[begin:end])
        and _is_token(text, places[begin], places[end - 1] + 1, run.digits[begin:end], sought)
        for begin, end in _tails(run)
    )


def _read(text: str) -> _Run:
    """Return the digits of a run with its divisions."""
    if text.isascii() and text.isdigit():
        return _Run(text, (), (0, len(text)))
    blocks = _BLOCK.findall(text)
    groups = [group for block in blocks for group in _SCRIPT.findall(block)]
    return _Run(
        "".join(blocks).translate(_ASCII),
        tuple(accumulate(map(len, blocks))),
        (0, *accumulate(map(len, groups))),
    )


def _numbers(run: _Run, sought: Sought) -> Iterator[tuple[int, int]]:
    """Yield where known numbers of the lengths sought begin and end in a run."""
    digits, known = run.digits, sought.known
    for length in sought.lengths:
        if length >= _OLD_ID:
            for begin in range(len(digits) - length + 1):
                end = begin + length
                if known(digits[begin:end]) and (length >= _FREE or _is_whole(run, begin, end)):
                    yield begin, end
        elif len(digits) >= length:
            for begin in run.starts:
                if begin + length in run.starts and known(digits[begin : begin + length]):
                    yield begin, begin + length
    if SHORTEST in sought.lengths and len(digits) > SHORTEST:
        for begin, end in pairwise(run.starts):
            prefixed = _PREFIXED.fullmatch(digits, begin, end)
            if prefixed and known(prefixed[1]):
                yield begin, end


def _is_whole(run: _Run, begin: int, end: int) -> bool:
    """Tell whether digits lie within one block, or are whole groups."""
    if begin in run.starts and end in run.starts:
        return True
    return not any(begin < gap < end for gap in run.gaps)


def _tails(run: _Run) -> Iterator[tuple[int, int]]:
    """Yield where whole groups of six to ten digits in all begin and end."""
    for index, begin in enumerate(run.starts):
        for end in run.starts[index + 1 :]:
            if end - begin > _LONGEST_TAIL:
                break
            if end - begin >= _FEWEST_TAIL:
                yield begin, end


def _is_alone(text: str, start: int, end: int) -> bool:
    """Tell whether the Latin letters at both ends, if any, announce a contact."""
    before = _LATIN_BEFORE.search(text[max(0, start - _REACH) : start])
    after = _LATIN_AFTER.match(text[end : end + _REACH])
    return all(found and _CONTACT.fullmatch(found[0]) for found in (before, after))


def _is_token(text: str, start: int, end: int, digits: str, sought: Sought) -> bool:
    """Tell whether digits are a known token, alone or with the letters before them."""
    if _LATIN_OR_DIGIT.match(text, end):
        return False
    before = _LETTERS_BEFORE.search(text[max(0, start - _REACH) : start])
    return before is not None and (
        (bool(before[1]) and sought.known(plain_number(before[1]) + digits))
        or (not text[start - 1 : start].isalnum() and sought.known(digits))
    )
