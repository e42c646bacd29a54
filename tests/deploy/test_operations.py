"""The commands of docs/operations.md, carried out: what it says to type works."""

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from portal import clock
from tests import world
from tests.faults.site import ROOT, Site

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
NOT_HERE = ("systemctl", "journalctl", "useradd", "nginx", "docker")
"""What changes the machine; the files they act upon are tested by themselves."""


def blocks(title: str) -> list[str]:
    """Return the blocks of commands under a heading."""
    section = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert section is not None, title
    return re.findall(r"^```sh\n(.*?)^```", section[1], flags=re.MULTILINE | re.DOTALL)


def carry_out(site: Site, block: str, **replaced: str) -> str:
    """Run commands as they stand, in the site's folder and without becoming another user."""
    for old, new in {
        "/var/lib/credit-portal": str(site.var),
        "/var/backups": str(site.folder),
        "/opt/credit-portal": str(ROOT),
        "sudo -u credit-portal ": "",
        "-o credit-portal -g credit-portal ": "",
        ".venv/bin/python": sys.executable,
        **replaced,
    }.items():
        block = block.replace(old, new)
    lines = [line for line in block.splitlines() if not line.startswith(NOT_HERE)]
    portal = f'portal() {{ "{sys.executable}" -m portal "$@"; }}'
    done = subprocess.run(
        ["sh", "-eu", "-c", "\n".join((portal, *lines))],
        cwd=ROOT,
        env=site.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def deliver(site: Site, name: str, rows: list[world.Row]) -> None:
    inbox = site.var / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    world.write_csv(inbox / name, rows)


def penalties(*numbers: int) -> list[world.Row]:
    day = clock.today().isoformat()
    return [world.penalty(number, CF_JDRQ=day) for number in numbers]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    deliver(site, "penalties.csv", penalties(1, 2, 3))
    told = [carry_out(site, block) for block in blocks("Feed data and schedule")]
    assert "行政处罚：3" in told[-1]
    return site


def test_a_backup_brings_everything_back_on_another_machine(site: Site, tmp_path: Path) -> None:
    backup, restore = blocks("Back up and restore")
    shown = site.contents()
    with closing(sqlite3.connect(site.var / "registry.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # someone is writing: what he has not finished stays out
        other.execute("DELETE FROM deliveries")
        carry_out(site, backup)
        other.execute("ROLLBACK")
    saved = tmp_path / "credit-portal-today"
    assert stat.S_IMODE(saved.stat().st_mode) == 0o700
    assert sorted(path.name for path in saved.iterdir()) == [
        "person.key",
        "registry.sqlite",
        "secret.key",
    ]
    for path in saved.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    shutil.rmtree(site.var)
    site.var.mkdir()
    carry_out(site, restore)
    site.check_whole()
    assert site.contents() == shown
    assert stat.S_IMODE((site.var / "registry.sqlite").stat().st_mode) == 0o600
    assert stat.S_IMODE((site.var / "person.key").stat().st_mode) == 0o640


def test_a_backup_says_why_it_cannot_be_made(site: Site) -> None:
    for var, folder in ((site.folder, "b"), (site.var, "out")):
        command = [ROOT / "deploy" / "backup", var, site.folder / folder]
        (site.folder / "out").mkdir(exist_ok=True)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 1
        assert re.fullmatch(r"backup: .+\n", done.stderr)


def test_there_is_no_backup_without_the_keys(site: Site) -> None:
    key, moved = site.var / "person.key", site.folder / "elsewhere.key"
    command = [ROOT / "deploy" / "backup", site.var, site.folder / "one"]
    key.rename(moved)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "person.key" in done.stderr
    command[-1] = site.folder / "two"
    environ = os.environ | {"PORTAL_PERSON_KEY_FILE": str(moved)}
    subprocess.run(command, env=environ, check=True, timeout=60)
    assert (site.folder / "two" / "person.key").read_bytes() == moved.read_bytes()


def test_rolling_back(site: Site) -> None:
    (before,) = site.store.ids()
    deliver(site, "penalties.csv", penalties(4))
    carry_out(site, blocks("Feed data and schedule")[-1])
    assert len(site.contents()) == 4
    (block,) = blocks("Roll back")
    listed = carry_out(site, block, **{"20260101T000500000-abcdef": before})
    assert before in listed
    assert len(site.contents()) == 3


def test_upgrading(site: Site) -> None:
    for block in blocks("Upgrade"):
        carry_out(site, block)
    assert (site.folder / "credit-portal-before-upgrade" / "registry.sqlite").exists()
    assert len(site.store.ids()) == 2


def test_a_wrong_record_leaves_every_snapshot(site: Site) -> None:
    day = clock.today().isoformat()
    deliver(site, "events.csv", [world.event("撤回", 2, 事件日期=day)])
    (before,) = site.store.ids()
    (block,) = blocks("A leak, or a wrong record")
    carry_out(site, block)
    assert len(site.contents()) == 2
    assert len(site.contents(before)) == 2


def test_the_rest_of_the_page_is_true() -> None:
    for path in re.findall(r"`(deploy/[\w./-]+)`", PAGE):
        assert (ROOT / path).exists(), path
    health = (ROOT / "portal" / "web" / "health.py").read_text(encoding="utf-8")
    for said in re.findall(r"^\| ([^ |]*[\u4e00-\u9fff][^|]*) \|", PAGE, flags=re.MULTILINE):
        assert said.replace("N 天", "{age} 天") in health, said
    for block in blocks("Install"):
        for name in re.findall(r"credit-portal-[\w-]+\.(?:service|timer)", block):
            assert (ROOT / "deploy" / name).is_file()
