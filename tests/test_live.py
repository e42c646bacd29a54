import threading

import pytest

from portal.errors import SnapshotError
from portal.live import RETRY_SECONDS, LiveSnapshot
from portal.publish.pruning import prune
from tests import world
from tests.conftest import Portal


def test_no_snapshot_yet(portal: Portal) -> None:
    live = LiveSnapshot(portal.store)
    with pytest.raises(SnapshotError, match="尚未发布"), live.lease():
        pass
    portal.publish()
    with live.lease() as snapshot:
        assert snapshot.id == portal.store.current_id()
    live.close()


def test_a_request_keeps_its_snapshot_while_a_new_one_goes_live(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    first = portal.publish().id
    live = LiveSnapshot(portal.store)
    with live.lease() as before:
        portal.ingest([world.penalty(2)], "more.csv")
        second = portal.publish().id
        with live.lease() as after:
            assert (before.id, after.id) == (first, second)
            assert (before.manifest.published, after.manifest.published) == (1, 2)
        prune(portal.store, portal.catalog, portal.today, keep=0)
        with before.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM records").scalar() == 1
    live.close()


def test_a_damaged_new_snapshot_leaves_the_old_one_serving(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    first = portal.publish().id
    live = LiveSnapshot(portal.store)
    with live.lease():
        pass
    second = portal.publish().id
    (portal.store.path(second) / "records.sqlite").write_bytes(b"damaged")
    with live.lease() as snapshot:
        assert snapshot.id == first
    assert second in live.problem
    third = portal.publish().id
    with live.lease() as snapshot:
        assert snapshot.id == third
    assert live.problem == ""
    live.close()


def test_a_pointer_that_cannot_be_read_leaves_the_old_one_serving(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    first = portal.publish().id
    live = LiveSnapshot(portal.store)
    with live.lease() as snapshot:
        assert snapshot.id == first
    portal.store.pointer.unlink()
    portal.store.pointer.symlink_to(portal.store.pointer.name)  # to itself
    with live.lease() as snapshot:
        assert snapshot.id == first
    assert live.problem
    live.close()


def test_a_passing_fault_is_tried_again(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    portal.ingest([world.penalty(1)])
    index = portal.store.path(portal.publish().id) / "index"
    index.rename(index.with_name("away"))
    live = LiveSnapshot(portal.store)
    clock = [0.0]
    monkeypatch.setattr("portal.live.time.monotonic", lambda: clock[0])
    with pytest.raises(SnapshotError), live.lease():
        pass
    index.with_name("away").rename(index)
    with pytest.raises(SnapshotError), live.lease():
        pass
    clock[0] = RETRY_SECONDS
    with live.lease() as snapshot:
        assert snapshot.manifest.published == 1
    live.close()


def test_unreadable_tombstones_show_nothing_old(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    portal.publish()
    (portal.store.folder / "tombstones").write_bytes(b"\xff\xfe")
    live = LiveSnapshot(portal.store)
    with pytest.raises(SnapshotError, match="撤下清单"), live.lease():
        pass
    live.close()


def test_many_threads_and_activations_never_meet_a_closed_snapshot(portal: Portal) -> None:
    portal.ingest([world.penalty(n) for n in range(1, 20)])
    ids = [portal.publish().id, portal.publish().id]
    live = LiveSnapshot(portal.store)
    faults: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                with live.lease() as snapshot, snapshot.connect() as connection:
                    found = connection.exec_driver_sql("SELECT count(*) FROM records").scalar()
                    assert found == snapshot.manifest.published
        except BaseException as error:
            faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for turn in range(30):
        portal.store.activate(ids[turn % 2])
    done.set()
    for reader in readers:
        reader.join()
    live.close()
    assert faults == []
