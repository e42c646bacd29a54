"""Writes records and their versions; a version once written is never changed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from pyroaring import BitMap
from sqlalchemy import bindparam, func, insert, select, update

from portal.intake.delivery import Delivery
from portal.intake.endings import Endings
from portal.intake.keys import MatchKeys, match_keys, own_code, scope_key
from portal.intake.registry_tables import is_current, records, versions
from portal.records import ValidRecord


class Known(NamedTuple):
    """A record as the registry has it: its current version's number and hash."""

    id: int
    number: int
    row_hash: bytes


class Fresh(NamedTuple):
    """A record that is new: the key it is kept under, and those under which events find it."""

    key: bytes
    record: ValidRecord
    match: MatchKeys


Changed = tuple[Known, ValidRecord]
"""A new version of a known record."""


class RecordWriter:
    """Writes what one delivery brings. `touched` are the ids of the records it spoke of.

    `last_before` is the highest id of a record that was there before it.
    """

    def __init__(self, delivery: Delivery, endings: Endings) -> None:
        self._delivery = delivery
        self._connection = delivery.connection
        self._endings = endings
        self.touched = BitMap()
        self.last_before: int = self._connection.scalar(select(func.max(records.c.id))) or 0

    def known(self, keys: Collection[bytes]) -> dict[bytes, Known]:
        """Return what the registry has under these keys."""
        found = self._connection.execute(_KNOWN.where(records.c.key.in_(keys)))
        return {row[0]: Known(*row[1:]) for row in found}

    def known_by_id(self, ids: Collection[int]) -> dict[int | None, Known]:
        """Return what the registry has under these ids."""
        found = self._connection.execute(_KNOWN.where(records.c.id.in_(ids)))
        return {row[1]: Known(*row[1:]) for row in found}

    def found_again(self, ids: Sequence[int]) -> None:
        """Note that the file has these records, as they are or changed."""
        if ids:
            self.touched.update(ids)
            self._connection.execute(
                update(records)
                .where(records.c.id.in_(ids), records.c.absent_since.is_not(None))
                .values(absent_since=None)
            )

    def insert(self, fresh: Sequence[Fresh]) -> None:
        """Keep new records with their first version."""
        if not fresh:
            return
        kinds = [self._endings.kind_of(new.record) for new in fresh]
        rows = []
        for new, kind in zip(fresh, kinds, strict=True):
            row = _pointers(new.record, new.match, own_code(new.key) if kind else b"")
            rows.append(row | {"key": new.key, "class_code": new.record.class_code, "current": 1})
        self._connection.execute(insert(records), rows)
        query = select(records.c.key, records.c.id)
        found = self._connection.execute(query.where(records.c.key.in_([new.key for new in fresh])))
        ids: dict[bytes, int] = {row[0]: row[1] for row in found}
        self._connection.execute(
            insert(versions), [self._version_row(new.record, ids[new.key], 1) for new in fresh]
        )
        self.touched.update(ids.values())
        for new, kind in zip(fresh, kinds, strict=True):
            if kind:
                by_code = new.match.by_code or own_code(new.key)
                self._endings.note(ids[new.key], new.record, by_code, kind)
        self._endings.flush()

    def advance(self, changed: Sequence[Changed]) -> None:
        """Keep new versions of known records."""
        if not changed:
            return
        ids = [known.id for known, _ in changed]
        before, noted = self._before(ids), self._endings.noted(ids)
        rows = []
        for known, record in changed:
            key, values = before[known.id]
            match = match_of(record)
            by_code = match.by_code or own_code(key)
            ended = self._endings.follow(known.id, values, record, by_code, noted.get(known.id, ()))
            pointers = _pointers(record, match, by_code if ended else b"")
            pointers["current"] = known.number + 1
            rows.append(
                {f"new_{name}": pointers[name] for name in _POINTERS} | {"record": known.id}
            )
        self._connection.execute(
            update(records)
            .where(records.c.id == bindparam("record"))
            .values({name: bindparam(f"new_{name}") for name in _POINTERS}),
            rows,
        )
        self._connection.execute(
            insert(versions),
            [self._version_row(record, known.id, known.number + 1) for known, record in changed],
        )
        self._endings.flush()
        self.found_again(ids)

    def _before(self, ids: Sequence[int]) -> dict[int, tuple[bytes, Mapping[str, str]]]:
        query = (
            select(records.c.id, records.c.key, versions.c.fields)
            .join_from(
                records,
                versions,
                is_current,
            )
            .where(records.c.id.in_(ids))
        )
        return {
            row[0]: (row[1], msgspec.json.decode(row[2], type=dict[str, str]))
            for row in self._connection.execute(query)
        }

    def _version_row(self, record: ValidRecord, record_id: int, number: int) -> dict[str, Any]:
        subject = record.subject
        return {
            "record_id": record_id,
            "number": number,
            "delivery_id": self._delivery.id,
            "line": record.line,
            "row_hash": record.row_hash,
            "subject_kind": subject.kind.value,
            "subject_name": subject.name,
            "uscc": subject.uscc,
            "org_code": subject.org_code,
            "registration": subject.registration,
            "id_type": subject.id_type,
            "id_number": subject.id_number,
            "fields": msgspec.json.encode(record.values),
        }


_KNOWN = select(records.c.key, records.c.id, records.c.current, versions.c.row_hash).join_from(
    records,
    versions,
    is_current,
)
_POINTERS = ("current", "decided_on", "by_code", "by_name", "scope", "uscc")


def match_of(record: ValidRecord) -> MatchKeys:
    """Return the keys under which events find a record."""
    values = record.values
    number, day = values.get("document_number", ""), values.get("decided_on", "")
    return match_keys(record.class_code, number, day, record.subject)


def _pointers(record: ValidRecord, match: MatchKeys, stand_in: bytes) -> dict[str, Any]:
    """Return the columns of a record that follow its current version.

    `stand_in` is the code it goes by where its subject has none.
    """
    return {
        "decided_on": record.values.get("decided_on", ""),
        "by_code": match.by_code or stand_in,
        "by_name": match.by_name,
        "scope": scope_key(record.class_code, record.values),
        "uscc": record.subject.uscc,
    }
