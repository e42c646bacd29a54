"""The systemd units are good, locked down, and the website's has no road to the registry."""

import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(p.name for p in DEPLOY.glob("credit-portal-*"))
SERVICES = [name for name in UNITS if name.endswith(".service")]
MOST_EXPOSURE = 2.5
"""On systemd's scale from 0 (nothing exposed) to 10; up to 2.5 it says OK."""

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")


def lines_of(name: str) -> list[tuple[str, str]]:
    """Return the assignments of a unit; one name may come more than once."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    return re.findall(r"^(\w+)=(.*)$", text, flags=re.MULTILINE)


def values(name: str, key: str) -> list[str]:
    return [value for found, value in lines_of(name) if found == key]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units in a file system of their own, with the programs and users that they name."""
    units = tmp_path / "etc" / "systemd" / "system"
    units.mkdir(parents=True)
    for name in UNITS:
        text = (DEPLOY / name).read_text(encoding="utf-8")
        # Users of this machine: those of the units are made when the portal is installed.
        text = re.sub(r"^(User|Group|SupplementaryGroups)=.*", r"\1=root", text, flags=re.MULTILINE)
        units.joinpath(name).write_text(text, encoding="utf-8")
    for program in (".venv/bin/gunicorn", "deploy/nightly"):
        path = tmp_path / "opt" / "credit-portal" / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n", encoding="ascii")
        path.chmod(0o755)
    for name in ("sysinit", "basic", "shutdown", "network", "multi-user", "timers", "local-fs"):
        units.joinpath(f"{name}.target").write_text("[Unit]\n", encoding="ascii")
    for name in ("time-set", "time-sync"):
        units.joinpath(f"{name}.target").write_text("[Unit]\n", encoding="ascii")
    units.joinpath("system.slice").write_text("[Unit]\n", encoding="ascii")
    return tmp_path


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_unit(installed: Path, name: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", f"--root={installed}", "--man=no", name],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_the_service_is_locked_down(installed: Path, name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--root={installed}"]
    done = subprocess.run([*command, name], capture_output=True, text=True, check=True, timeout=60)
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert exposure is not None
    assert float(exposure[1]) <= MOST_EXPOSURE


def test_the_website_sees_of_the_private_folder_its_snapshots_and_key_alone() -> None:
    web, publishing = "credit-portal-web.service", "credit-portal-publish.service"
    assert values(web, "TemporaryFileSystem") == ["/var/lib/credit-portal:ro"]
    assert [v.removeprefix("-") for v in values(web, "BindReadOnlyPaths")] == [
        "/var/lib/credit-portal/snapshots",
        "/var/lib/credit-portal/person.key",
        "/var/lib/credit-portal/keys",
    ]
    assert values(web, "User") != values(publishing, "User")
    assert values(web, "SupplementaryGroups") == values(publishing, "Group")
    assert values(web, "ProtectSystem") == ["strict"]
    assert "ReadWritePaths" not in dict(lines_of(web))


def test_requests_in_flight_have_the_time_that_gunicorn_gives_them() -> None:
    config = (ROOT / "gunicorn.conf.py").read_text(encoding="utf-8")
    graceful = re.search(r"^graceful_timeout = (\d+)", config, flags=re.MULTILINE)
    assert graceful is not None
    assert int(values("credit-portal-web.service", "TimeoutStopSec")[0]) > int(graceful[1])


def test_the_timer_runs_what_there_is_when_the_day_has_changed() -> None:
    timer = RawConfigParser()
    timer.read(DEPLOY / "credit-portal-publish.timer", encoding="utf-8")
    assert timer["Timer"]["OnCalendar"] == "*-*-* 00:05:00 Asia/Shanghai"
    assert timer["Timer"]["Persistent"] == "true"
