"""A small site in a folder of its own, driven by the real commands in processes of their own."""

import atexit
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from portal import clock, tables
from portal.publish.verification import verify
from portal.snapshots import SnapshotStore
from tests import world

ROOT = Path(__file__).parents[2]
PATIENCE = 60
_COUNTS = "rows_read = rows_new + rows_updated + rows_unchanged + rows_rejected"
_ROWS_OF_THIS_BUILD = {"id", "entity", "rank"}


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


class _Striker:
    """The process that runs commands, loaded once."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.struck"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.close)

    def ask(self, request: str) -> int:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(request + "\n")
        stdin.flush()
        return int(stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE)


@cache
def _striker() -> _Striker:
    return _Striker()


@dataclass(frozen=True, slots=True)
class Site:
    """A registry and snapshots in `folder`; source files lie beside them."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Site":
        """Make a site with two snapshots. A third delivery waits in `next.csv`; `fewer.csv` is a

        whole list that lacks some of what is there.
        """
        site = cls(folder)
        folder.mkdir(parents=True)
        day = clock.today().isoformat()
        first = [world.penalty(n, CF_JDRQ=day) for n in range(1, 13)]
        second = [world.penalty(n, CF_JDRQ=day) for n in range(13, 25)]
        changed = [world.penalty(n, CF_JDRQ=day, CF_NR="警告") for n in range(1, 4)]
        wrong = [world.penalty(40, CF_JDRQ="x"), world.penalty(41, CF_JDRQ=day, CF_XDR_MC="")]
        added = [world.penalty(n, CF_JDRQ=day) for n in range(25, 31)]
        world.write_csv(folder / "next.csv", [*changed, *wrong, *added])
        world.write_csv(folder / "fewer.csv", [*changed, *first[3:8], *second])
        for rows in (first, second):
            site.succeed("ingest", str(world.write_csv(folder / "delivery.csv", rows)))
            site.succeed("publish")
        return site

    @property
    def var(self) -> Path:
        return self.folder / "var"

    @property
    def store(self) -> SnapshotStore:
        return SnapshotStore(self.var / "snapshots")

    @property
    def environ(self) -> dict[str, str]:
        own = {k: v for k, v in os.environ.items() if not k.startswith("PORTAL_")}
        return own | {"PORTAL_VAR": str(self.var), "PORTAL_RATELIMIT_ENABLED": "0"}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in an interpreter of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "portal", *arguments],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, struck: str = "", logs: Path | None = None) -> Done:
        """Run a command to its end; `struck` says where it is hit, see tests/faults/struck.py.

        What it says is kept in the folder `logs`, or that of the site.
        """
        out, err = (logs or self.folder) / "out", (logs or self.folder) / "err"
        asked = {
            "where": struck,
            "arguments": arguments,
            "environ": self.environ,
            "out": str(out),
            "err": str(err),
        }
        code = _striker().ask(json.dumps(asked))
        return Done(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))

    def succeed(self, *arguments: str) -> Done:
        done = self.run(*arguments)
        assert done.code == 0, done
        return done

    def copy(self, folder: Path) -> "Site":
        """Return a copy of the site: the same contents and keys, other files."""
        shutil.copytree(self.folder, folder)
        return Site(folder)

    def next_run(self) -> None:
        """What the timer does each night: the delivery, a publish, what is old."""
        for command in (["ingest", str(self.folder / "next.csv")], ["publish"], ["prune"]):
            self.succeed(*command)

    def contents(self, snapshot_id: str = "") -> list[dict[str, Any]]:
        """Return all that a snapshot shows (the live one), without what each build numbers anew."""
        snapshot = self.store.open(snapshot_id or self.store.current_id())
        try:
            with snapshot.connect() as connection:
                rows = connection.execute(select(tables.records)).mappings().all()
        finally:
            snapshot.close()
        found = [{k: v for k, v in row.items() if k not in _ROWS_OF_THIS_BUILD} for row in rows]
        return sorted(found, key=lambda row: str(row["public_id"]))

    def check_whole(self) -> None:
        """Assert that all is whole: databases, the count of rows, the live snapshot."""
        for name in ("registry.sqlite", "ledger.sqlite"):
            with closing(sqlite3.connect(self.var / name)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with closing(sqlite3.connect(self.var / "registry.sqlite")) as connection:
            wrong = f"SELECT count(*) FROM deliveries WHERE NOT ({_COUNTS})"  # noqa: S608
            assert connection.execute(wrong).fetchone() == (0,)
        assert verify(self.store.path(self.store.current_id())) == []

    def leftovers(self) -> list[str]:
        """Return what stands aside in the folders of the site, a lock apart."""
        return sorted(
            path.relative_to(self.var).as_posix()
            for path in self.var.rglob(".*")
            if path.name != ".lock"
        )
