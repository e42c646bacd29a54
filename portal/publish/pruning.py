"""Old snapshots lose what must not be public any more: they are written anew without it."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from portal import tables
from portal.catalog_model import Catalog
from portal.errors import SnapshotError
from portal.records import PublishedEntity
from portal.snapshot_writer import SnapshotWriter
from portal.snapshots import Manifest, Snapshot, SnapshotStore, read_manifest
from portal.tombstones import NO_TOMBSTONES, Tombstones, read_tombstones
from search_index.schema import name_documents, record_document

PRUNED = "pruned"
"""Under this reason a manifest counts what left its snapshot after it was sealed."""


@dataclass(frozen=True, slots=True)
class PruneReport:
    """Snapshots that were deleted, and those that were written anew with how many fewer records.

    Of none fewer: one whose files still held deleted texts of what is withheld for good.
    """

    deleted: tuple[str, ...]
    rewritten: dict[str, int]


def prune(store: SnapshotStore, catalog: Catalog, today: date, keep: int) -> PruneReport:
    """Keep the live snapshot and the newest `keep`; take out of the others what has ended.

    What has ended: a record past its last day, or under a tombstone. The live snapshot keeps its
    records, since every read of it filters; but no snapshot keeps the deleted text of what is
    withheld for good. One of another version of the portal can be neither shown nor cleaned, and is
    deleted. Raises GateError while a publish is running.
    """
    with store.exclusive():
        store.delete_leftovers()
        live = store.current_id()
        kept = {live, *(store.ids()[-keep:] if keep else ())}
        foreign = {i for i in store.ids() if i != live and not _is_readable(store.path(i))}
        deleted = tuple(i for i in store.ids() if i not in kept or i in foreign)
        for snapshot_id in deleted:
            store.delete(snapshot_id)
        tombstones = read_tombstones(store.folder)
        rewritten = {}
        for snapshot_id in store.ids():
            gone = 0
            if snapshot_id != live:
                gone = _rewrite(store, snapshot_id, catalog, today, tombstones)
            if gone or _purge(store, snapshot_id):
                rewritten[snapshot_id] = gone
        if live in rewritten:
            store.activate(live)  # whoever has it open lets go of the old files
    return PruneReport(deleted, rewritten)


def _is_readable(folder: Path) -> bool:
    try:
        read_manifest(folder)
    except SnapshotError:
        return False
    return True


def _rewrite(
    store: SnapshotStore, snapshot_id: str, catalog: Catalog, today: date, tombstones: Tombstones
) -> int:
    """Write a snapshot anew without what has ended; return how many records left it."""
    old = Snapshot(store.path(snapshot_id), NO_TOMBSTONES)
    try:
        with old.connect() as connection:
            kept = _kept_rows(connection, today, tombstones)
            gone = old.manifest.published - len(kept)
            if not gone:
                return 0
            with SnapshotWriter(store.folder, snapshot_id) as writer:
                by_class, entities = _copy(connection, writer, catalog, kept, today)
                writer.seal(_manifest(old.manifest, by_class, entities))
                writer.release()
    finally:
        old.close()
    return gone


def _purge(store: SnapshotStore, snapshot_id: str) -> bool:
    """Write a snapshot anew without deleted texts, if it may hold any; tell whether it was so.

    Its rows keep their numbers, so that it answers alike while it changes under a reader.
    """
    folder = store.path(snapshot_id)
    manifest = read_manifest(folder)
    if not manifest.remnants:
        return False
    with SnapshotWriter(store.folder, snapshot_id, folder, purge=True) as writer:
        writer.seal(msgspec.structs.replace(manifest, remnants=0))
        writer.release()
    return True


def _kept_rows(connection: Connection, today: date, tombstones: Tombstones) -> dict[int, int]:
    """Return old row → new row of the records that stay."""
    records = tables.records.c
    query = (
        select(records.id, records.public_id)
        .where(records.public_until >= today.isoformat())
        .order_by(records.rank)
    )
    stay = (row for row, public_id in connection.execute(query) if public_id not in tombstones.ids)
    return {row: number for number, row in enumerate(stay, start=1)}


def _copy(
    connection: Connection,
    writer: SnapshotWriter,
    catalog: Catalog,
    kept: dict[int, int],
    today: date,
) -> tuple[Counter[str], int]:
    by_class: Counter[str] = Counter()
    entity_rows: dict[int, int] = {}
    counts: Counter[int] = Counter()
    for row in connection.execute(select(tables.records).order_by(tables.records.c.rank)):
        if row.id not in kept:
            continue
        record = tables.read_record(row)
        record_class = catalog.classes_by_code.get(record.class_code)
        searchable = [f.name for f in record_class.fields if f.searchable] if record_class else []
        documents = record_class.documents if record_class else ()
        entity = entity_rows.setdefault(row.entity, len(entity_rows) + 1)
        document = record_document(kept[row.id], entity, record, searchable, documents)
        writer.add_record(kept[row.id], entity, record, document)
        by_class[record.class_code] += 1
        counts[entity] += 1
    for row in connection.execute(select(tables.person_keys)):
        if row.record in kept:
            writer.add_person_key(row.key, kept[row.record])
    _copy_entities(connection, writer, entity_rows, counts, today)
    return by_class, len(entity_rows)


def _copy_entities(
    connection: Connection,
    writer: SnapshotWriter,
    rows: dict[int, int],
    counts: Counter[int],
    today: date,
) -> None:
    for row in connection.execute(select(tables.entities).order_by(tables.entities.c.id)):
        if row.id in rows:
            entity = _without_ended_names(tables.read_entity(row), today)
            writer.add_entity(rows[row.id], entity)
            for document in name_documents(rows[row.id], entity, counts[rows[row.id]]):
                writer.add_name(document)


def _without_ended_names(entity: PublishedEntity, today: date) -> PublishedEntity:
    names = [name for name in entity.names if name.until >= today]
    if names and not names[0].current:
        names[0] = replace(names[0], current=True)
    return replace(entity, names=tuple(names))


def _manifest(old: Manifest, by_class: Counter[str], entities: int) -> Manifest:
    published = by_class.total()
    withheld = dict(old.withheld)
    if published < old.published:
        withheld[PRUNED] = withheld.get(PRUNED, 0) + old.published - published
    return msgspec.structs.replace(
        old,
        published=published,
        withheld=withheld,
        by_class={code: by_class[code] for code in old.by_class},
        entities=entities,
        base="",
        remnants=0,
        files={},
    )
