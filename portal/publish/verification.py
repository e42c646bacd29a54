"""Checks a sealed snapshot before it may go live: digests, counts, and a scan for personal data."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from portal import tables
from portal.errors import SnapshotError
from portal.publish.leak_gate import AlreadyRead, scan, shown_file
from portal.publish.raw_values import RawValues
from portal.publish.traces import Traces
from portal.snapshots import Snapshot, damaged_files, read_manifest, shared_files
from search_index.query import Filters


def verify(
    folder: Path,
    raw: RawValues | None = None,
    *,
    traces: Traces | None = None,
    base: Path | None = None,
    rows: Mapping[str, int] | None = None,
) -> list[str]:
    """Return what is wrong with a snapshot, in words; an empty list means sound.

    With `raw`, the registry's own personal values are looked for too; without, only what looks like
    one. A finding names the record and the field, or the file, never a value. `traces` take note of
    what is read. What it shares with `base`, a snapshot that was found sound, is not read again:
    files that are the very same, and table → the last of the `rows` taken from there.
    """
    try:
        manifest = read_manifest(folder)
    except SnapshotError as error:
        return [str(error)]
    shared: dict[str, str] = {}
    if base is not None:
        known = read_manifest(base).files
        shared = {name: known[name] for name in shared_files(folder, base)}
    damaged = damaged_files(folder, manifest, shared)
    if damaged:
        return [f"文件与清单不符：{shown_file(name)}" for name in damaged]
    try:
        snapshot = Snapshot(folder)
    except SnapshotError as error:
        return [str(error)]
    try:
        passed = AlreadyRead(shared, rows)
        return [*_count_faults(snapshot), *scan(folder, raw, traces=traces, passed=passed)]
    finally:
        snapshot.close()


def _count_faults(snapshot: Snapshot) -> Iterator[str]:
    manifest = snapshot.manifest
    withheld = sum(manifest.withheld.values())
    if manifest.registry_records != manifest.published + withheld:
        yield "清单中的公示数与不公示数之和不等于登记数"
    if sum(manifest.by_class.values()) != manifest.published:
        yield "清单中各类之和不等于公示数"
    with snapshot.connect() as connection:
        by_class = {
            row[0]: row[1]
            for row in connection.execute(
                select(tables.records.c.class_code, func.count()).group_by("class_code")
            )
        }
        entities = connection.scalar(select(func.count()).select_from(tables.entities))
    if by_class != {code: count for code, count in manifest.by_class.items() if count}:
        yield "记录库中各类的数目与清单不符"
    if entities != manifest.entities:
        yield "记录库中主体的数目与清单不符"
    indexed = snapshot.index.count_by("class", Filters(), date.min)
    if indexed != by_class:
        yield "索引中各类的数目与记录库不符"
