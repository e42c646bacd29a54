"""What a ledger holds."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from portal.publish.timeliness import Verdict


@dataclass(frozen=True, slots=True)
class Basis:
    """What a ledger speaks of: a snapshot, its day, and all that decides besides the registry.

    `policy` and `code` are digests of the catalogue and the program, `keys` the fingerprint of the
    keys of public ids and of natural persons.
    """

    snapshot: str
    day: date
    policy: str
    code: str
    keys: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a publish found about one record.

    `record` is its registry id, `state` as `RegistryReader.states` gives it. `subject`, `codes` and
    `events` are digests: of its subject's key, of the codes that link it, of the events that met
    it. `reason` is empty for a public record, `changes_on` the next day that may change it.
    """

    record: int
    state: int
    subject: int
    codes: tuple[int, ...]
    events: tuple[int, ...]
    class_code: str
    reason: str
    changes_on: date | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """How many records of a class have one reason (empty: public) and one verdict."""

    class_code: str
    reason: str
    verdict: Verdict | None
    count: int


class LedgerDigests:
    """A set of digests in one table of a ledger."""

    def __init__(self, connection: sqlite3.Connection, table: str) -> None:
        self._connection = connection
        # The table's name is ours.
        self._insert = f"INSERT OR IGNORE INTO {table} VALUES (?)"  # noqa: S608
        self._select = f"SELECT 1 FROM {table} WHERE digest = ?"  # noqa: S608
        self._all = f"SELECT digest FROM {table} ORDER BY digest"  # noqa: S608
        self._count = f"SELECT count(*) FROM {table}"  # noqa: S608

    def add(self, digest: int) -> None:
        """Take a digest."""
        self._connection.execute(self._insert, (digest,))

    def take(self, digests: Iterable[int]) -> None:
        """Take many digests at once."""
        self._connection.executemany(self._insert, ((digest,) for digest in digests))

    def __contains__(self, digest: int) -> bool:
        return self._connection.execute(self._select, (digest,)).fetchone() is not None

    def __iter__(self) -> Iterator[int]:
        return (row[0] for row in self._connection.execute(self._all))

    def __len__(self) -> int:
        return int(self._connection.execute(self._count).fetchone()[0])
