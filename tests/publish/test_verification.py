from pathlib import Path

import pytest

from portal.publish.verification import verify
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
