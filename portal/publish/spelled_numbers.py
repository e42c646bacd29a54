"""Read numbers out of text in whatever spelling they stand, to compare them with known ones.

Spaces, dashes and dots between digits, full-width digits, Chinese numerals, a lower-case check
character. Unlike `portal.publish.personal_numbers` nothing here judges what a number is: these are
all the places where a known number could stand.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Container, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from mmap import mmap

from portal.identifiers import fold_code
from portal.publish.digit_runs import CHECK_X, SEPARATOR
from portal.publish.masks import MASK_CHARACTERS

SHORTEST, LONGEST = 11, 19
"""Lengths of the numbers that are looked for by their digits; others are tokens."""

_NUMERALS = "〇零一二三四五六七八九○幺壹贰叁肆伍陆柒捌玖"
_PLAIN = "0123456789"
_CODE_POINTS = (*range(0x80, 0x10000), *range(0x1D7CE, 0x1D800))
_DECIMALS = [c for c in map(chr, _CODE_POINTS) if c.isdecimal()]
# The mathematical digits as a range: one by one they would slow every search down.
_OTHER = "".join(c for c in _DECIMALS if c <= "\uffff") + "\U0001d7ce-\U0001d7ff"
_DIGIT = _PLAIN + _OTHER + _NUMERALS
_LETTER = "A-Za-zＡ-Ｚａ-ｚ"
_ASCII: dict[int, str] = {
    **{ord(c): str(unicodedata.decimal(c)) for c in _DECIMALS},
    **dict(zip(map(ord, _NUMERALS), "0012345678901123456789", strict=True)),
    **dict.fromkeys(map(ord, CHECK_X), "X"),
}

# Looking back at once spares a second try from every digit of a run that is too short.
_FIRST = f"[{_DIGIT}](?<![{_DIGIT}].)"
_NEXT = f"[{SEPARATOR}]{{0,3}}[{_DIGIT}]"
_CHECK = f"(?:[{SEPARATOR}]{{0,3}}[{CHECK_X}])?"
_RUN = re.compile(f"{_FIRST}(?:{_NEXT}){{5,}}{_CHECK}")
"""A run of six digits and more in any spelling, with a check character."""

LONG_RUN = re.compile(f"{_FIRST}(?:{_NEXT}){{10,}}{_CHECK}")
"""A run of eleven digits and more in any spelling, with a check character."""

_HIDING = (*MASK_CHARACTERS, "XX", "xx", "Xx", "xX", "Ｘ", "ｘ")
_MASK = re.escape(MASK_CHARACTERS) + "XxＸｘ"
_SHOWN = rf"{_MASK}{_DIGIT}"
_MASKED = re.compile(
    rf"{_FIRST}[{_DIGIT} \-]{{0,20}}[{_MASK}]{{2}}(?:[{_SHOWN} \-]{{0,40}}[{_SHOWN}])?"
)
_BLOCK = re.compile(rf"[{_DIGIT}{CHECK_X}]+")
_SCRIPT = re.compile(rf"[{_PLAIN}]+|[{_OTHER}]+|[{_NUMERALS}]+|[{CHECK_X}]")
_CHARACTER = re.compile(rf"[{_DIGIT}{CHECK_X}]")
_PREFIXED = re.compile(r"(?:(?:00)?86|0)(1\d{10})", re.ASCII)
_TOKEN = re.compile(r"[0-9A-Za-z]{8,}")
_MAIL_CHARACTER = r"A-Za-z0-9Ａ-Ｚａ-ｚ０-９._%+\-"
_AT = re.compile("[@＠]")
_MAIL_NAME = 64
_MAIL_BEFORE = re.compile(rf"([{_MAIL_CHARACTER}]+)\s?\Z")
_MAIL_AFTER = re.compile(rf"\s?([{_MAIL_CHARACTER}]{{2,120}})")
_CONTACT = re.compile(r"(?:tel|phone|mobile|mob|vx|wx|wechat|weixin|qq|dh|sj|tx)?", re.IGNORECASE)
_LATIN_BEFORE, _LATIN_AFTER = re.compile(r"[0-9A-Za-z]*\Z"), re.compile(r"[0-9A-Za-z]*")
_LETTERS_BEFORE = re.compile(rf"(?<![{_LETTER}{_DIGIT}])([{_LETTER}]{{0,3}})[{SEPARATOR}]{{0,2}}\Z")
_LATIN_OR_DIGIT = re.compile(f"[{_LETTER}{_DIGIT}]")
_REACH = 24

_FREE, _OLD_ID = 16, 15
_FEWEST_TAIL, LONGEST_TAIL = 6, 10
_ENDING = re.compile(r"[A-Z]{0,3}(\d{6,10})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for. `known` tells whether a folded number is one of them, surely.

    `ends` tells whether a known token of up to three letters and digits ends in these digits.
    `seen` is a first look that costs less: a power of two of bytes, 1 at the `hash` of every known
    number modulo its size. `lengths` are those of the numbers without letters, 11 to 19.
    """

    known: Callable[[str], bool]
    ends: Callable[[str], bool]
    seen: mmap
    lengths: Collection[int]


