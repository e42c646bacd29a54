"""The records of a city of any size, made one subject after the other and never held together.

Everything about a subject follows from its number and the seed; its name comes from a file, or is
invented by `portal.sample`.
"""

import csv
import gzip
import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate, chain, count, islice
from pathlib import Path
from typing import TextIO

from benchmarks.texts import body, skewed, words
from portal.records import SubjectKind
from portal.sample.dice import Dice
from portal.sample.organisations import HOUSEHOLD_PREFIX, Organisations
from portal.sample.people import People
from portal.sample.words import load_words
from search_index.schema import NameDocument, RecordDocument

TODAY = date(2026, 3, 16)
"""The day of the city: nothing of it depends on the clock."""

BLOCK = 1000
"""So many subjects have exactly BLOCK × PER_SUBJECT records between them."""

PER_SUBJECT = 5
_YEARS = 5 * 365
_TERMS = (365, 1095, 1095, 1825, 1825, 1825)
_PROVINCE = "38"
_REGIONS = 40


@dataclass(frozen=True, slots=True)
class Subject:
    """A company or household with its records, as documents of the index."""

    name: NameDocument
    uscc: str
    records: Sequence[RecordDocument]


@dataclass(frozen=True, slots=True)
class City:
    """So many records, with the names of a file (columns name, uscc) as far as they go."""

    records: int
    seed: int = 1
    names: str = ""

    @property
    def subjects(self) -> int:
        """Number of subjects: about one fifth of the records."""
        whole, rest = divmod(self.records - 1, BLOCK * PER_SUBJECT)
        return whole * BLOCK + bisect_right(_starts(), rest)

    def all_subjects(self) -> Iterator[Subject]:
        """Yield every subject with its records."""
        for number, (name, uscc) in enumerate(self.all_names()):
            yield self.subject(number, name, uscc)

    def all_names(self) -> Iterator[tuple[str, str]]:
        """Yield (name, credit code) of every subject, in their order."""
        given = read_names(Path(self.names)) if self.names else iter(())
        return islice(chain(given, self._invented()), self.subjects)

    def subject(self, number: int, name: str, uscc: str) -> Subject:
        """Make the subject of a number, counted from 0."""
        block, place = divmod(number, BLOCK)
        before = block * BLOCK * PER_SUBJECT
        first = before + _starts()[place]
        end = min(before + _starts()[place + 1], self.records)
        household = uscc.startswith(HOUSEHOLD_PREFIX)
        kind = SubjectKind.HOUSEHOLD if household else SubjectKind.ORGANIZATION
        dice = Dice(self.seed, "records", number)
        records = [_record(dice, row, number + 1, kind) for row in range(first + 1, end + 1)]
        until = max(record.until for record in records)
        document = NameDocument(
            number + 1, name, kind, True, until, (uscc,), f"e{number}", len(records)
        )
        return Subject(document, uscc, records)

    def _invented(self) -> Iterator[tuple[str, str]]:
        people = People(load_words(), TODAY, self.seed)
        for block in count():
            made = Organisations(load_words(), people, self.seed * 1_000_003 + block)
            made.invent(BLOCK)
            yield from ((each.name, each.uscc) for each in made)


def read_names(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (name, uscc) of every row of a CSV file, plain or in gzip, that has a name."""
    with _opened(path) as stream:
        for row in csv.DictReader(stream):
            if row["name"].strip():
                yield row["name"].strip(), row["uscc"].strip()


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


@cache
def _starts() -> Sequence[int]:
    """Return where the records of each subject of a block start, and where the last one's end.

    A subject's share falls with its rank: nearly half have one record, the first has hundreds.
    """
    spare = BLOCK * PER_SUBJECT - BLOCK
    weight = sum(1 / rank for rank in range(1, BLOCK + 1))
    sizes = [1 + int(spare / weight / rank) for rank in range(1, BLOCK + 1)]
    for rank in range(BLOCK * PER_SUBJECT - sum(sizes)):
        sizes[rank] += 1
    random.Random(1).shuffle(sizes)  # noqa: S311 - invented data
    return list(accumulate(sizes, initial=0))


def _record(dice: Dice, row: int, entity: int, kind: SubjectKind) -> RecordDocument:
    lists, place = words(), dice.random()
    decided = TODAY - timedelta(days=dice.between(1, _YEARS))
    class_code = dice.pick(_hundred_classes())
    listed: Sequence[str] = lists[f"{class_code}s"] if class_code.endswith("_list") else ("",)
    return RecordDocument(
        row=row,
        entity_row=entity,
        class_code=class_code,
        list_code=skewed(dice, listed),
        authority=skewed(dice, _authorities()),
        region=f"{_PROVINCE}{101 + int(place * place * _REGIONS):04d}",
        kind=kind,
        documents=(f"澄罚决〔{decided.year}〕{row}号",),
        decided_on=decided,
        until=decided + timedelta(days=dice.pick(_TERMS)),
        texts=(body(dice, f"{decided.year}年{decided.month}月{decided.day}日"),),
        public_id=f"r{row}",
    )


@cache
def _hundred_classes() -> Sequence[str]:
    return [code for code, share in words()["classes"].items() for _ in range(share)]


@cache
def _authorities() -> Sequence[str]:
    return [place + bureau for place in words()["places"] for bureau in words()["bureaus"]]
