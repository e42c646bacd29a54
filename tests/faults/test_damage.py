"""A snapshot file that is cut or has a flipped bit: refused, the snapshot before it is served."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal.app import create_app
from portal.config import load_settings
from portal.live import RETRY_SECONDS, LiveSnapshot
from portal.snapshots import MANIFEST, file_names
from tests.checking_client import CheckingClient
from tests.faults.site import Site

CHANCE = random.Random(20261128)  # noqa: S311


def flip(path: Path) -> None:
    """Change one bit somewhere in a file."""
    whole = bytearray(path.read_bytes())
    whole[CHANCE.randrange(len(whole))] ^= 1 << CHANCE.randrange(8)
    path.write_bytes(whole)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: CHANCE.randrange(path.stat().st_size)])


def sizable_files(folder: Path) -> list[Path]:
    return [folder / name for name in file_names(folder) if (folder / name).stat().st_size]


@contextmanager
def client_of(site: Site) -> Iterator[CheckingClient]:
    app = create_app(load_settings({k: v for k, v in site.environ.items() if "PORTAL" in k}))
    app.testing = True
    yield CheckingClient(app)
    app.extensions["portal.live"].close()


def shown(site: Site) -> str:
    """Return the id of the snapshot that a process which starts now shows."""
    live = LiveSnapshot(site.store)
    with live.lease() as snapshot:
        shown_id = snapshot.id
    live.close()
    assert bool(live.problem) == (shown_id != site.store.current_id())
    return shown_id


@pytest.mark.parametrize("harm", [flip, cut])
def test_a_process_that_starts_shows_the_snapshot_before(site: Site, harm: object) -> None:
    before, live = site.store.ids()
    folder = site.store.path(live)
    for path in sizable_files(folder):
        whole = path.read_bytes()
        for _ in range(3):
            flip(path) if harm is flip else cut(path)
            assert shown(site) == before, path.name
            path.write_bytes(whole)
    assert shown(site) == live


def test_a_flip_in_the_manifest_that_is_still_good_json_is_seen(site: Site) -> None:
    before, live = site.store.ids()
    path = site.store.path(live) / MANIFEST
    text = path.read_text(encoding="utf-8")
    for old, new in (('"published": 24', '"published": 25'), ('"penalty": 24', '"penalty": 22')):
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")
        assert shown(site) == before


def test_readyz_says_so_and_pages_go_on(site: Site) -> None:
    before, live = site.store.ids()
    flip(site.store.path(live) / "records.sqlite")
    with client_of(site) as client:
        ready = client.get("/readyz")
        assert (ready.status_code, ready.text) == (503, "新快照无法打开，仍在使用上一个快照\n")
        assert client.json("/api/v1/status")["snapshot"] == before
        assert client.json("/api/v1/search?q=蓝穗")["snapshot"] == before
        client.page("/search?q=蓝穗")


def test_a_damaged_snapshot_is_not_activated(site: Site) -> None:
    before, live = site.store.ids()
    for path in sizable_files(site.store.path(before)):
        whole = path.read_bytes()
        flip(path)
        done = site.run("activate", before)
        assert done.code == 3, path.name
        assert before in done.err
        assert site.store.current_id() == live
        path.write_bytes(whole)
    site.succeed("activate", before)
    assert site.store.current_id() == before


def test_damage_while_it_is_shown_is_found_once_a_page_fails(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, live = site.store.ids()
    clock = [0.0]
    monkeypatch.setattr("portal.live.time.monotonic", lambda: clock[0])
    with client_of(site) as client:
        assert client.json("/api/v1/status")["snapshot"] == live
        path = site.store.path(live) / "records.sqlite"
        path.write_bytes(path.read_bytes()[:8192] + bytes(path.stat().st_size - 8192))
        clock[0] = RETRY_SECONDS
        failed = client.get("/search?q=蓝穗")
        assert failed.status_code == 503
        assert client.json("/api/v1/search?q=蓝穗")["snapshot"] == before
        assert client.get("/readyz").status_code == 503


def test_what_was_withdrawn_is_not_shown_by_the_snapshot_that_goes_on(site: Site) -> None:
    with client_of(site) as client:
        assert client.json("/api/v1/search?q=蓝穗")["totals"]["records"] == 24
        site.succeed("ingest", "--full", "--accept-shrink", str(site.folder / "fewer.csv"))
        site.succeed("publish")
        flip(site.store.path(site.store.current_id()) / "records.sqlite")
        body = client.json("/api/v1/search?q=蓝穗")
        assert body["snapshot"] == site.store.ids()[1]
        assert body["totals"]["records"] == 20


def test_one_that_went_back_is_not_brought_forward(site: Site) -> None:
    before, _ = site.store.ids()
    site.succeed("activate", before)
    cut(site.store.path(before) / "records.sqlite")
    with client_of(site) as client:
        client.page("/", 503)
        assert client.get("/readyz").status_code == 503
