"""Commands of the portal that are struck while they run.

Where they are struck:

- `kill:N`: dies as by kill -9 at the Nth step; `stage:N`: at the Nth border of a stage
- `full:N`: from the Nth step on, no file grows any more; `limit:N`: no file grows beyond N bytes
- `count`: nowhere; how many steps and stages there were is told on stderr

A step is a statement on a database, a change in the file system, or a border of a stage.
"""

import builtins
import errno
import functools
import importlib
import io
import json
import os
import resource
import signal
import sqlite3
import sqlite3.dbapi2
import sys
from collections.abc import Callable
from typing import Any

from portal import cli
from portal.catalog import load_catalog
from portal.publish.publication import code_digest

BORDERS = (
    "portal.intake.delivery.Delivery.open",
    "portal.intake.record_store.RecordStore.store",
    "portal.intake.record_store.RecordStore.finish",
    "portal.intake.delivery.Delivery.close",
    "portal.intake.rejection_list.RejectionList.close",
    "portal.intake.rejection_list.RejectionList.keep",
    "portal.publish.assembly.Assembly.finish",
    "portal.snapshot_writer.SnapshotWriter.__enter__",
    "portal.snapshot_writer.SnapshotWriter.take_out",
    "portal.snapshot_writer.SnapshotWriter.seal",
    "portal.snapshot_writer.SnapshotWriter.release",
    "portal.publish.publication.Publication.activate",
    "portal.publish.publication.Publication.keep",
    "portal.publish.ledger.Ledger.keep",
    "portal.snapshots.SnapshotStore.activate",
    "portal.snapshots.SnapshotStore.delete",
)
"""The stages, as the functions that carry them out: a step before each, and one after."""

GROWING = ("replace", "rename", "link", "fsync", "mkdir")
SHRINKING = ("unlink", "rmdir")


class Strike:
    """Counts steps, and strikes at the one it is told. `stages` are the numbers of the borders."""

    def __init__(self, kind: str, at: int) -> None:
        self._kind = kind
        self._at = at
        self.steps = 0
        self.stages: list[int] = []

    def step(self) -> None:
        self.steps += 1
        if self._kind == "kill" and self.steps == self._at:
            os.kill(os.getpid(), signal.SIGKILL)

    def grow(self) -> None:
        self.step()
        if self._kind == "full" and self.steps >= self._at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def border(self) -> None:
        self.step()
        self.stages.append(self.steps)
        if self._kind == "stage" and len(self.stages) == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


def install(strike: Strike) -> None:
    """Put a step before each change, and around each stage."""
    for name in GROWING:
        _before(os, name, strike.grow)
    for name in SHRINKING:
        _before(os, name, strike.step)
    _before_writing(strike)
    for address in BORDERS:
        path, _, name = address.rpartition(".")
        module, _, owner = path.rpartition(".")
        _around(getattr(importlib.import_module(module), owner), name, strike.border)
    _before_statements(strike)


def _before(owner: Any, name: str, step: Callable[[], None]) -> None:
    whole = getattr(owner, name)

    @functools.wraps(whole)
    def stepping(*args: Any, **named: Any) -> Any:
        step()
        return whole(*args, **named)

    setattr(owner, name, stepping)


def _around(owner: Any, name: str, border: Callable[[], None]) -> None:
    whole = getattr(owner, name)

    @functools.wraps(whole)
    def bordered(*args: Any, **named: Any) -> Any:
        border()
        result = whole(*args, **named)
        border()
        return result

    setattr(owner, name, bordered)


def _before_writing(strike: Strike) -> None:
    """A file that is opened to be written to is a step. Its writes are not: they come in blocks."""
    whole = io.open

    def stepping(file: Any, mode: str = "r", *args: Any, **named: Any) -> Any:
        if set(mode) & set("wax+") and str(file) != os.devnull:
            strike.grow()
        return whole(file, mode, *args, **named)

    builtins.open = io.open = stepping


def _before_statements(strike: Strike) -> None:
    """Each statement on a database is a step. Only a kill comes there: SQLite writes by itself."""
    whole = sqlite3.connect

    def connect(*args: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = whole(*args, **named)
        connection.set_trace_callback(lambda _: strike.step())
        return connection

    sqlite3.connect = sqlite3.dbapi2.connect = connect  # type: ignore[assignment]


def run(where: str, arguments: list[str]) -> int:
    """Run a command, struck where it is told; with `count`, tell the steps and the stages."""
    kind, _, at = where.partition(":")
    strike = Strike(kind, int(at or sys.maxsize))
    if kind == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(at), int(at)))
    elif kind:
        install(strike)
    code = cli.main(arguments)
    if kind == "count":
        print(json.dumps({"steps": strike.steps, "stages": strike.stages}), file=sys.stderr)
    return code


def serve() -> None:
    """Run what is asked for, one request in JSON a line, each in a process of its own.

    They are forks of this one: all of the program is loaded, and nothing of it has run.
    """
    code_digest()
    importlib.import_module("sqlalchemy.dialects.sqlite")
    catalog = load_catalog(None)
    vars(cli)["load_catalog"] = lambda _: catalog
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os.environ.update(asked["environ"])
            for stream, name in ((1, "out"), (2, "err")):
                os.dup2(os.open(asked[name], os.O_CREAT | os.O_TRUNC | os.O_WRONLY), stream)
            code = run(asked["where"], asked["arguments"])
            sys.stderr.flush()
            os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
