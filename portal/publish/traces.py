"""What the numbers in published texts leave behind, to be asked later whether a value may be there.

A personal value that reaches the registry after a text was published has never been looked for in
it. The traces of all published texts answer in its stead: where those of a value are missing, the
value stands in none of them, in whatever spelling; where they are there, it may.
"""

import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache

from portal.publish.digests import DigestKey, DigestSet
from portal.publish.personal_values import SHORTEST_TOKEN
from portal.publish.spelled_numbers import (
    LONGEST,
    SHORTEST,
    ending_of,
    mails,
    read_run,
    tails_of,
    tokens,
)

_LENGTHS = range(SHORTEST_TOKEN, 1 << 20)
_OWN_DIGEST = re.compile(r"[A-Z2-7]{24}|[0-9A-F]{64}")
"""Public ids and content hashes: they are digests themselves and hold no value."""

_REMEMBERED = 200_000
_WINDOW, _TAIL, _TOKEN, _MAIL = "w", "t", "k", "m"


class Traces:
    """The traces of the texts noted, as digests in `kept`."""

    def __init__(self, key: DigestKey, kept: DigestSet) -> None:
        self._key = key
        self.kept = kept
        self._seen: set[str] = set()

    def note(self, text: str, runs: Collection[str]) -> None:
        """Take the traces of a text; `runs` are its `digit_strings`."""
        for run in self._new(runs):
            for trace in run_traces(run):
                self.kept.add(self._key.of(trace))
        for token in self._new(tokens(text, _LENGTHS)):
            if not _OWN_DIGEST.fullmatch(token):
                self.kept.add(self._key.of(_TOKEN + token))
        for mail in mails(text):
            self.kept.add(self._key.of(_MAIL + mail))

    def may_hold(self, value: str) -> bool:
        """Tell whether a folded personal value may stand in one of the texts noted."""
        return may_stand(value, lambda trace: self._key.of(trace) in self.kept)

    def _new(self, parts: Collection[str]) -> Collection[str]:
        found = [part for part in parts if part not in self._seen]
        if len(self._seen) < _REMEMBERED:
            self._seen.update(found)
        return found


@lru_cache(maxsize=1_000)
def run_traces(run: str) -> tuple[str, ...]:
    """Return the traces of a run of digits: every eleven in a row, and whole groups of six to ten.

    Separators between digits make no difference, nor do other scripts.
    """
    read = read_run(run)
    return (
        *(_WINDOW + window for window in _windows(read.digits)),
        *(_TAIL + read.digits[begin:end] for begin, end in tails_of(read)),
    )


def may_stand(value: str, is_noted: Callable[[str], bool]) -> bool:
    """Tell from the traces of texts whether a folded personal value may stand in one of them."""
    if not (value.isascii() and value.isalnum()):
        return is_noted(_MAIL + value)
    if is_noted(_TOKEN + value):
        return True
    if value.rstrip("X").isdigit() and SHORTEST <= len(value) <= LONGEST:
        return all(is_noted(_WINDOW + window) for window in _windows(value))
    ending = ending_of(value)
    return bool(ending) and is_noted(_TAIL + ending)


def _windows(digits: str) -> Iterator[str]:
    return (digits[at : at + SHORTEST] for at in range(len(digits) - SHORTEST + 1))
