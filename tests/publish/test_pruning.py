from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from portal.cli import main
from portal.errors import GateError
from portal.publish.pruning import prune
from portal.publish.verification import verify
from portal.snapshots import MANIFEST, read_manifest
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

Browse = Callable[[], CheckingClient]


def publish_then_repair(portal: Portal) -> tuple[str, str]:
    """Two snapshots; the second one lacks a penalty that was repaired in between."""
    portal.ingest([world.penalty(1), world.penalty(2, CF_SY="当事人无证经营烟花爆竹")])
    portal.ingest([world.assignment(1)], "codes.csv")
    first = portal.publish().id
    portal.ingest([world.event("信用修复", 2)], "events.csv")
    return first, portal.publish().id


def total(client: CheckingClient, q: str) -> int:
    found: int = client.json(f"/api/v1/search?q={q}&type=record")["total"]
    return found


def test_going_back_to_an_old_snapshot_does_not_bring_back_a_repaired_record(
    portal: Portal, browse: Browse
) -> None:
    first, second = publish_then_repair(portal)
    client = browse()
    assert total(client, "烟花爆竹") == 0
    portal.store.activate(first)
    assert client.json("/api/v1/status")["snapshot"] == first
    assert client.json("/api/v1/status")["records"]["penalty"] == 1
    assert total(client, "烟花爆竹") == 0
    assert total(client, "标签未标明") == 1
    found = client.json(f"/api/v1/search?q={world.uscc(1)}")["results"][0]
    assert found["counts"] == {"penalty": 1, "code_assignment": 1}
    entity = client.json(f"/api/v1/entities/{found['id']}")
    assert len(entity["records"]["penalty"]) == 1
    portal.store.activate(second)
    assert client.json("/api/v1/status")["records"]["penalty"] == 1


def test_old_snapshots_lose_what_must_not_be_public(portal: Portal) -> None:
    first, second = publish_then_repair(portal)
    report = prune(portal.store, portal.catalog, portal.today, keep=3)
    assert report.deleted == ()
    assert report.rewritten == {first: 1, second: 0}
    manifest = read_manifest(portal.store.path(first))
    assert (manifest.id, manifest.published) == (first, 2)
    assert manifest.withheld == {"pruned": 1}
    for snapshot_id in (first, second):
        folder = portal.store.path(snapshot_id)
        assert verify(folder) == []
        content = b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
        assert "烟花爆竹".encode() not in content
        assert "标签未标明".encode() in content
    assert prune(portal.store, portal.catalog, portal.today, keep=3).rewritten == {}
    later = portal.today + timedelta(days=365)
    assert prune(portal.store, portal.catalog, later, keep=3).rewritten == {first: 1}
    assert read_manifest(portal.store.path(second)).published == 2


def test_a_pruned_snapshot_answers_like_before(portal: Portal, browse: Browse) -> None:
    first, _ = publish_then_repair(portal)
    prune(portal.store, portal.catalog, portal.today, keep=3)
    portal.store.activate(first)
    client = browse()
    assert client.json("/api/v1/status")["records"]["penalty"] == 1
    found = client.json("/api/v1/search?q=蓝穗")["results"][0]
    assert found["name"] == "澄州市蓝穗食品有限公司"
    client.page(found["url"])


def test_leftovers_of_crashed_runs_are_removed(portal: Portal) -> None:
    portal.publish()
    for name in (".building-20260101T000000-abc", ".deleted-20260101T000000-abc"):
        (portal.store.folder / name).mkdir()
    prune(portal.store, portal.catalog, portal.today, keep=1)
    assert [p.name for p in portal.store.folder.iterdir() if p.is_dir()] == portal.store.ids()


def test_a_snapshot_of_another_version_is_published_over_and_then_deleted(portal: Portal) -> None:
    portal.ingest([world.penalty(n) for n in range(1, 121)])
    old = portal.publish().id
    manifest = portal.store.path(old) / MANIFEST
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('"format": ', '"format": 9'), encoding="utf-8")
    portal.today += timedelta(days=365)
    with pytest.raises(GateError, match="accept-shrink"):
        portal.publish()
    portal.today -= timedelta(days=365)
    new = portal.publish()
    assert (new.base, prune(portal.store, portal.catalog, portal.today, keep=3).deleted) == (
        "", (old,),
    )  # fmt: skip
    assert portal.store.ids() == [new.id]


def test_a_snapshot_put_aside_comes_back_when_its_successor_never_came(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    live = portal.publish().id
    portal.store.path(live).rename(portal.store.folder / f".replaced-{live}")
    prune(portal.store, portal.catalog, portal.today, keep=1)
    assert portal.store.ids() == [live]
    assert verify(portal.store.path(live)) == []


def test_no_pruning_while_a_publish_is_running(portal: Portal) -> None:
    portal.publish()
    with portal.store.exclusive(), pytest.raises(GateError, match="正在进行"):
        prune(portal.store, portal.catalog, portal.today, keep=1)


def test_a_damaged_snapshot_is_not_activated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORTAL_VAR", str(tmp_path / "var"))
    rows = [world.penalty(1)]
    main(["ingest", str(world.write_csv(tmp_path / "p.csv", rows))])
    main(["publish"])
    folder = next((tmp_path / "var" / "snapshots").glob("2*"))
    with (folder / "index").joinpath(next((folder / "index").iterdir()).name).open("ab") as stream:
        stream.write(b"x")
    capsys.readouterr()
    assert main(["activate", folder.name]) == 3
    assert "未通过核验" in capsys.readouterr().err


def test_a_great_fall_in_the_number_of_records_refuses_to_publish(portal: Portal) -> None:
    portal.ingest([world.penalty(n) for n in range(1, 121)])
    live = portal.publish().id
    portal.today += timedelta(days=365)
    with pytest.raises(GateError, match="accept-shrink"):
        portal.publish()
    assert portal.store.current_id() == live
    assert portal.store.ids() == [live]
