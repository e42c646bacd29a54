"""Reads one consistent view of the private registry."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, case, func, select

from portal.errors import RegistryError
from portal.intake.event_store import matched_events, waiting_count
from portal.intake.registry_tables import deliveries, is_current, records, versions
from portal.intake.source_file import masked
from portal.records import RecordEvent, StoredRecord, Subject, SubjectKind

_READ_CHUNK = 2_000
_IDS_AT_ONCE = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """Where a version of a record came from; the file's name is masked like in messages."""

    number: int
    delivery: int
    delivered_on: str
    file_name: str
    line: int


class Assignment(msgspec.Struct, frozen=True):
    """What a record of the registrar says of codes; `former_codes` are joined by `；`."""

    uscc: str
    former_codes: str = ""
    status: str = "valid"


class RegistryReader:
    """One consistent view of the registry."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self) -> int:
        """Return the number of records."""
        return self._connection.scalar(select(func.count()).select_from(records)) or 0

    def counts_by_class(self) -> dict[str, int]:
        """Return class code → number of records."""
        query = select(records.c.class_code, func.count()).group_by(records.c.class_code)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def delivery_count(self) -> int:
        """Return the number of deliveries taken."""
        return self._connection.scalar(select(func.count()).select_from(deliveries)) or 0

    def assignments(self, class_code: str) -> Iterator[Assignment]:
        """Stream what the current records of the registrar's class say of codes."""
        query = _current(versions.c.fields).where(records.c.class_code == class_code)
        decode = msgspec.json.Decoder(Assignment).decode
        return (decode(row[0]) for part in self._plain(query) for row in part)

    def credit_codes(self) -> Iterator[str]:
        """Stream the distinct credit codes of current versions."""
        query = select(records.c.uscc).where(records.c.uscc != "").distinct()
        return (row[0] for part in self._plain(query) for row in part)

    def events(self) -> Iterator[RecordEvent]:
        """Return the events that have met a record, in order of arrival."""
        return matched_events(self._connection)

    def versions_of(self, key: bytes) -> Iterator[RecordVersion]:
        """Return every version of a record, the oldest first."""
        query = (
            select(
                versions.c.number,
                deliveries.c.id,
                deliveries.c.delivered_on,
                deliveries.c.file_name,
                versions.c.line,
            )
            .join_from(versions, records, records.c.id == versions.c.record_id)
            .join(deliveries, deliveries.c.id == versions.c.delivery_id)
            .where(records.c.key == key)
            .order_by(versions.c.number)
        )
        for number, delivery, day, name, line in self._connection.execute(query):
            yield RecordVersion(number, delivery, day, masked(name), line)

    def waiting_events(self) -> int:
        """Return how many events wait for their record."""
        return waiting_count(self._connection)

    def states(self, size: int) -> Iterator[list[tuple[int, int]]]:
        """Stream `size` at a time the id of every record, ascending, with its state.

        That is a number which tells apart the versions of a record, and whether it is absent.
        """
        return self._plain(select(records.c.id, _STATE).order_by(records.c.id), size)

    def ids_met_by(self, keys: Collection[bytes]) -> Iterator[int]:
        """Yield the ids of the records that stand under one of the match keys of events."""
        for column in (records.c.by_code, records.c.by_name):
            for some in _parts(sorted(keys)):
                yield from self._connection.scalars(select(records.c.id).where(column.in_(some)))

    def newest_first(
        self, classes: Collection[str] = (), ids: Collection[int] | None = None
    ) -> Iterator[StoredRecord]:
        """Stream the current version of every record, the newest first.

        Only those of some `classes`, or with one of the `ids`, where they are given.
        """
        query = _STORED.where(records.c.class_code.in_(classes)) if classes else _STORED
        if ids is None:
            yield from map(_stored, self._stream(query.order_by(*_NEWEST_FIRST)))
            return
        for some in _parts(self._in_order(ids)):
            rows = self._connection.execute(query.where(records.c.id.in_(some)))
            # Within a part the database need not keep the order of the list.
            place = {record_id: number for number, record_id in enumerate(some)}
            yield from sorted(map(_stored, rows), key=lambda record: place[record.id])

    def keys_of(self, ids: Collection[int]) -> Iterator[tuple[int, bytes]]:
        """Yield id and business key of the records with these ids."""
        for some in _parts(sorted(ids)):
            query = select(records.c.id, records.c.key).where(records.c.id.in_(some))
            yield from ((row[0], row[1]) for row in self._connection.execute(query))

    def _in_order(self, ids: Collection[int]) -> list[int]:
        """Return ids, the newest record's first."""
        found: list[tuple[str, bytes, int]] = []
        for some in _parts(sorted(ids)):
            query = select(records.c.decided_on, records.c.key, records.c.id)
            rows = self._connection.execute(query.where(records.c.id.in_(some)))
            found.extend((row[0], row[1], row[2]) for row in rows)
        return [record_id for _, _, record_id in sorted(found, reverse=True)]

    def _plain(self, query: Any, size: int = _READ_CHUNK) -> Iterator[list[Any]]:
        """Stream parts of a query's rows as the driver gives them: of a million that is felt."""
        compiled = query.compile(self._connection, compile_kwargs={"literal_binds": True})
        driver: Any = self._connection.dialect.dbapi
        cursor: Any = self._connection.connection.cursor()
        try:
            cursor.execute(str(compiled))
            while part := cursor.fetchmany(size):
                yield part
        except driver.Error as error:
            raise RegistryError(f"登记库无法使用：{type(error).__name__}") from None
        finally:
            cursor.close()

    def _stream(self, query: Any) -> Iterator[Any]:
        result = self._connection.execution_options(yield_per=_READ_CHUNK).execute(query)
        for chunk in result.partitions():
            yield from chunk


def _current(*columns: Any) -> Any:
    return select(*columns).join_from(
        records,
        versions,
        is_current,
    )


_STATE = records.c.current * 2 + case((records.c.absent_since.is_(None), 0), else_=1)
_NEWEST_FIRST = (records.c.decided_on.desc(), records.c.key.desc())
_STORED = _current(
    records.c.key,
    records.c.class_code,
    versions.c.subject_kind,
    versions.c.subject_name,
    versions.c.uscc,
    versions.c.org_code,
    versions.c.registration,
    versions.c.id_type,
    versions.c.id_number,
    versions.c.fields,
    versions.c.number,
    deliveries.c.delivered_on,
    records.c.by_code,
    records.c.by_name,
    records.c.absent_since,
    records.c.id,
).join(deliveries, deliveries.c.id == versions.c.delivery_id)
_decode_fields = msgspec.json.Decoder(dict[str, str]).decode


def _stored(row: Any) -> StoredRecord:
    return StoredRecord(
        key=row[0],
        class_code=row[1],
        subject=Subject(SubjectKind(row[2]), row[3], row[4], row[5], row[6], row[7], row[8]),
        values=_decode_fields(row[9]),
        version=row[10],
        delivered_on=date.fromisoformat(row[11]),
        by_code=row[12],
        by_name=row[13],
        absent=row[14] is not None,
        id=row[15],
    )


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[at : at + _IDS_AT_ONCE] for at in range(0, len(items), _IDS_AT_ONCE))
