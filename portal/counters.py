"""Counters of query limits in one SQLite file, shared by all processes of a machine.

A storage for the `limits` library under `sqlite:///PATH`, for its sliding window counter. The file
says nobody's address or name: keys are hashed with a salt that is the file's own. A loss of power
may cost the counts, never more than that: writing waits for no disk.
"""

import fcntl
import hashlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, NoReturn, TypeVar

from limits.storage import SlidingWindowCounterSupport, Storage

from portal.sliding_window import Window

Answer = TypeVar("Answer")

SCHEME = "sqlite"
PATIENCE = 2.0
"""Seconds to wait for another process that writes; it usually takes some millionths of one, but a
server that starts on a busy machine has all its threads open the file at once."""
LOOK_EVERY = 1.0
"""Seconds between two looks whether the file was removed or set aside by somebody else."""
PRUNE_EVERY = 60.0
"""Seconds between two removals of what no longer counts, in each process."""

_TABLES = """
CREATE TABLE IF NOT EXISTS counts (
    key BLOB PRIMARY KEY, ends REAL NOT NULL, previous INTEGER NOT NULL, current INTEGER NOT NULL,
    forgotten REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS salt (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
INSERT OR IGNORE INTO salt VALUES (1, randomblob(16));
"""
_READ = "SELECT previous, current, ends FROM counts WHERE key = ?"
# The window of the row still runs; or it is the one before the window that runs now; or neither,
# as when the clock was set back by far: then what it counted is worth nothing.
_RUNS = "(ends > :now AND ends <= :now + 2 * :width)"
_RAN = "(ends > :now - :width AND ends <= :now)"
_PREVIOUS = f"iif({_RUNS}, previous, iif({_RAN}, current, 0))"
_CURRENT = f"iif({_RUNS}, current, 0)"
_ENDS = f"iif({_RUNS}, ends, iif({_RAN}, ends + :width, :now + :width))"
# One statement, so that nothing comes between looking and counting. Another process may have begun
# the window a moment after this one looked at its clock: no more than the whole width is left.
_TAKE = f"""
INSERT INTO counts VALUES (:key, :now + :width, 0, :amount, :now + 2 * :width)
ON CONFLICT (key) DO UPDATE SET previous = {_PREVIOUS}, current = {_CURRENT} + :amount,
    ends = {_ENDS}, forgotten = {_ENDS} + :width
WHERE CAST({_PREVIOUS} * min({_ENDS} - :now, :width) / :width AS INTEGER) + {_CURRENT} + :amount
    <= :limit
"""  # noqa: S608
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_inherited: list["_Connection"] = []
"""Connections that a forked process got from its parent: never used, and never closed either, for
that would take the parent's locks away."""


