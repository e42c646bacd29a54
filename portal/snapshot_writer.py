"""Builds a snapshot aside: records database, search index, manifest; then puts it in its place."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import create_engine, insert

from portal import tables
from portal.records import PublishedEntity, PublishedRecord
from portal.snapshots import ASIDE, DATABASE, INDEX, MANIFEST, Manifest, digest_of, file_names, sync
from search_index.build import IndexWriter
from search_index.schema import NameDocument, RecordDocument

_BATCH = 2_000


class SnapshotWriter:
    """Builds one snapshot aside. A context manager: what is not sealed is removed."""

    def __init__(self, folder: Path, snapshot_id: str) -> None:
        self.id = snapshot_id
        self._target = folder / snapshot_id
        self._folder = folder / f".building-{snapshot_id}"
        self._records: list[dict[str, Any]] = []
        self._entities: list[dict[str, Any]] = []
        self._person_keys: list[dict[str, Any]] = []

    def __enter__(self) -> "SnapshotWriter":
        self._folder.mkdir(parents=True)
        self._engine = create_engine(f"sqlite:///{self._folder / DATABASE}")
        self._connection = self._engine.connect()
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "page_size=8192"):
            self._connection.exec_driver_sql(f"PRAGMA {pragma}")
        tables.metadata.create_all(self._connection)
        self._index = IndexWriter(self._folder / INDEX)
        self._index.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._connection.close()
        self._engine.dispose()
        if self._index is not None:
            self._index.__exit__(*error)
        if self._folder.exists():
            shutil.rmtree(self._folder)

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
        """Add a name to the index; names come in the order in which a search should offer them."""
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
        self._connection.exec_driver_sql("PRAGMA optimize")
        self._connection.commit()
        self._connection.close()
        self._index.commit()
        files = {name: digest_of(self._folder / name) for name in file_names(self._folder)}
        sealed = msgspec.structs.replace(manifest, files=files)
        text = msgspec.json.format(msgspec.json.encode(sealed), indent=2)
        (self._folder / MANIFEST).write_bytes(text)
        for path in (*(self._folder / name for name in (*files, MANIFEST)), self._folder):
            sync(path)
        return self._folder

    def release(self) -> None:
        """Put the sealed snapshot in its place, in one step; an older one of its id makes room."""
        aside = self._target.with_name(ASIDE + self.id)
        if self._target.exists():
            self._target.rename(aside)
        self._folder.rename(self._target)
        sync(self._target.parent)
        if aside.exists():
            shutil.rmtree(aside)
