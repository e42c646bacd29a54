"""Places the rows of one delivery: each is a new record, a new version, known as it is, or refused.

Inside one file the order of batches never matters. A row whose subject has no number, and one that
an earlier delivery may have spelt otherwise, are placed once all others are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from portal.catalog_model import EventPolicy, RecordClass
from portal.intake.delivery import Delivery, StoreCounts
from portal.intake.endings import Endings
from portal.intake.keys import is_identified, occurrence_key
from portal.intake.late_rows import LateRow, LateRows
from portal.intake.other_spellings import OtherSpellings, Spelling
from portal.intake.record_writer import Changed, Fresh, Known, RecordWriter, match_of
from portal.records import Rejection, ValidRecord

PAGE = 1_000
"""How many records are written at once."""

REPEATED = "同一文件中同一业务键出现两次且内容不同"

Stored = tuple[StoreCounts, list[Rejection]]


@dataclass(slots=True)
class _Placed:
    """What becomes of some rows."""

    fresh: list[Fresh] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    repeats: int = 0
    refused: list[Rejection] = field(default_factory=list)

    def repeat(self, record: ValidRecord, first: bytes) -> None:
        """Place a further row of a key; `first` is the hash of the first one."""
        if record.row_hash == first:
            self.repeats += 1
        else:
            self.refused.append(Rejection(record.line, "", REPEATED))

    def continue_(self, known: Known, record: ValidRecord) -> None:
        """Place a row that the registry has a record for."""
        if known.row_hash == record.row_hash:
            self.again.append(known.id)
        else:
            self.changed.append((known, record))


class RecordStore:
    """The records of one class, as one delivery changes them.

    `touched` are the ids of those it spoke of so far, `last_before` is the highest id of one that
    was there before it.
    """

    def __init__(self, delivery: Delivery, record_class: RecordClass, policy: EventPolicy) -> None:
        self._writer = RecordWriter(delivery, Endings(delivery, policy, record_class))
        self._spellings = OtherSpellings(
            delivery.connection, record_class, self._writer.last_before
        )
        self._late = LateRows(delivery.connection)
        self.touched = self._writer.touched
        self.last_before = self._writer.last_before

    def store(self, batch: Sequence[ValidRecord]) -> Stored:
        """Place a batch, as far as it can be placed before the file has been read."""
        late = [record for record in batch if not is_identified(record.subject)]
        sure = [record for record in batch if is_identified(record.subject)] if late else batch
        known = self._writer.known([record.key for record in sure])
        matches = {r.key: match_of(r) for r in sure if r.key not in known}
        elsewhere = self._spellings.keys_met(list(matches.values()))
        placed, first = _Placed(), dict[bytes, bytes]()
        for record in sure:
            key, there = record.key, known.get(record.key)
            if there is not None and there.id in self.touched:
                first.setdefault(key, there.row_hash)
            if key in first:
                placed.repeat(record, first[key])
                continue
            if there is None and elsewhere and not elsewhere.isdisjoint(matches[key].both()):
                late.append(record)
                continue
            first[key] = record.row_hash
            if there is None:
                placed.fresh.append(Fresh(key, record, matches[key]))
            else:
                placed.continue_(there, record)
        self._late.add(late)
        return self._write(placed)

    def finish(self) -> Iterator[Stored]:
        """Place the late rows, some at a time."""
        for page in self._late.pages(nameless=True):
            yield self._write(self._place_nameless(page))
        for page in self._late.pages():
            self._claim(page)
        contested = self._late.contested()
        for page in self._late.pages():
            yield self._write(self._place_rest(page, contested))
        self._late.drop()

    def _write(self, placed: _Placed) -> Stored:
        for at in range(0, len(placed.fresh), PAGE):
            self._writer.insert(placed.fresh[at : at + PAGE])
        for at in range(0, len(placed.changed), PAGE):
            self._writer.advance(placed.changed[at : at + PAGE])
        for at in range(0, len(placed.again), PAGE):
            self._writer.found_again(placed.again[at : at + PAGE])
        counts = StoreCounts(
            new=len(placed.fresh),
            updated=len(placed.changed),
            unchanged=len(placed.again) + placed.repeats,
        )
        return counts, placed.refused

    def _place_nameless(self, page: list[list[LateRow]]) -> _Placed:
        """Place the groups whose first record is there: each row finds its own by its content."""
        matches = [match_of(group[0].record) for group in page]
        spellings = self._spellings.of(matches)
        placed, done = _Placed(), list[bytes]()
        for group, match in zip(page, matches, strict=True):
            there = {s.key: s for s in spellings.get(match.by_name, ())}
            keys = (occurrence_key(group[0].key, number) for number in range(len(there)))
            known = [_known(there[key]) for key in keys if key in there]
            if known:
                self._place_occurrences(placed, group, known)
                done.append(group[0].key)
        self._late.drop(done)
        return placed

    @staticmethod
    def _place_occurrences(placed: _Placed, group: list[LateRow], known: list[Known]) -> None:
        rows = _distinct(placed, group)
        by_content = {record.row_hash: record for record in reversed(known)}
        kept = {by_content[row.row_hash].id for row in rows if row.row_hash in by_content}
        placed.again.extend(kept)
        free = (record for record in known if record.id not in kept)
        number = len(known)
        for row in rows:
            if row.row_hash in by_content:
                continue
            record = next(free, None)
            if record is not None:
                placed.changed.append((record, row.record))
            else:
                key = occurrence_key(row.key, number)
                placed.fresh.append(Fresh(key, row.record, match_of(row.record)))
                number += 1

    def _claim(self, page: list[list[LateRow]]) -> None:
        """Note of each group which record of an earlier delivery it may continue."""
        matches = [match_of(group[0].record) for group in page]
        spellings = self._spellings.of(matches)
        claims = []
        for group, match in zip(page, matches, strict=True):
            row = group[0]
            if not row.identified and group[-1].row_hash != row.row_hash:
                continue  # several subjects of one name: none can be told to be the one known
            candidates = [s for key in match.both() for s in spellings.get(key, ())]
            found = self._spellings.sole(row.record, candidates, self.touched)
            if found is not None:
                claims.append((row, found))
        self._late.claim([(row, found.id) for row, found in claims])

    def _place_rest(self, page: list[list[LateRow]], contested: set[int]) -> _Placed:
        there = self._writer.known([group[0].key for group in page])
        claims = {row.claim for group in page for row in group if row.claim} - contested
        claimed = self._writer.known_by_id(claims)
        placed = _Placed()
        for group in page:
            row, known = group[0], there.get(group[0].key)
            if known is not None:
                for other in group:
                    placed.repeat(other.record, known.row_hash)
                continue
            if row.claim in claimed:
                placed.continue_(claimed[row.claim], row.record)
            else:
                placed.fresh.append(Fresh(row.key, row.record, match_of(row.record)))
            if row.identified:
                for other in group[1:]:
                    placed.repeat(other.record, row.row_hash)
            else:
                for number, other in enumerate(_distinct(placed, group)[1:], start=1):
                    key = occurrence_key(row.key, number)
                    placed.fresh.append(Fresh(key, other.record, match_of(other.record)))
        return placed


def _distinct(placed: _Placed, group: list[LateRow]) -> list[LateRow]:
    """Return one row of each content; the others are repeats."""
    rows = list({row.row_hash: row for row in group}.values())
    placed.repeats += len(group) - len(rows)
    return rows


def _known(spelling: Spelling) -> Known:
    return Known(spelling.id, spelling.number, spelling.row_hash)
