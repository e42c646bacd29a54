"""Snapshots as the running catalogue can show them.

After a change of the catalogue, and until the next publishing, the live snapshot may hold records
of a class that is not there any more. Nobody could say what such a record means.
"""

from pathlib import Path

from sqlalchemy import select

from portal import tables
from portal.catalog_model import Catalog
from portal.snapshots import Snapshot, SnapshotStore


class KnownSnapshots(SnapshotStore):
    """The folder of all snapshots, opened without the records of classes a catalogue lacks."""

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        super().__init__(folder)
        self._known = frozenset(catalog.classes_by_code)

    def open(self, snapshot_id: str) -> Snapshot:
        """Open a snapshot, and hide what cannot be shown from every read and count."""
        snapshot = super().open(snapshot_id)
        if self._known.issuperset(snapshot.manifest.by_class):
            return snapshot
        records = tables.records.c
        query = select(records.id).where(records.class_code.not_in(self._known))
        try:
            with snapshot.connect() as connection:
                snapshot.hidden |= frozenset(connection.scalars(query))
            snapshot.index.hide(snapshot.hidden)
        except BaseException:
            snapshot.close()
            raise
        return snapshot
