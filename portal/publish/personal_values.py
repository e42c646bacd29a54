"""Which values in a raw record are personal, and so must never be published.

Only what can be nothing but a person's: a value that organisations, certificates or amounts carry
too would refuse publications that are right.
"""

import re
from collections.abc import Collection, Iterator

from portal import identifiers
from portal.publish.digit_runs import CHECK_X
from portal.publish.masks import MASK_CHARACTERS
from portal.publish.personal_numbers import NumberKind, find_numbers
from portal.publish.spelled_numbers import LONG_RUN, SHORTEST, mails, plain_number

SHORTEST_TOKEN = 8
"""Shorter values are skipped: they stand for too many other things."""

DIVIDER = "\x00"
"""Stands between texts that are looked at together; no number crosses it."""

_HIDDEN = re.compile(rf"[{re.escape(MASK_CHARACTERS)}]|[XxＸｘ]{{2}}")
_SERIES = "01234567890123456789 98765432109876543210"
_FEWEST_CHARACTERS = 4
_ID_INSIDE = re.compile(
    r"[1-9]\d{5}(?:18[5-9]|19\d|20\d)\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}", re.ASCII
)
_CARD_START = re.compile(r"62|955[89]|4|5[5-9]|60|68|69")
_MOBILE = re.compile(r"(?:(?:00)?86|0)?1[3-9]\d{9}", re.ASCII)
_PASSPORT = re.compile(r"[DEGHKPS][A-Z]?\d{7,8}", re.ASCII)
_MARKED = re.compile(r"(?:身份证|身份證|身份号|证件号)\D{0,12}$")
_MARKER_REACH = 20
_CHAT = re.compile(
    r"(?:(?:微信|WeChat|扣扣|QQ|ＱＱ)[^0-9A-Za-z，。；]{0,8}|\b[vw]x[^0-9A-Za-z，。；]{1,8})"
    r"([0-9A-Za-z]{8,20})(?![0-9A-Za-z])",
    re.IGNORECASE | re.ASCII,
)
_CHAT_DIGITS = 5
_CARD_LENGTHS = range(16, 20)
_CHAT_WORD = re.compile("微信|扣扣|[QqＱ][QqＱ]|[VvWw](?:[Xx]|[Ee][Cc]hat)")


def values_in(joined: str, own: Collection[str]) -> Iterator[str]:
    """Yield the folded personal values in texts joined by the divider, but for `own` ones."""
    done = -1
    for match in LONG_RUN.finditer(joined):
        run = match[0]
        if match.start() < done or run in own or not may_be_personal(run):
            continue
        start = joined.rfind(DIVIDER, 0, match.start()) + 1
        done = joined.find(DIVIDER, match.end())
        done = len(joined) if done < 0 else done
        yield from _numbers_in(joined[start:done])
    yield from mails(joined)
    if _CHAT_WORD.search(joined):
        yield from _chat_accounts(joined)


def generations(number: str) -> tuple[str, ...]:
    """Return a citizen's number in both its forms; born in another century it has only one."""
    if len(number) == identifiers.OLD_ID_LENGTH:
        return number, identifiers.upgrade_old_id(number)
    return (number, number[:6] + number[8:17]) if number[6:8] == "19" else (number,)


def is_personal(value: str) -> bool:
    """Tell whether a folded value can only be a person's: no code, no mask, no dummy, no date.

    Fifteen digits that are a registration number, or end in an organisation code as tax numbers
    do, are left out: organisations carry the same ones.
    """
    if len(value) < SHORTEST_TOKEN or _HIDDEN.search(value) or _is_dummy(value):
        return False
    if identifiers.is_org_code(value) and not _PASSPORT.fullmatch(value):
        return False
    if len(value) == identifiers.REGISTRATION_LENGTH and value.isdigit():
        return not identifiers.is_registration_number(value) and not identifiers.is_org_code(
            value[6:]
        )
    date_like = value.isdigit() and len(value) == SHORTEST_TOKEN and value[:2] in {"18", "19", "20"}
    return not date_like


def _is_dummy(value: str) -> bool:
    return len(set(value)) < _FEWEST_CHARACTERS or value in _SERIES


def _chat_accounts(text: str) -> Iterator[str]:
    """Yield the chat accounts that a word announces, those with enough digits to be no word."""
    for match in _CHAT.finditer(text):
        account = plain_number(match[1])
        if sum(map(str.isdigit, account)) >= _CHAT_DIGITS:
            yield account


def may_be_personal(run: str) -> bool:
    """Tell of a run of digits whether `find_numbers` may find a sure number in it, in some text.

    A quick look: of the usual run, an organisation's code or a date, it tells that it is nobody's.
    """
    if run[-1] in CHECK_X:
        run = run[:-1]
    if not (run.isascii() and run.isdigit()):
        return len(plain_number(run)) >= SHORTEST
    if len(run) > identifiers.OLD_ID_LENGTH:
        card = len(run) in _CARD_LENGTHS and _CARD_START.match(run) is not None
        return card or _ID_INSIDE.search(run) is not None
    if len(run) == identifiers.OLD_ID_LENGTH:
        return identifiers.is_old_id_number(run) or _MOBILE.fullmatch(run) is not None
    return _MOBILE.fullmatch(run) is not None


def _numbers_in(text: str) -> Iterator[str]:
    """Yield the personal numbers of one text that prove themselves, or are marked and dated."""
    for span in find_numbers(text):
        number = plain_number(text[span.start : span.end])
        if span.kind is NumberKind.PHONE:
            yield number[-SHORTEST:]
        elif span.certain and span.kind is NumberKind.CARD:
            yield number
        elif span.kind is NumberKind.ID:
            # Fifteen digits alone may be a certificate's that stands elsewhere with good reason.
            sure = span.certain and len(number) != identifiers.OLD_ID_LENGTH
            if sure or _is_marked(text, span.start, number):
                yield from _ids_in(number)


def _is_marked(text: str, start: int, number: str) -> bool:
    """Tell whether a number with a birth date in it follows a word for an ID."""
    if not identifiers.id_birth_date(number):
        return False
    return _MARKED.search(text[max(0, start - _MARKER_REACH) : start]) is not None


def _ids_in(number: str) -> Iterator[str]:
    """Yield both generations of an ID number, of each where two overlap."""
    if len(number) <= identifiers.ID_LENGTH:
        yield from generations(number)
        return
    for begin in range(len(number) - identifiers.ID_LENGTH + 1):
        window = number[begin : begin + identifiers.ID_LENGTH]
        if identifiers.is_id_number(window):
            yield from generations(window)
