"""Checks a sealed snapshot before it may go live: digests, counts, and a scan for personal data."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from portal import tables
from portal.errors import SnapshotError
from portal.publish.leaks import find_leaks
from portal.snapshots import Snapshot, damaged_files, read_manifest
from search_index.query import Filters

_STREAM = 2_000
_KINDS = {"id": "证件号码", "phone": "手机号码", "card": "银行卡号"}
_TEXT_COLUMNS = ("subject_name", "title", "document_number", "authority", "fields")


def verify(folder: Path) -> list[str]:
    """Return what is wrong with a snapshot, in words; an empty list means sound.

    A finding names the record and the kind of data, never a value.
    """
    try:
        manifest = read_manifest(folder)
    except SnapshotError as error:
        return [str(error)]
    damaged = damaged_files(folder, manifest)
    if damaged:
        return [f"文件与清单不符：{name}" for name in damaged]
    try:
        snapshot = Snapshot(folder)
    except SnapshotError as error:
        return [str(error)]
    try:
        return [*_count_faults(snapshot), *_leaks(snapshot)]
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


def _leaks(snapshot: Snapshot) -> Iterator[str]:
    """Scan every text of every record and subject.

    The index holds folded copies of the same texts, so what is clean here is clean there.
    """
    with snapshot.connect() as connection:
        streaming = connection.execution_options(yield_per=_STREAM)
        columns = [tables.records.c[name] for name in ("public_id", *_TEXT_COLUMNS)]
        for row in streaming.execute(select(*columns)):
            for name, text in zip(_TEXT_COLUMNS, row[1:], strict=True):
                for leak in find_leaks(text):
                    yield f"记录 {row[0]} 的 {name} 中有疑似{_KINDS[leak.kind]}"
        entities = tables.entities.c
        for public_id, names in streaming.execute(select(entities.public_id, entities.names)):
            for leak in find_leaks(names):
                yield f"主体 {public_id} 的名称中有疑似{_KINDS[leak.kind]}"
