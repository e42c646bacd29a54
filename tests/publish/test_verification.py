import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from portal.publish.raw_values import RawValues
from portal.publish.verification import verify
from portal.records import StoredRecord, Subject, SubjectKind
from portal.snapshots import DATABASE, digest_of, read_manifest, write_manifest
from tests import world
from tests.conftest import Portal


def snapshot(portal: Portal) -> Path:
    portal.ingest([world.penalty(1), world.penalty(2)])
    return portal.store.path(portal.publish().id)


def test_a_sealed_snapshot_is_sound(portal: Portal) -> None:
    assert verify(snapshot(portal)) == []


def test_a_changed_byte_anywhere_is_found(portal: Portal) -> None:
    folder = snapshot(portal)
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size):
        whole = path.read_bytes()
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        assert verify(folder), path
        path.write_bytes(whole)
    assert verify(folder) == []


@pytest.mark.parametrize("name", ["records.sqlite", "manifest.json"])
def test_a_missing_or_cut_file_is_found(portal: Portal, name: str) -> None:
    folder = snapshot(portal)
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    assert verify(folder)
    (folder / name).unlink()
    assert verify(folder)


def test_an_added_file_is_found(portal: Portal) -> None:
    folder = snapshot(portal)
    (folder / "index" / "extra").write_text("", encoding="ascii")
    assert verify(folder) == ["文件与清单不符：index/extra"]


def test_the_name_of_an_added_file_is_not_repeated_where_it_could_be_a_value(
    portal: Portal,
) -> None:
    folder = snapshot(portal)
    (folder / world.id_number(1)).write_text("", encoding="ascii")
    assert verify(folder) == ["文件与清单不符：***"]


def plant(folder: Path, title: str) -> str:
    """Put a title into the first record, digests in step, and return the record's public id."""
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        connection.execute("UPDATE records SET title = ? WHERE id = 1", (title,))
        query = "SELECT public_id FROM records WHERE id = 1"
        public_id = connection.execute(query).fetchone()[0]
    manifest = read_manifest(folder)
    files = manifest.files | {DATABASE: digest_of(folder / DATABASE)}
    sealed = msgspec.structs.replace(manifest, files=files)
    write_manifest(folder, sealed)
    return str(public_id)


def test_a_personal_number_is_found_without_the_registry(portal: Portal) -> None:
    folder = snapshot(portal)
    public_id = plant(folder, f"与{world.id_number(1)}有关")
    assert verify(folder) == [f"记录 {public_id} 的 title 中有疑似证件号码"]


def test_a_value_of_the_registry_is_found_with_it(portal: Portal) -> None:
    folder = snapshot(portal)
    subject = Subject(SubjectKind.PERSON, "佟晓岚", id_number="E38010027")
    raw = RawValues()
    raw.add(StoredRecord(b"k" * 16, "penalty", subject, {}, world.TODAY, 1))
    assert verify(folder, raw) == []
    public_id = plant(folder, "护照E38010027")
    assert verify(folder) == []
    assert verify(folder, raw) == [f"记录 {public_id} 的 title 中有登记库里的个人号码"]
