"""The ledger of the last publish: what was decided on every record, so that the next one need not.

A private file beside the registry, written once a publish has succeeded. It is a cache: whoever
finds it missing, damaged or speaking of something else builds everything anew. It holds registry
ids, outcomes, days, authorities as the public sees them, and keyed digests of all else.
"""

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from portal.publish.digests import DigestSet
from portal.publish.ledger_entries import Basis, Entry, LedgerDigests, OutcomeCount
from portal.publish.ledger_schema import INDEXES, TABLES, VERSION
from portal.publish.raw_values import KnownValues
from portal.publish.timeliness import Verdict

_AT_ONCE = 500
_BATCH = 2_000


class Ledger:
    """An open ledger. A context manager: what is not kept when the block is left is undone."""

    def __init__(self, path: Path, *, anew: bool = False) -> None:
        """Open a ledger, or with `anew` begin one aside. Raises sqlite3.Error, OSError."""
        self._path = path
        aside = path.with_name(f".{path.name}-new")
        aside.unlink(missing_ok=True)  # what a run that was killed left behind
        self._aside = aside if anew else None
        if self._aside is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._aside, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        address = f"{(self._aside or path).absolute().as_uri()}?mode=rw"
        self._connection = sqlite3.connect(address, uri=True, isolation_level=None)
        try:
            self._begin()
        except BaseException:
            self._connection.close()
            raise
        self._entries: list[Entry] = []
        self._authorities: dict[tuple[str, str], int] = {}
        self._values = LedgerDigests(self._connection, "personal_values")
        self._endings = LedgerDigests(self._connection, "personal_endings")
        self.known = KnownValues(self._values, self._endings)
        self.traces = LedgerDigests(self._connection, "traces")

    def _begin(self) -> None:
        self._connection.execute("PRAGMA cache_size=-100000")
        if self._aside is not None:
            self._connection.execute("PRAGMA journal_mode=OFF")
            self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.execute("BEGIN IMMEDIATE")
        if self._aside is not None:
            for statement in TABLES:
                self._connection.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()  # and so undo what was not kept
        if self._aside is not None:
            self._aside.unlink(missing_ok=True)

    def keep(self, basis: Basis) -> None:
        """Let all that was written hold, for this basis. Raises sqlite3.Error, OSError."""
        self._flush()
        values = (str(VERSION), basis.snapshot, basis.day.isoformat())
        self._connection.execute("DELETE FROM basis")
        self._connection.execute(
            "INSERT INTO basis VALUES (?, ?, ?, ?, ?, ?)",
            (*values, basis.policy, basis.code, basis.keys),
        )
        if self._aside is None:
            self._connection.commit()
            return
        for statement in INDEXES:
            self._connection.execute(statement)
        self._connection.commit()
        self._connection.close()
        with self._aside.open("rb") as stream:
            os.fsync(stream.fileno())
        # The journal of a run that crashed belongs to the old file, and would undo the new one.
        self._path.with_name(f"{self._path.name}-journal").unlink(missing_ok=True)
        self._aside.replace(self._path)

    def basis(self) -> Basis | None:
        """Return what the ledger speaks of; None where another version wrote it."""
        row = self._connection.execute("SELECT * FROM basis").fetchone()
        if row is None or row[0] != str(VERSION):
            return None
        return Basis(row[1], date.fromisoformat(row[2]), *row[3:])

    def put(self, entry: Entry) -> None:
        """Note what was found about a record, in place of what was noted before."""
        self._entries.append(entry)
        if len(self._entries) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        entries, self._entries = self._entries, []
        rows = [
            (e.record, e.state, e.subject, e.class_code, e.reason, _iso(e.changes_on), *self._of(e))
            for e in entries
        ]
        many = self._connection.executemany
        many("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        # What a record no longer has stays noted: it is then asked about once too often.
        many(
            "INSERT OR IGNORE INTO codes VALUES (?, ?)",
            [(code, entry.record) for entry in entries for code in entry.codes],
        )
        many(
            "INSERT OR IGNORE INTO met VALUES (?, ?)",
            [(event, entry.record) for entry in entries for event in entry.events],
        )

    def _of(self, entry: Entry) -> tuple[int | None, int | None]:
        """Return the columns of a verdict: the authority's number, and 1, 0 or -1."""
        if entry.verdict is None:
            return None, None
        found = entry.verdict.authority, entry.verdict.authority_code
        if found not in self._authorities:
            self._connection.execute("INSERT OR IGNORE INTO authorities VALUES (NULL, ?, ?)", found)
            query = "SELECT id FROM authorities WHERE name = ? AND code = ?"
            self._authorities[found] = self._connection.execute(query, found).fetchone()[0]
        in_time = entry.verdict.in_time
        return self._authorities[found], -1 if in_time is None else int(in_time)

    def put_links(self, links: Iterable[tuple[int, int]], gone: Iterable[int] = ()) -> None:
        """Note links with the codes they lead from, as digests; `gone` are there no more."""
        many = self._connection.executemany
        many("DELETE FROM links WHERE link = ?", ((link,) for link in gone))
        many("INSERT OR REPLACE INTO links VALUES (?, ?)", links)

    def put_events(self, events: Iterable[tuple[int, int]], gone: Iterable[int] = ()) -> None:
        """Note events and their contents, as digests."""
        many = self._connection.executemany
        many("DELETE FROM events WHERE event = ?", ((event,) for event in gone))
        many("INSERT OR REPLACE INTO events VALUES (?, ?)", events)

    def take(self, known: KnownValues, traces: DigestSet) -> None:
        """Take the digests of a whole publish: personal values, and traces of what is public."""
        self._values.take(known.values)
        self._endings.take(known.endings)
        self.traces.take(traces)

    def states(self, size: int) -> Iterator[list[tuple[int, int]]]:
        """Yield `size` at a time registry id and state of every record, ascending."""
        cursor = self._connection.execute("SELECT id, state FROM records ORDER BY id")
        while part := cursor.fetchmany(size):
            yield part

    def links(self) -> set[int]:
        """Return the links between codes."""
        return {row[0] for row in self._connection.execute("SELECT link FROM links")}

    def codes_of_links(self, links: Collection[int]) -> set[int]:
        """Return the codes that links lead from."""
        return self._ids("SELECT code FROM links WHERE link IN", links)

    def events(self) -> dict[int, int]:
        """Return the contents of events."""
        return dict(self._connection.execute("SELECT event, content FROM events"))

    def due(self, today: date) -> set[int]:
        """Return the records whose decision may have changed by this day."""
        query = "SELECT id FROM records WHERE changes_on <= ?"
        return {row[0] for row in self._connection.execute(query, (today.isoformat(),))}

    def linked_by(self, codes: Collection[int]) -> set[int]:
        """Return the records that carry one of the codes."""
        return self._ids("SELECT record FROM codes WHERE code IN", codes)

    def met_by(self, events: Collection[int]) -> set[int]:
        """Return the records that one of the events has met."""
        return self._ids("SELECT record FROM met WHERE event IN", events)

    def subjects_of(self, ids: Collection[int]) -> set[int]:
        """Return the subjects of records."""
        return self._ids("SELECT subject FROM records WHERE id IN", ids)

    def records_of(self, subjects: Collection[int]) -> set[int]:
        """Return the records of subjects."""
        return self._ids("SELECT id FROM records WHERE subject IN", subjects)

    def public_among(self, ids: Collection[int]) -> set[int]:
        """Return those of the records that are public."""
        return self._ids("SELECT id FROM records WHERE reason = '' AND id IN", ids)

    def outcomes(self) -> Iterator[OutcomeCount]:
        """Yield how many records there are of every class, reason and verdict."""
        self._flush()
        query = """
            SELECT class_code, reason, name, code, in_time, number FROM (
              SELECT class_code, reason, authority, in_time, count(*) AS number
              FROM records GROUP BY class_code, reason, authority, in_time
            ) LEFT JOIN authorities ON id = authority"""
        for class_code, reason, name, code, in_time, count in self._connection.execute(query):
            verdict = None
            if in_time is not None:
                verdict = Verdict(name, code, None if in_time < 0 else bool(in_time))
            yield OutcomeCount(class_code, reason, verdict, count)

    def _ids(self, query: str, asked: Collection[int]) -> set[int]:
        found: set[int] = set()
        ordered = sorted(asked)
        for at in range(0, len(ordered), _AT_ONCE):
            some: Sequence[int] = ordered[at : at + _AT_ONCE]
            marks = ",".join("?" * len(some))
            found.update(row[0] for row in self._connection.execute(f"{query} ({marks})", some))
        return found


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