class SlidingCounters(Storage, SlidingWindowCounterSupport):
    """A storage that has sliding windows alone."""

    def incr(self, key: str, expiry: int, amount: int = 1) -> NoReturn:
        """Raise NotImplementedError: there are no fixed windows."""
        raise NotImplementedError

    def get(self, key: str) -> NoReturn:
        """Raise NotImplementedError: there are no fixed windows."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> NoReturn:
        """Raise NotImplementedError: there are no fixed windows."""
        raise NotImplementedError


class Counters(SlidingCounters):
    """Counts in a file; each process and each thread has its own connection, opened when needed."""

    STORAGE_SCHEME: ClassVar[list[str] | None] = [SCHEME]  # type: ignore[misc]

    def __init__(self, uri: str, wrap_exceptions: bool = False, **_: float | str | bool) -> None:
        """Take the file's path out of `uri`; nothing is opened. Raises ValueError without a path"""
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        path = uri.removeprefix(f"{SCHEME}:///")
        if path == uri or not path:
            raise ValueError("要求 sqlite:///文件 或者 sqlite:////绝对路径")
        self.path = Path(path)
        self._own = threading.local()
        self._opening = threading.Lock()
        self._pruned_at = 0.0

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """What is raised where the file cannot be used."""
        return (sqlite3.Error, OSError)

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Count `amount` if it fits, and tell whether it did: exactly, whoever else counts."""
        if amount > limit:
            return False
        self._prune_sometimes()
        numbers = {"width": float(expiry), "amount": amount, "limit": limit}

        def take(connection: _Connection) -> bool:
            row = {"key": connection.hashed(key), "now": time.time(), **numbers}
            return connection.change(_TAKE, row) > 0

        return self._do(take)

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return count and seconds left of the previous window, and of the current one."""

        def read(connection: _Connection) -> Window:
            rows = connection.execute(_READ, (connection.hashed(key),))
            return _window(rows, time.time(), expiry)

        window = self._do(read)
        return window.previous, window.left, window.current, window.left + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:  # noqa: ARG002
        """Forget what was counted under a key."""
        self.clear(key)

    def clear(self, key: str) -> None:
        """Forget what was counted under a key."""
        sql = "DELETE FROM counts WHERE key = ?"
        self._do(lambda connection: connection.execute(sql, (connection.hashed(key),)))

    def reset(self) -> int:
        """Forget everything; return how many keys were counted."""
        return self._do(lambda connection: connection.change("DELETE FROM counts"))

    def check(self) -> bool:
        """Tell whether the file can be used."""
        try:
            self._do(lambda connection: connection.execute("SELECT 1 FROM counts LIMIT 1"))
        except self.base_exceptions:
            return False
        return True

    def prune(self) -> int:
        """Remove what no longer counts; return how many rows."""
        # Found by reading, which keeps nobody from writing; removed in short steps.
        sql = "SELECT key FROM counts WHERE forgotten < ?"
        found = self._do(lambda connection: connection.execute(sql, (time.time(),)))
        removed = 0
        for start in range(0, len(found), 500):
            keys = [row[0] for row in found[start : start + 500]]
            marks = ",".join("?" * len(keys))
            sql = f"DELETE FROM counts WHERE forgotten < ? AND key IN ({marks})"  # noqa: S608
            parameters = (time.time(), *keys)
            removed += self._do(lambda c, s=sql, p=parameters: c.change(s, p))  # type: ignore[misc]
        return removed

    def _prune_sometimes(self) -> None:
        now = time.monotonic()
        if now - self._pruned_at >= PRUNE_EVERY:
            first, self._pruned_at = not self._pruned_at, now
            if not first:
                self.prune()

    def _do(self, action: "Callable[[_Connection], Answer]") -> Answer:
        """Carry out a step, waiting for other writers, once more in a new file if it is damaged."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return action(self._connection())
            except sqlite3.Error as error:
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                if code in _BUSY and time.monotonic() < until:
                    # Short and uneven: SQLite's own waiting lets the unlucky starve.
                    time.sleep(random.random() / 2000)  # noqa: S311
                    continue
                inode = self._own.__dict__.pop("inode", 0)
                self._own.__dict__.pop("connection", None)
                damaged = code in _DAMAGED and time.monotonic() < until
                if not (damaged and self._set_aside(inode)):
                    raise

    def _connection(self) -> "_Connection":
        held: _Connection | None = getattr(self._own, "connection", None)
        if held is not None:
            if held.process != os.getpid():
                _inherited.append(held)
            elif self._is_current():
                return held
            self._own.connection = None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self._own.inode = os.fstat(handle).st_ino
        os.close(handle)
        self._own.looked_at = time.monotonic()
        with self._opening:
            self._own.connection = opened = _Connection(self.path)
        return opened

    def _is_current(self) -> bool:
        """Look now and then whether the file that is open is still the one at its path."""
        now = time.monotonic()
        if now - self._own.looked_at >= LOOK_EVERY:
            self._own.looked_at = now
            return bool(_inode(self.path) == self._own.inode)
        return True

    def _set_aside(self, inode: int) -> bool:
        """Rename the damaged file, unless another process did; False where it cannot be done."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            if _inode(self.path) == inode:
                for ending in ("-wal", "-shm"):
                    self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
                self.path.replace(self.path.with_name(self.path.name + ".damaged"))
        except OSError:
            return False
        finally:
            os.close(folder)
        return True


class _Connection:
    """One connection to the file, of one thread of one process."""

    def __init__(self, path: Path) -> None:
        self.process = os.getpid()
        self._database = sqlite3.connect(
            path, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            self._database.execute("PRAGMA synchronous = off")
            # Many open it at once when a server starts: where all is there, none of them writes.
            if not self.execute("SELECT 1 FROM sqlite_master WHERE name = 'salt'"):
                self._database.execute("PRAGMA journal_mode = wal")
                self._database.executescript(f"BEGIN IMMEDIATE;{_TABLES}COMMIT;")
            self._salt: bytes = self.execute("SELECT bytes FROM salt")[0][0]
        except BaseException:
            self._database.close()
            raise

    def __del__(self) -> None:
        if self.process == os.getpid() and hasattr(self, "_database"):
            self._database.close()

    def hashed(self, key: str) -> bytes:
        """Return what stands for a key in the file."""
        data = key.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self._salt, digest_size=16).digest()

    def execute(self, sql: str, parameters: Any = ()) -> list[Any]:
        """Return the rows of a statement."""
        return self._database.execute(sql, parameters).fetchall()

    def change(self, sql: str, parameters: Any = ()) -> int:
        """Return how many rows a statement changed."""
        return self._database.execute(sql, parameters).rowcount


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _window(rows: list[tuple[int, int, float]], now: float, width: int) -> Window:
    """Return the window of a key as it is now, by the rules of _TAKE."""
    for previous, current, ends in rows:
        left = ends - now
        if 0 < left <= 2 * width:
            return Window(previous, current, min(left, width))
        if -width < left <= 0:
            return Window(current, 0, left + width)
    return Window(0, 0, width)
