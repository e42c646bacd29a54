"""What must never be published: the personal values of the registry, as keyed digests.

Collected while records pass on their way to a snapshot; the leak gate then looks for them in its
files. A digest is eight bytes of BLAKE2b under a key that lives as long as the process, so that
this memory tells nobody anything, and a million values take eight megabytes.
"""

import hashlib
import mmap
import os
import re
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterator

import numpy as np

from portal import identifiers
from portal.publish.digit_runs import CHECK_X
from portal.publish.masks import MASK_CHARACTERS
from portal.publish.personal_numbers import NumberKind, find_numbers
from portal.publish.spelled_numbers import (
    ENDING,
    LONG_RUN,
    LONGEST,
    SHORTEST,
    Sought,
    digit_strings,
    holds,
    mails,
    may_hold,
    plain_number,
    tokens,
)
from portal.records import StoredRecord, SubjectKind

SHORTEST_TOKEN = 8
"""Shorter values are skipped: they stand for too many other things."""

_DIVIDER = "\x00"
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
_CHAT_LONG_RUN = 5
_CARD_LENGTHS = range(16, 20)
_CHAT_WORD = re.compile("微信|扣扣|[QqＱ][QqＱ]|[VvWw](?:[Xx]|[Ee][Cc]hat)")
_ENDING = re.compile(r"[A-Z]{0,3}(\d{6,10})", re.ASCII)
_FILTER = 1 << 24
_REMEMBERED = 200_000


class RawValues:
    """The personal values of the records added, as digests; it cannot give them back.

    Takes ID numbers of subjects and representatives (`id_fields` are the fields that hold one),
    each with its other generation's form (15 ↔ 18 digits), and from all other texts the personal
    numbers that prove themselves, e-mail addresses and chat accounts. Not personal, and so not
    taken: organisations' codes, registration numbers, what a source masked, dummies, what is
    shorter than eight characters.
    """

    def __init__(self, id_fields: Collection[str] = ("id_number", "representative_id")) -> None:
        self._id_fields = frozenset(id_fields)
        self._key = os.urandom(hashlib.blake2b.MAX_KEY_SIZE)
        self._digests = array("Q")
        self._is_sorted = True
        # A first look that costs less than a digest; Python's own hash of a text is keyed too. As a
        # map it takes only the pages that are used.
        self._filter = mmap.mmap(-1, _FILTER)
        self._lengths: set[int] = set()
        self._token_lengths: set[int] = set()
        self._innocent: set[str] = set()

    def __len__(self) -> int:
        """Return the number of distinct values."""
        self._sort()
        digests = np.frombuffer(self._digests, dtype=np.uint64)
        return len(digests) and 1 + int(np.count_nonzero(digests[1:] != digests[:-1]))

    def add(self, record: StoredRecord) -> None:
        """Take the personal values of one record."""
        subject, values = record.subject, record.values
        person = subject.kind is SubjectKind.PERSON
        own = {subject.id_number}
        if subject.id_number:
            self._add_number(subject.id_number, person=person)
        for name in self._id_fields:
            value = values.get(name, "")
            if value not in own:
                own.add(value)
                self._add_number(value, person=person or name != "id_number")
        for value in self._values_in(_DIVIDER.join(values.values()), own):
            self._keep(value)

    def stand_in(self, text: str, runs: Collection[str] | None = None) -> bool:
        """Tell whether one of the values stands in the text, in any spelling.

        `runs` are the text's `digit_strings`, where the caller has them already.
        """
        self._sort()
        sought = Sought(self._holds, self._filter, tuple(self._lengths))
        for run in digit_strings(text) if runs is None else runs:
            if run not in self._innocent:
                if may_hold(run, sought):
                    if holds(text, run, sought):
                        return True
                elif len(self._innocent) < _REMEMBERED:
                    self._innocent.add(run)
        if self._token_lengths and any(map(self._holds, tokens(text, self._token_lengths))):
            return True
        return any(map(self._holds, mails(text)))

    def _values_in(self, joined: str, own: Collection[str]) -> Iterator[str]:
        """Yield the folded personal values in texts joined by the divider, but for `own` ones."""
        done = -1
        for match in LONG_RUN.finditer(joined):
            run = match[0]
            if match.start() < done or run in own or not may_be_personal(run):
                continue
            start = joined.rfind(_DIVIDER, 0, match.start()) + 1
            done = joined.find(_DIVIDER, match.end())
            done = len(joined) if done < 0 else done
            yield from _numbers_in(joined[start:done])
        yield from mails(joined)
        if _CHAT_WORD.search(joined):
            yield from _chat_accounts(joined)

    def _add_number(self, value: str, *, person: bool) -> None:
        """Take an ID number; of an organisation only what is a citizen's beyond doubt."""
        number = plain_number(value)
        if identifiers.is_id_number(number) or identifiers.is_old_id_number(number):
            if person or not identifiers.is_uscc(number):
                for form in _generations(number):
                    self._keep(form)
        elif person and not identifiers.is_uscc(number):
            self._keep(number)

    def _keep(self, value: str) -> None:
        """Keep the digest of a folded value, unless it is not personal or could be anything."""
        if not _is_personal(value):
            return
        self._filter[hash(value) & (_FILTER - 1)] = 1
        self._digests.append(self._digest(value))
        self._is_sorted = False
        self._innocent.clear()
        if value.rstrip("X").isdigit() and SHORTEST <= len(value) <= LONGEST:
            self._lengths.add(len(value))
        elif value.isascii() and value.isalnum():
            self._token_lengths.add(len(value))
            if ending := _ENDING.fullmatch(value):
                self._filter[hash(ENDING + ending[1]) & (_FILTER - 1)] = 1

    def _holds(self, value: str) -> bool:
        """Tell whether a folded value is one of those kept."""
        if not self._filter[hash(value) & (_FILTER - 1)]:
            return False
        digest = self._digest(value)
        place = bisect_left(self._digests, digest)
        return place < len(self._digests) and self._digests[place] == digest

    def _digest(self, value: str) -> int:
        keyed = hashlib.blake2b(value.encode(), digest_size=8, key=self._key)
        return int.from_bytes(keyed.digest(), "big")

    def _sort(self) -> None:
        if not self._is_sorted:
            np.frombuffer(self._digests, dtype=np.uint64).sort()  # in place
            self._is_sorted = True


def _generations(number: str) -> tuple[str, ...]:
    """Return a citizen's number in both its forms; born in another century it has only one."""
    if len(number) == identifiers.OLD_ID_LENGTH:
        return number, identifiers.upgrade_old_id(number)
    return (number, number[:6] + number[8:17]) if number[6:8] == "19" else (number,)


def _is_personal(value: str) -> bool:
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
        if sum(map(str.isdigit, account)) >= _CHAT_LONG_RUN:
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
        yield from _generations(number)
        return
    for begin in range(len(number) - identifiers.ID_LENGTH + 1):
        window = number[begin : begin + identifiers.ID_LENGTH]
        if identifiers.is_id_number(window):
            yield from _generations(window)
