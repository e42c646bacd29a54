"""The nightly run: files in, snapshot out, what failed stays and is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal import clock
from tests import world
from tests.faults.site import ROOT, Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "inbox" / "full").mkdir(parents=True)
    return Site(tmp_path)


def nightly(site: Site) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "deploy" / "nightly", site.folder / "inbox"],
        env=site.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def deliver(site: Site, name: str, *numbers: int) -> Path:
    day = clock.today().isoformat()
    rows = [world.penalty(number, CF_JDRQ=day) for number in numbers]
    return world.write_csv(site.folder / "inbox" / name, rows)


def test_a_night(site: Site) -> None:
    deliver(site, "penalties 1.csv", 1, 2, 3)
    done = nightly(site)
    assert done.returncode == 0, done.stderr
    assert len(site.contents()) == 3
    assert len(list((site.folder / "inbox" / "taken").iterdir())) == 1
    assert nightly(site).returncode == 0  # a night without deliveries: what has ended still leaves
    assert len(site.store.ids()) == 2


def test_one_bad_file_stays_and_the_others_are_published(site: Site) -> None:
    bad = site.folder / "inbox" / "a.csv"
    bad.write_text("nothing,known\n1,2\n", encoding="utf-8")
    deliver(site, "b.csv", 1, 2)
    done = nightly(site)
    assert done.returncode == 2
    assert "a.csv" in done.stderr
    assert bad.exists()
    assert len(site.contents()) == 2
    os.unlink(bad)  # noqa: PTH108
    assert nightly(site).returncode == 0


def test_a_whole_list_withdraws_what_it_lacks(site: Site) -> None:
    deliver(site, "b.csv", *range(1, 11))
    assert nightly(site).returncode == 0
    deliver(site, "full/b.csv", *range(1, 10))
    done = nightly(site)
    assert done.returncode == 0, done.stderr
    assert len(site.contents()) == 9
