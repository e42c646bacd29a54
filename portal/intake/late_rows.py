"""Rows of a delivery that are placed after all others, kept in the registry until then."""

from collections.abc import Collection, Iterator, Sequence
from itertools import count, groupby
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from portal.intake.keys import is_identified
from portal.intake.registry_tables import late_rows
from portal.records import ValidRecord

PAGE = 500
"""How many business keys are taken at once."""


class LateRow(NamedTuple):
    """A row that waits: `position` is its place among them, `claim` the record it may continue."""

    key: bytes
    position: int
    row_hash: bytes
    identified: bool
    claim: int | None
    record: ValidRecord


class LateRows:
    """The late rows of one delivery. A group are all those of one business key."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._position = count()
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(ValidRecord).decode

    def add(self, batch: Sequence[ValidRecord]) -> None:
        """Keep rows for later."""
        if batch:
            self._connection.execute(
                insert(late_rows),
                [
                    {
                        "key": record.key,
                        "position": next(self._position),
                        "identified": is_identified(record.subject),
                        "row_hash": record.row_hash,
                        "row": self._encode(record),
                    }
                    for record in batch
                ],
            )

    def pages(self, *, nameless: bool = False) -> Iterator[list[list[LateRow]]]:
        """Yield the groups, some at a time; only those of subjects without a number if `nameless`.

        Rows of identified subjects stand in the order of the file; others in that of their
        content, so that the order of the file does not matter.
        """
        last = b""
        while True:
            keys = select(late_rows.c.key).where(late_rows.c.key > last).distinct()
            if nameless:
                keys = keys.where(late_rows.c.identified.is_(False))
            found = list(self._connection.scalars(keys.order_by(late_rows.c.key).limit(PAGE)))
            if not found:
                return
            last = found[-1]
            yield self._groups(found)

    def _groups(self, keys: Sequence[bytes]) -> list[list[LateRow]]:
        query = (
            select(
                late_rows.c.key,
                late_rows.c.position,
                late_rows.c.row_hash,
                late_rows.c.identified,
                late_rows.c.claim,
                late_rows.c.row,
            )
            .where(late_rows.c.key.in_(keys))
            .order_by(late_rows.c.key, late_rows.c.position)
        )
        rows = (LateRow(*row[:5], self._decode(row[5])) for row in self._connection.execute(query))
        groups = [list(group) for _, group in groupby(rows, key=lambda row: row.key)]
        for group in groups:
            if not group[0].identified:
                group.sort(key=lambda row: row.row_hash)
        return groups

    def claim(self, claims: Sequence[tuple[LateRow, int]]) -> None:
        """Note which record a row may continue."""
        if claims:
            self._connection.execute(
                update(late_rows)
                .where(
                    late_rows.c.key == bindparam("of_key"),
                    late_rows.c.position == bindparam("of_position"),
                )
                .values(claim=bindparam("record")),
                [
                    {"of_key": row.key, "of_position": row.position, "record": record_id}
                    for row, record_id in claims
                ],
            )

    def contested(self) -> set[int]:
        """Return the records that more than one row claims."""
        query = (
            select(late_rows.c.claim)
            .where(late_rows.c.claim.is_not(None))
            .group_by(late_rows.c.claim)
            .having(func.count() > 1)
        )
        return {claim for claim in self._connection.scalars(query) if claim is not None}

    def drop(self, keys: Collection[bytes] | None = None) -> None:
        """Forget the rows of these keys, or all."""
        query = delete(late_rows)
        self._connection.execute(query if keys is None else query.where(late_rows.c.key.in_(keys)))
