"""The disk is full, or a file may not grow: one clear line, nothing half done."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.scenes import Scene, make_scene
from tests.faults.site import Done, Site

FULL_AT = 3
SMALL = (4_096, 30_000)


@pytest.fixture(scope="module", params=["ingest", "delta", "full"])
def scene(
    request: pytest.FixtureRequest, made: Site, tmp_path_factory: pytest.TempPathFactory
) -> Scene:
    return make_scene(made, request.param, tmp_path_factory.mktemp("scene"))


def check_refused(scene: Scene, site: Site, done: Done) -> None:
    """Assert that the command said in one line what is wrong, and left the site as it was."""
    assert done.code in (2, 3), done
    assert "Traceback" not in done.err
    assert done.err.strip().splitlines()[-1].count("：") >= 1 or "磁盘已满" in done.err, done
    assert site.contents() == scene.shown[0]
    site.check_whole()
    # A list of refused rows whose delivery may or may not be in is settled by the next one.
    assert set(site.leftovers()) <= {"rejections/.3.csv"}


def check_next_run(scene: Scene, site: Site) -> None:
    site.next_run()
    assert site.contents() == scene.finally_shown
    assert site.leftovers() == []


def test_from_some_step_on_nothing_can_be_written(scene: Scene, tmp_path: Path) -> None:
    strikes = [f"full:{step}" for step in (1, *scene.some_steps(7, FULL_AT))]
    for strike, site in scene.sites(tmp_path, strikes):
        done = site.run(*scene.arguments, struck=strike)
        check_refused(scene, site, done)
        assert "磁盘已满" in done.err, done
        check_next_run(scene, site)


def test_no_file_may_grow_beyond_a_limit(scene: Scene, tmp_path: Path) -> None:
    for strike, site in scene.sites(tmp_path, [f"limit:{size}" for size in SMALL]):
        check_refused(scene, site, site.run(*scene.arguments, struck=strike))
        check_next_run(scene, site)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("cannot mount a file system here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full(scene: Scene, small_disk: Path) -> None:
    site = scene.before.copy(small_disk / "site")
    filler = small_disk / "filler"
    refused = 0
    for free in (0, 16_384, 65_536, 131_072, 262_144):
        room = shutil.disk_usage(small_disk).free
        filler.write_bytes(bytes(max(room - free, 0)))
        done = site.run(*scene.arguments, logs=scene.before.folder)
        filler.unlink()
        if done.code == 0:
            break
        refused += 1
        check_refused(scene, site, done)
    assert refused >= 2
    check_next_run(scene, site)
