"""Texts as pairs of neighbouring characters between spaces: words for engines that know no Chinese.

A text contains a word where it has the word's pairs one after the other.
"""

from itertools import pairwise

from benchmarks.city import Subject
from search_index.schema import RecordDocument
from search_index.text import SEPARATOR, fold, fold_name

BETWEEN = "_"
"""A word of its own between name and text of a record: no phrase crosses it."""


def pairs(folded: str) -> list[str]:
    """Return the pairs of a folded text in order, its single character if it has no more."""
    return [first + second for first, second in pairwise(folded)] or [folded]


def spaced(folded: str) -> str:
    """Return folded texts, with separators between them, as pairs between spaces."""
    return f" {BETWEEN} ".join(" ".join(pairs(part)) for part in folded.split(SEPARATOR))


def record_text(subject: Subject, record: RecordDocument) -> str:
    """Return what a record is found by, folded: its subject's name and its own texts."""
    return SEPARATOR.join((fold_name(subject.name.name), *map(fold, record.texts)))
