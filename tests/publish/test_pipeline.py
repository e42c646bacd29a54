from dataclasses import replace

import pytest
from sqlalchemy import select

from portal import tables
from portal.errors import GateError, NotFoundError
from portal.intake.registry_reader import RegistryReader
from portal.publish.pruning import prune
from portal.snapshot_writer import SnapshotWriter
from portal.snapshots import Snapshot, SnapshotStore
from tests import world
from tests.conftest import Portal
from tests.publish.test_publicity import person


def test_records_are_published_or_withheld_with_a_reason(portal: Portal) -> None:
    rows = [
        world.penalty(1),
        world.penalty(2, CF_JDRQ="2025-11-21"),
        person(world.penalty(3)),
        world.penalty(4) | {"CF_ZDRZJ": ""},
    ]
    portal.ingest([row | {"CF_ZT": state} for row, state in zip(rows, "0001", strict=True)])
    manifest = portal.publish()
    assert manifest.registry_records == 4
    assert manifest.published == 1
    assert manifest.withheld == {"expired": 1, "natural_person": 1, "revoked": 1}
    assert manifest.by_class["penalty"] == 1
    assert portal.store.current_id() == manifest.id


def test_an_empty_registry_can_be_published(portal: Portal) -> None:
    manifest = portal.publish()
    assert (manifest.registry_records, manifest.published, manifest.entities) == (0, 0, 0)


def test_public_ids_survive_a_rebuild(portal: Portal) -> None:
    portal.ingest([world.penalty(1), world.penalty(2)])
    first = portal.publish()
    addresses = _record_ids(portal, first.id)
    portal.ingest([world.penalty(3), world.penalty(1, CF_NR="警告")], "more.csv")
    second = portal.publish()
    assert second.id != first.id
    assert addresses < _record_ids(portal, second.id)


def _record_ids(portal: Portal, snapshot_id: str) -> set[str]:
    snapshot = Snapshot(portal.store.path(snapshot_id))
    with snapshot.connect() as connection:
        found = {row[0] for row in connection.execute(select(tables.records.c.public_id))}
    snapshot.close()
    return found


def test_counts_that_do_not_add_up_refuse_to_publish(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.ingest([world.penalty(1)])
    live = portal.publish().id
    monkeypatch.setattr(RegistryReader, "count", lambda _: 2)
    with pytest.raises(GateError, match="不相符"):
        portal.publish()
    _nothing_changed(portal, live)


def test_a_leak_refuses_to_publish(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    portal.ingest([world.penalty(1)])
    live = portal.publish().id
    monkeypatch.setattr("portal.publish.desensitize.scrub", lambda text, **_: text)
    number = world.id_number(1)
    portal.ingest([world.penalty(2, CF_SY=f"当事人（身份证号{number}）未取得许可")], "b.csv")
    with pytest.raises(GateError, match=r"记录 [a-z0-9]{24} 的 \S+ 中有") as refusal:
        portal.publish()
    assert number not in str(refusal.value)
    assert "fields" in str(refusal.value)
    _nothing_changed(portal, live)


def _nothing_changed(portal: Portal, live: str) -> None:
    assert portal.store.current_id() == live
    assert portal.store.ids() == [live]
    leftovers = [p.name for p in portal.store.folder.iterdir() if p.name.startswith((".b", ".r"))]
    assert leftovers == []


def test_a_failed_build_leaves_nothing(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    portal.ingest([world.penalty(1)])
    live = portal.publish().id

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SnapshotWriter, "seal", fail)
    with pytest.raises(OSError, match="No space"):
        portal.publish()
    _nothing_changed(portal, live)


def test_two_at_once_are_refused(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    portal.publish()
    with (
        portal.store.exclusive(),
        pytest.raises(GateError, match="正在进行"),
    ):
        portal.publish()


def test_a_masked_record_does_not_stand_beside_the_whole_name(portal: Portal) -> None:
    number = world.id_number(3)
    debtor = world.debtor(iname="佟晓岚", cardNum=number)
    portal.ingest_path(world.write_jsonl(portal.folder / "d.jsonl", [debtor]))
    portal.ingest([person(world.penalty(1)) | {"CF_GKYJ": "《食品安全法》第一百一十三条"}])
    manifest = portal.publish()
    assert (manifest.published, manifest.entities) == (2, 2)


def test_records_of_one_organisation_meet(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    portal.ingest([world.permit(1)], "permits.csv")
    company = world.debtor(1, iname="澄州市蓝穗食品有限公司", cardNum=world.uscc(1)[8:17])
    portal.ingest_path(world.write_jsonl(portal.folder / "d.jsonl", [company]))
    assert portal.publish().entities == 1


def test_an_old_snapshot_can_be_activated_and_pruned(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    ids = []
    for day in (20, 21, 22):
        portal.today = world.TODAY.replace(day=day)
        ids.append(portal.publish().id)
    store = SnapshotStore(portal.settings.snapshots_path)
    assert store.ids() == ids
    store.activate(ids[0])
    assert store.current_id() == ids[0]
    assert prune(store, portal.catalog, portal.today, keep=1).deleted == (ids[1],)
    with pytest.raises(NotFoundError):
        store.activate(ids[1])
    assert replace(portal).store.ids() == [ids[0], ids[2]]
