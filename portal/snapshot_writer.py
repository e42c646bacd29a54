"""Builds a snapshot aside: records database, search index, manifest; then puts it in its place."""

import shutil
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, create_engine, func, insert, select

from portal import tables
from portal.errors import SnapshotError
from portal.records import PublishedEntity, PublishedRecord
from portal.snapshots import (
    ASIDE,
    DATABASE,
    INDEX,
    MANIFEST,
    Manifest,
    digest_of,
    file_names,
    read_manifest,
    shared_files,
    sync,
    write_manifest,
)
from search_index.build import IndexWriter
from search_index.schema import NameDocument, RecordDocument

_BATCH = 2_000
_TAKE_OUT = (
    "CREATE TEMP TABLE gone AS SELECT id, entity FROM records WHERE public_id IN temp.asked",
    "CREATE TEMP TABLE gone_subjects AS SELECT DISTINCT entity AS id FROM temp.gone",
    "DELETE FROM person_keys WHERE record IN (SELECT id FROM temp.gone)",
    "DELETE FROM records WHERE id IN (SELECT id FROM temp.gone)",
    "DELETE FROM entities WHERE id IN temp.gone_subjects",
)


class SnapshotWriter:
    """Builds one snapshot aside. A context manager: what is not sealed is removed.

    With `base`, the folder of a sealed snapshot, it starts with all that one holds: a copy of its
    database, and the very files of its index. With `purge` nothing deleted stays in either: the
    database is written anew, row by row, and so is each file of the index that holds something.
    """

    def __init__(
        self, folder: Path, snapshot_id: str, base: Path | None = None, *, purge: bool = False
    ) -> None:
        self.id = snapshot_id
        self._target = folder / snapshot_id
        self._folder = folder / f".building-{snapshot_id}"
        self._base = base
        self._purge = purge
        self._records: list[dict[str, Any]] = []
        self._entities: list[dict[str, Any]] = []
        self._person_keys: list[dict[str, Any]] = []

    def __enter__(self) -> "SnapshotWriter":
        self._folder.mkdir(parents=True)
        base = self._base
        try:
            if base is not None:
                copy = _vacuum if self._purge else shutil.copyfile
                copy(base / DATABASE, self._folder / DATABASE)
            self._index = IndexWriter(
                self._folder / INDEX, base=base and base / INDEX, purge=self._purge
            )
            self._connection = self._open_database()
        except BaseException:
            shutil.rmtree(self._folder)
            raise
        self._index.__enter__()
        return self

    def _open_database(self) -> Connection:
        self._engine = create_engine(f"sqlite:///{self._folder / DATABASE}")
        connection = self._engine.connect()
        try:
            for pragma in (
                "journal_mode=OFF",
                "synchronous=OFF",
                "page_size=8192",
                "secure_delete=ON",
                "temp_store=MEMORY",
            ):
                connection.exec_driver_sql(f"PRAGMA {pragma}")
            if self._base is None:
                tables.metadata.create_all(connection)
        except BaseException:
            connection.close()
            self._engine.dispose()
            raise
        return connection

    def __exit__(self, *error: Any) -> None:
        self._connection.close()
        self._engine.dispose()
        self._index.__exit__(*error)
        if self._folder.exists():
            shutil.rmtree(self._folder)

    def last_rows(self) -> dict[str, int]:
        """Return table → the highest row number that its rows so far are numbered by."""
        highest = {
            "records": tables.records.c.id,
            "entities": tables.entities.c.id,
            "person_keys": tables.records.c.id,
        }
        return {
            table: self._connection.scalar(select(func.max(column))) or 0
            for table, column in highest.items()
        }

    def count_entities(self) -> int:
        """Return the number of subjects so far."""
        self._flush()
        return self._connection.scalar(select(func.count()).select_from(tables.entities)) or 0

    def take_out(self, records: Collection[str]) -> None:
        """Take out the records with these public ids, and their subjects, whole.

        Raises SnapshotError unless all of them are there, and their subjects have no others.
        """
        run = self._connection.exec_driver_sql
        run("CREATE TEMP TABLE asked (public_id TEXT PRIMARY KEY)")
        if records:
            run("INSERT INTO temp.asked VALUES (?)", [(public_id,) for public_id in records])
        found, subjects, *deletions = _TAKE_OUT
        run(found)
        run(subjects)
        in_all = run("SELECT count(*) FROM records WHERE entity IN temp.gone_subjects").scalar_one()
        if not len(records) == run("SELECT count(*) FROM temp.gone").scalar_one() == in_all:
            raise SnapshotError("快照中的记录与发布台账不符")
        rows = [row[0] for row in run("SELECT id FROM temp.gone_subjects")]
        for statement in deletions:
            run(statement)
        self._index.delete_entities(rows)

    def add_record(
        self, row: int, entity: int, record: PublishedRecord, document: RecordDocument
    ) -> None:
        """Add a record and its index document; `row` and `entity` are database rows."""
        self._records.append(tables.record_row(row, entity, record))
        self._index.add_record(document)
        if len(self._records) >= _BATCH:
            self._flush()

    def add_entity(self, row: int, entity: PublishedEntity) -> None:
        """Add a subject."""
        self._entities.append(tables.entity_row(row, entity))
        if len(self._entities) >= _BATCH:
            self._flush()

    def add_name(self, document: NameDocument) -> None:
        """Add a name to the index."""
        self._index.add_name(document)

    def add_person_key(self, key: bytes, row: int) -> None:
        """Note under which keyed digest a natural person's record is found."""
        self._person_keys.append({"key": key, "record": row})

    def _flush(self) -> None:
        waiting = (
            (tables.records, self._records),
            (tables.entities, self._entities),
            (tables.person_keys, self._person_keys),
        )
        for table, rows in waiting:
            if rows:
                self._connection.execute(insert(table), rows)
                rows.clear()

    def seal(self, manifest: Manifest) -> Path:
        """Finish database and index, write the manifest with their digests; return the folder.

        It still stands aside: `release` puts it in its place, once it is found sound.
        """
        self._flush()
        if self._base is None:
            self._connection.exec_driver_sql("PRAGMA optimize")
        self._connection.commit()
        self._connection.close()
        self._index.commit()
        files = self._shared()
        fresh = [name for name in file_names(self._folder) if name not in files]
        files |= {name: digest_of(self._folder / name) for name in fresh}
        sealed = msgspec.structs.replace(manifest, files=dict(sorted(files.items())))
        write_manifest(self._folder, sealed)
        for path in (*(self._folder / name for name in (*fresh, MANIFEST)), self._folder):
            sync(path)
        return self._folder

    def _shared(self) -> dict[str, str]:
        """Return the digests of the files that are the base's own, as its manifest has them."""
        if self._base is None:
            return {}
        known = read_manifest(self._base).files
        return {name: known[name] for name in shared_files(self._folder, self._base)}

    def release(self) -> None:
        """Put the sealed snapshot in its place, in one step; an older one of its id makes room."""
        aside = self._target.with_name(ASIDE + self.id)
        if self._target.exists():
            self._target.rename(aside)
        self._folder.rename(self._target)
        sync(self._target.parent)
        if aside.exists():
            shutil.rmtree(aside)


def _vacuum(source: Path, target: Path) -> None:
    """Copy a database without what was deleted from it; its rows keep their numbers."""
    address = f"{source.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
