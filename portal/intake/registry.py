"""The private store: deliveries, records, and every version of each. Nothing is overwritten.

Raw personal data ends here. Only the command line opens it; the web side has no import, no setting
and no file permission that leads to it. A delivery is one transaction: whole in, or not at all.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError

from portal.errors import RegistryError
from portal.intake.delivery import Delivery
from portal.intake.event_store import matched_events, waiting_count
from portal.intake.registry_tables import (
    deliveries,
    events,
    is_current,
    metadata,
    records,
    versions,
)
from portal.intake.source_file import masked
from portal.records import RecordEvent, StoredRecord, Subject, SubjectKind

BUSY_SECONDS = 10
_READ_CHUNK = 2_000


class Registry:
    """The store at a SQLAlchemy URL. Use as a context manager; made on first use, mode 600.

    Raises RegistryError when the URL cannot be used or the store is locked by another process.
    """

    def __init__(self, url: str) -> None:
        try:
            address = make_url(url)
            path = address.database if address.get_backend_name() == "sqlite" else None
            if path and path != ":memory:":
                _make_private(Path(path))
            self._engine = create_engine(address)
        except (ArgumentError, ImportError) as error:
            raise RegistryError("PORTAL_REGISTRY_URL：不是可用的数据库地址") from error
        if path is not None:
            _configure_sqlite(self._engine)
        _translate_errors(self._engine)
        if not self._is_made():
            metadata.create_all(self._engine)
            self._add_columns()

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def _is_made(self) -> bool:
        with self._engine.connect() as connection:
            reading = inspect(connection.execution_options(reading=True))
            return all(reading.has_table(table) for table in metadata.tables)

    def _add_columns(self) -> None:
        """Bring a registry made by an earlier version up to date."""
        with self._engine.begin() as connection:
            if "record_id" not in {c["name"] for c in inspect(connection).get_columns(events.name)}:
                connection.execute(text(f"ALTER TABLE {events.name} ADD COLUMN record_id INTEGER"))

    @contextmanager
    def delivery(self) -> Iterator["Delivery"]:
        """Open one delivery: everything stored in it is kept together, or nothing on an error."""
        with self._engine.begin() as connection:
            yield Delivery(connection)

    @contextmanager
    def reading(self) -> Iterator["RegistryReader"]:
        """Open one consistent view of the registry, untouched by deliveries that come meanwhile."""
        with self._engine.connect() as connection:
            yield RegistryReader(connection.execution_options(reading=True))


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """Where a version of a record came from; the file's name is masked like in messages."""

    number: int
    delivery: int
    delivered_on: str
    file_name: str
    line: int


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

    def fields_of_class(self, class_code: str) -> Iterator[dict[str, str]]:
        """Stream the current values of every record of a class."""
        query = _current(versions.c.fields).where(records.c.class_code == class_code)
        for row in self._stream(query):
            yield msgspec.json.decode(row[0], type=dict[str, str])

    def organisation_codes(self) -> Iterator[tuple[str, str]]:
        """Stream the distinct (credit code, organisation code) pairs of current versions."""
        yield from (
            (row[0], row[1])
            for row in self._stream(_current(versions.c.uscc, versions.c.org_code).distinct())
        )

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

    def newest_first(self, classes: Collection[str] = ()) -> Iterator[StoredRecord]:
        """Stream the current version of every record, or of some classes; the newest first."""
        query = (
            _current(
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
            )
            .join(deliveries, deliveries.c.id == versions.c.delivery_id)
            .order_by(records.c.decided_on.desc(), records.c.key.desc())
        )
        if classes:
            query = query.where(records.c.class_code.in_(classes))
        decode = msgspec.json.Decoder(dict[str, str]).decode
        for row in self._stream(query):
            yield StoredRecord(
                key=row[0],
                class_code=row[1],
                subject=Subject(
                    SubjectKind(row[2]), row[3], row[4], row[5], row[6], row[7], row[8]
                ),
                values=decode(row[9]),
                version=row[10],
                delivered_on=date.fromisoformat(row[11]),
                by_code=row[12],
                by_name=row[13],
                absent=row[14] is not None,
            )

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


def _make_private(path: Path) -> None:
    """Create the file for its owner alone; SQLite gives its journals the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise RegistryError(f"登记库 {path} 无法打开：{error.strerror}") from error


def _configure_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, so that writers queue
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _translate_errors(engine: Engine) -> None:
    """Let every failure of the registry's own statements, and of no others, be a RegistryError."""

    @event.listens_for(engine, "handle_error")
    def on_error(context: ExceptionContext) -> None:
        error = context.original_exception
        name, said = type(error).__name__, str(error)
        if "locked" in said or "busy" in said:
            raise RegistryError("登记库正被另一个进程使用，请稍后再试") from None
        if "full" in said:
            raise RegistryError("登记库所在的磁盘已满，没有写入") from None
        raise RegistryError(f"登记库无法使用：{name}") from None
