"""The website as another user than the one who publishes, and with nothing it could write to."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.server import MISSING, PATHS, serve
from tests.faults.site import ROOT, Site

NOBODY = 65_534
PUBLISHERS = 54_321
"""A group that nobody else is in."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def shared(site: Site) -> Site:
    """A site made with the umask of the unit, whose snapshots belong to the publishers' group."""
    for path in (site.var, *site.var.rglob("*")):
        os.chown(path, 0, PUBLISHERS)
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode & 0o750)
    for path in (site.folder, *site.folder.parents):
        if path == Path("/tmp"):  # noqa: S108
            break
        path.chmod(0o755)
    return site


BECOME_NOBODY = f"""
import os, sys
groups, *arguments = sys.argv[1:]
os.setgroups([int(group) for group in groups.split()])
os.setgid({NOBODY}); os.setuid({NOBODY})
"""
READ = BECOME_NOBODY + "open(arguments[0], 'rb').read(); print('read')"
WRITE = BECOME_NOBODY + "open(arguments[0], 'r+b'); print('written')"
# All of the program is loaded, by asking for every page once, before the rights are given up.
SERVE = f"""
import glob, os, sys
from portal.app import create_app
def states(paths):
    client = create_app().test_client()
    return [client.get(path).status_code for path in paths]
states(sys.argv[2:])  # and its files are made by root: nobody makes his own
for path in glob.glob(os.path.dirname(os.environ['PORTAL_AUDIT_LOG']) + '/*'): os.unlink(path)
{BECOME_NOBODY}
print(states(arguments))
"""
PRIVATE = ("registry.sqlite", "ledger.sqlite", "secret.key")


def own_folder(site: Site) -> dict[str, str]:
    """Return settings by which the website writes to a folder of its own, as in its unit."""
    folder = site.folder / "web"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    return {
        "PORTAL_AUDIT_LOG": str(folder / "audit.jsonl"),
        "PORTAL_RATELIMIT_URL": f"sqlite:///{folder / 'counters.sqlite'}",
        "PORTAL_RATELIMIT_ENABLED": "1",
    }


def as_nobody(
    site: Site, code: str, *arguments: str, groups: tuple[int, ...] = (), **environ: str
) -> tuple[int, str]:
    """Run code as a user who owns nothing, in these groups; return exit code and last line."""
    done = subprocess.run(
        [sys.executable, "-c", code, " ".join(map(str, groups)), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=site.environ | environ,
        timeout=60,
    )
    return done.returncode, (done.stdout + done.stderr).strip().splitlines()[-1]


@needs_root
def test_private_files_are_private(shared: Site) -> None:
    (shared.var / "rejections").mkdir(exist_ok=True)
    for name in PRIVATE:
        path = shared.var / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, name
        assert "Permission" in as_nobody(shared, READ, str(path), groups=(PUBLISHERS,))[1], name


@needs_root
def test_the_group_reads_snapshots_and_the_key_of_persons_and_writes_nothing(shared: Site) -> None:
    live = shared.store.path(shared.store.current_id())
    files = (shared.var / "person.key", shared.store.pointer, live / "records.sqlite")
    for path in files:
        assert as_nobody(shared, READ, str(path), groups=(PUBLISHERS,)) == (0, "read"), path
        assert "Permission" in as_nobody(shared, WRITE, str(path), groups=(PUBLISHERS,))[1], path
        assert "Permission" in as_nobody(shared, READ, str(path))[1], path


@needs_root
def test_every_page_works_for_a_user_who_can_write_nothing(shared: Site) -> None:
    code, said = as_nobody(shared, READ, str(ROOT / "templates" / "base.html"))
    if code:
        pytest.skip("another user cannot read the program where it lies")
    asked = (*PATHS, "/readyz")
    code, said = as_nobody(shared, SERVE, *asked, groups=(PUBLISHERS,), **own_folder(shared))
    expected = [404 if path == MISSING else 200 for path in asked]
    assert (code, said) == (0, str(expected))


@needs_root
def test_a_file_system_that_is_read_only(site: Site) -> None:
    bind = ["mount", "--bind", str(site.var), str(site.var)]
    if subprocess.run(bind, check=False, capture_output=True).returncode:
        pytest.skip("cannot mount here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(site.var)], check=True)
        with pytest.raises(OSError, match="Read-only"):
            (site.var / "x").write_bytes(b"")
        with serve(site, workers=1, **own_folder(site)) as server:
            for path in (*PATHS, "/readyz"):
                assert server.ask(path).status == (404 if path == MISSING else 200), path
        done = site.run("publish", logs=site.folder)
        assert done.code == 2
        assert "registry.sqlite" in done.err.splitlines()[-1]
        assert "Traceback" not in done.err
    finally:
        subprocess.run(["umount", str(site.var)], check=True)
