"""Builds a snapshot from the live one and what may have changed since. The unit is the subject."""

import sqlite3
from collections.abc import Collection
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from portal.errors import GateError, PortalError, SnapshotError
from portal.publish.assembly import Assembly
from portal.publish.changes import Changes
from portal.publish.digests import DigestKey
from portal.publish.identity import PublicIds
from portal.publish.judge import Judge, subject_links
from portal.publish.ledger import Ledger
from portal.publish.publication import Publication
from portal.publish.tally import Tally
from portal.publish.traces import Traces
from portal.publish.verification import verify
from portal.snapshot_writer import SnapshotWriter
from portal.snapshots import INDEX, Manifest, read_manifest
from portal.tombstones import read_tombstones
from search_index.base_segments import waste

LARGEST_SHARE = 0.2
"""Of more records than this share a full build judges as fast."""

FEWEST = 5_000
"""So few records are a delta whatever their share, and so small an index is not worth the care."""

MOST_WASTE = 0.25
"""An index that holds more deleted documents than this share is built anew."""


class NoDeltaError(PortalError):
    """Only a full build can publish what there is; the text says why."""


def build_delta(work: Publication) -> Manifest:
    """Build, seal, verify and activate a snapshot from the live one; return its manifest.

    Raises NoDeltaError, and leaves all as it was, where the ledger does not speak of the live
    snapshot, where too much has changed, and wherever anything is in doubt: a full build decides.
    Raises GateError when far fewer records would be public.
    """
    try:
        with Ledger(work.ledger) as ledger:
            base = _base(work, ledger)
            return _Delta(work, ledger, base).publish()
    except sqlite3.Error as error:
        raise NoDeltaError("发布台账缺失或者已损坏") from error
    except SnapshotError as error:
        raise NoDeltaError(str(error)) from error
    except DatabaseError as error:
        raise NoDeltaError("正在使用的快照已经损坏") from error


def _base(work: Publication, ledger: Ledger) -> Path:
    """Return the folder of the snapshot that the ledger speaks of, which must be the live one."""
    known, wanted = ledger.basis(), work.basis()
    if known is None:
        raise NoDeltaError("发布台账是其他版本写的")
    tombstones = read_tombstones(work.store.folder)
    if not known.snapshot == work.store.current_id() == tombstones.snapshot:
        raise NoDeltaError("正在使用的快照不是上次发布的那一个")
    if known.day > wanted.day:
        raise NoDeltaError("公示日期早于上次发布")
    for what, before, now in (
        ("目录", known.policy, wanted.policy),
        ("程序", known.code, wanted.code),
        ("密钥", known.keys, wanted.keys),
    ):
        if before != now:
            raise NoDeltaError(f"{what}已经改变")
    base = work.store.path(known.snapshot)
    if read_manifest(base).published > FEWEST and waste(base / INDEX) > MOST_WASTE:
        raise NoDeltaError("检索索引中已删除的内容过多")
    return base


class _Delta:
    """One delta in the making, on the snapshot in the folder `base`."""

    def __init__(self, work: Publication, ledger: Ledger, base: Path) -> None:
        self._work = work
        self._ledger = ledger
        self._base = base
        self._key = DigestKey(work.secrets.ledger)
        self._links = subject_links(work.reader)
        self._events = tuple(work.reader.events())
        self._changes = Changes(work.reader, ledger, self._links, self._events, self._key)
        self._traces = Traces(self._key, ledger.traces)
        self._doubts = 0
        self._raw = work.raw_values(self._key, ledger.known, self._on_new)

    def publish(self) -> Manifest:
        work, base = self._work, self._base
        ids = self._changed()
        work.progress(f"增量发布：以快照 {base.name} 为底，重新判断 {len(ids)} 条记录")
        public_ids = PublicIds(work.secrets.public_ids)
        asked = {row: public_ids.record(key) for row, key in work.reader.keys_of(ids)}
        before = {asked[row] for row in self._ledger.public_among(ids)}
        with SnapshotWriter(work.store.folder, work.id, base) as writer:
            rows = writer.last_rows()
            writer.take_out(before)
            ended = set(self._assemble(ids, writer, rows))
            manifest = self._manifest(writer.count_entities(), len(before & ended))
            work.refuse_shrink(manifest)
            work.progress("封存快照")
            folder = writer.seal(manifest)
            work.progress("核验快照")
            if verify(folder, self._raw, traces=self._traces, base=base, rows=rows):
                raise NoDeltaError("增量快照未通过核验")
            writer.release()
        known = read_tombstones(work.store.folder).ids
        work.activate((known - set(asked.values())) | ended)
        work.keep(self._ledger)
        return manifest

    def _changed(self) -> set[int]:
        most = max(FEWEST, LARGEST_SHARE * self._work.reader.count())
        try:
            ids = self._changes.records(self._work.today, most)
        except ValueError:
            raise NoDeltaError("发布台账不属于这个登记库") from None
        if len(ids) > most:
            raise NoDeltaError(f"至少有 {len(ids)} 条记录须重新判断")
        return ids

    def _assemble(
        self, ids: Collection[int], writer: SnapshotWriter, rows: dict[str, int]
    ) -> list[str]:
        """Write the records anew; return the public ids of those withheld for good."""
        work, links = self._work, self._links
        judge = Judge(work.reader, work.catalog, links, work.today, events=self._events, ids=ids)
        assembly = Assembly(work, judge, links, writer, self._raw, rows=rows)
        for record in work.reader.newest_first(ids=ids):
            self._ledger.put(assembly.take(record))
        assembly.finish()
        if self._doubts or assembly.faults:
            raise NoDeltaError("公示的内容中可能有新登记的个人号码或者姓名")
        self._changes.note()
        return assembly.tombstones

    def _on_new(self, value: str) -> None:
        """Ask of a personal value that is new whether it may stand in what is public already."""
        self._doubts += self._traces.may_hold(value)

    def _manifest(self, entities: int, ended: int) -> Manifest:
        """Return the manifest by what the ledger now says of all records."""
        tally = Tally(self._work.catalog)
        for found in self._ledger.outcomes():
            tally.add(found.class_code, found.reason, found.verdict, found.count)
        remnants = read_manifest(self._base).remnants + ended
        try:
            return self._work.manifest(tally, entities, base=self._base.name, remnants=remnants)
        except GateError as error:
            raise NoDeltaError(str(error)) from error
