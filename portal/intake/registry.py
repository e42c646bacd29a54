"""The private store: deliveries, records, and every version of each. Nothing is overwritten.

Raw personal data ends here. Only the command line opens it; the web side has no import, no setting
and no file permission that leads to it. A delivery is one transaction: whole in, or not at all.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import ArgumentError

from portal.errors import RegistryError
from portal.intake.delivery import Delivery
from portal.intake.registry_reader import RegistryReader
from portal.intake.registry_tables import events, is_current, metadata, records, versions

BUSY_SECONDS = 10


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
            return all(
                reading.has_table(name) and len(reading.get_columns(name)) == len(table.c)
                for name, table in metadata.tables.items()
            )

    def _add_columns(self) -> None:
        """Bring a registry made by an earlier version up to date."""
        with self._engine.begin() as connection:
            have = inspect(connection)
            if "record_id" not in {column["name"] for column in have.get_columns(events.name)}:
                connection.execute(text(f"ALTER TABLE {events.name} ADD COLUMN record_id INTEGER"))
            if "uscc" not in {column["name"] for column in have.get_columns(records.name)}:
                added = "ADD COLUMN uscc VARCHAR(18) NOT NULL DEFAULT ''"
                connection.execute(text(f"ALTER TABLE {records.name} {added}"))
                current = select(versions.c.uscc).where(is_current).scalar_subquery()
                connection.execute(update(records).values(uscc=current))
            for table in (events, records):
                for index in table.indexes:
                    index.create(connection, checkfirst=True)

    @contextmanager
    def delivery(self) -> Iterator[Delivery]:
        """Open one delivery: everything stored in it is kept together, or nothing on an error."""
        with self._engine.begin() as connection:
            yield Delivery(connection)

    @contextmanager
    def reading(self) -> Iterator[RegistryReader]:
        """Open one consistent view of the registry, untouched by deliveries that come meanwhile."""
        with self._engine.connect() as connection:
            reading = connection.execution_options(reading=True)
            with reading.begin():
                yield RegistryReader(reading)


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