@dataclass(frozen=True, slots=True)
class Run:
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
    return _RUN.findall(text)


def masked_numbers(text: str) -> list[str]:
    """Return the numbers in a text that begin with digits and are masked, as written."""
    for character in _HIDING:
        if character in text:
            return _MASKED.findall(text)
    return []


def tokens(text: str, lengths: Container[int]) -> set[str]:
    """Return the whole tokens of `lengths` (8 and more) ASCII letters and digits, in capitals."""
    return {token.upper() for token in _TOKEN.findall(text) if len(token) in lengths}


def mails(text: str) -> Iterator[str]:
    """Yield the e-mail addresses in a text, folded."""
    for at in _AT.finditer(text) if "@" in text or "＠" in text else ():
        before = _MAIL_BEFORE.search(text[max(0, at.start() - _MAIL_NAME) : at.start()])
        after = _MAIL_AFTER.match(text, at.end())
        if before and after:
            address = unicodedata.normalize("NFKC", f"{before[1]}@{after[1]}")
            yield address.rstrip(".").lower()


def may_hold(run: str, sought: Sought) -> bool:
    """Tell whether a run of digits holds something sought, whatever stands around it."""
    read = read_run(run)
    return bool(_numbers(read, sought) or _tails(read, sought))


def holds(text: str, run: str, sought: Sought) -> bool:
    """Tell whether a number sought stands in a run of digits, wherever the text has that run.

    Of 16 digits and more: anywhere, inside longer numbers too. Of 15: within one block of digits or
    as whole groups, since dates and serials must not add up to an old ID. Of 11 to 14: as whole
    groups, with a country or trunk prefix or without, beside no Latin letters but those that
    announce a contact. Shorter or with letters before: as a whole token.
    """
    place = text.find(run)
    while place >= 0:
        if _stands_at(text, place, run, sought):
            return True
        place = text.find(run, place + 1)
    return False


def _stands_at(text: str, place: int, run: str, sought: Sought) -> bool:
    """Tell whether something sought stands in the run of digits at `place`."""
    read = read_run(run)
    places = [place + found.start() for found in _CHARACTER.finditer(run)]
    for begin, end in _numbers(read, sought):
        if end - begin >= _OLD_ID or _is_alone(text, places[begin], places[end - 1] + 1):
            return True
    return any(
        _is_token(text, places[begin], places[end - 1] + 1, read.digits[begin:end], sought)
        for begin, end in _tails(read, sought)
    )


def read_run(text: str) -> Run:
    """Return the digits of one of the `digit_strings` with its divisions."""
    if text.isascii() and text.isdigit():
        return Run(text, (), (0, len(text)))
    blocks = _BLOCK.findall(text)
    groups = [group for block in blocks for group in _SCRIPT.findall(block)]
    return Run(
        "".join(blocks).translate(_ASCII),
        tuple(accumulate(map(len, blocks))),
        (0, *accumulate(map(len, groups))),
    )


def _numbers(run: Run, sought: Sought) -> list[tuple[int, int]]:
    """Return where known numbers of the lengths sought begin and end in a run."""
    digits, starts, seen, mask = run.digits, run.starts, sought.seen, len(sought.seen) - 1
    found = []
    for length in sought.lengths:
        last = len(digits) - length
        begins = range(last + 1) if length >= _OLD_ID else starts
        for begin in begins:
            end = begin + length
            if (
                begin <= last
                and seen[hash(digits[begin:end]) & mask]
                and (length >= _FREE or _is_whole(run, begin, end))
                and sought.known(digits[begin:end])
            ):
                found.append((begin, end))
    if SHORTEST in sought.lengths and len(digits) > SHORTEST:
        for begin, end in pairwise(starts):
            prefixed = _PREFIXED.fullmatch(digits, begin, end)
            if prefixed and sought.known(prefixed[1]):
                found.append((begin, end))
    return found


def _is_whole(run: Run, begin: int, end: int) -> bool:
    """Tell whether digits are whole groups; an old ID may also lie within one block of digits."""
    if begin in run.starts and end in run.starts:
        return True
    return end - begin == _OLD_ID and not any(begin < gap < end for gap in run.gaps)


def ending_of(token: str) -> str:
    """Return the digits at the end of a token of up to three letters and six to ten digits."""
    found = _ENDING.fullmatch(token)
    return found[1] if found else ""


def tails_of(run: Run) -> list[tuple[int, int]]:
    """Return where whole groups, six to ten digits in all, begin and end in a run."""
    return [
        (begin, end)
        for index, begin in enumerate(run.starts)
        for end in run.starts[index + 1 : index + 1 + LONGEST_TAIL]
        if _FEWEST_TAIL <= end - begin <= LONGEST_TAIL
    ]


def _tails(run: Run, sought: Sought) -> list[tuple[int, int]]:
    """Return where whole groups may end a known token."""
    return [(begin, end) for begin, end in tails_of(run) if sought.ends(run.digits[begin:end])]


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
        or (not _LATIN_OR_DIGIT.match(text, max(0, start - 1), start) and sought.known(digits))
    )
