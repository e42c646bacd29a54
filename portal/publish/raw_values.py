"""What must never be published: the personal values of the registry, as keyed digests.

Collected while records pass on their way to a snapshot; the leak gate then looks for them in its
files. A digest is eight bytes of BLAKE2b under a key that lives as long as the process, so that
this memory tells nobody anything, and a million values take eight megabytes.
"""

import mmap
from collections.abc import Callable, Collection
from dataclasses import dataclass

from portal import identifiers
from portal.publish.digests import DigestArray, DigestKey, DigestSet
from portal.publish.personal_values import (
    DIVIDER,
    SHORTEST_TOKEN,
    generations,
    is_personal,
    values_in,
)
from portal.publish.spelled_numbers import (
    LONGEST,
    SHORTEST,
    Sought,
    digit_strings,
    ending_of,
    holds,
    mails,
    may_hold,
    plain_number,
    tokens,
)
from portal.records import StoredRecord, SubjectKind

_LONGEST_TOKEN = 1 << 16
_FILTER = 1 << 24
_REMEMBERED = 200_000


@dataclass(frozen=True, slots=True)
class KnownValues:
    """Digests of personal values, and of the digits in which short ones of them end."""

    values: DigestSet
    endings: DigestSet


class RawValues:
    """The personal values of the records added, as digests; it cannot give them back.

    Takes ID numbers of subjects and representatives (`id_fields` are the fields that hold one),
    each with its other generation's form (15 ↔ 18 digits), and from all other texts the personal
    numbers that prove themselves, e-mail addresses and chat accounts. Not personal, and so not
    taken: organisations' codes, registration numbers, what a source masked, dummies, what is
    shorter than eight characters.
    """

    def __init__(
        self,
        id_fields: Collection[str] = ("id_number", "representative_id"),
        *,
        key: DigestKey | None = None,
        known: KnownValues | None = None,
        on_new: Callable[[str], None] | None = None,
    ) -> None:
        """Start with no value, or with those `known` that an earlier publish collected under `key`.

        `on_new` is called with each value that is not among them, before it is taken.
        """
        self._id_fields = frozenset(id_fields)
        self._key = key or DigestKey()
        self.known = known or KnownValues(DigestArray(), DigestArray())
        self._on_new = on_new
        # A first look that costs less than a digest; Python's own hash of a text is keyed too. As a
        # map it takes only the pages that are used. Of values known before it can tell nothing.
        self._filter = mmap.mmap(-1, 1 if known else _FILTER)
        self._mask = len(self._filter) - 1
        self._lengths: set[int] = set()
        self._token_lengths: set[int] = set()
        if known:
            self._filter[0] = 1
            self._lengths.update(range(SHORTEST, LONGEST + 1))
            self._token_lengths.update(range(SHORTEST_TOKEN, _LONGEST_TOKEN))
        self._innocent: set[str] = set()

    def __len__(self) -> int:
        """Return the number of distinct values."""
        return len(self.known.values)

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
        for value in values_in(DIVIDER.join(values.values()), own):
            self._keep(value)

    def stand_in(self, text: str, runs: Collection[str] | None = None) -> bool:
        """Tell whether one of the values stands in the text, in any spelling.

        `runs` are the text's `digit_strings`, where the caller has them already.
        """
        sought = Sought(self._holds, self._may_end, self._filter, tuple(self._lengths))
        for run in set(digit_strings(text) if runs is None else runs):
            if run not in self._innocent:
                if may_hold(run, sought):
                    if holds(text, run, sought):
                        return True
                elif len(self._innocent) < _REMEMBERED:
                    self._innocent.add(run)
        if self._token_lengths and any(map(self._holds, tokens(text, self._token_lengths))):
            return True
        return any(map(self._holds, mails(text)))

    def _add_number(self, value: str, *, person: bool) -> None:
        """Take an ID number; of an organisation only what is a citizen's beyond doubt."""
        number = plain_number(value)
        if identifiers.is_id_number(number) or identifiers.is_old_id_number(number):
            if person or not identifiers.is_uscc(number):
                for form in generations(number):
                    self._keep(form)
        elif person and not identifiers.is_uscc(number):
            self._keep(number)

    def _keep(self, value: str) -> None:
        """Keep the digest of a folded value, unless it is not personal or could be anything."""
        if not is_personal(value):
            return
        if self._on_new is not None and not self._holds(value):
            self._on_new(value)
        self._filter[hash(value) & self._mask] = 1
        self.known.values.add(self._key.of(value))
        self._innocent.clear()
        if value.rstrip("X").isdigit() and SHORTEST <= len(value) <= LONGEST:
            self._lengths.add(len(value))
        elif value.isascii() and value.isalnum():
            self._token_lengths.add(len(value))
            if ending := ending_of(value):
                self._filter[hash(DIVIDER + ending) & self._mask] = 1
                self.known.endings.add(self._key.of(ending))

    def _holds(self, value: str) -> bool:
        """Tell whether a folded value is one of those kept."""
        seen = self._filter[hash(value) & self._mask]
        return bool(seen) and self._key.of(value) in self.known.values

    def _may_end(self, digits: str) -> bool:
        """Tell whether a token kept ends in these digits."""
        seen = self._filter[hash(DIVIDER + digits) & self._mask]
        return bool(seen) and self._key.of(digits) in self.known.endings
