"""The live snapshot as a running process sees it: follows the pointer, lends it to requests."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.errors import SnapshotError
from portal.snapshots import Snapshot, SnapshotStore
from portal.tombstones import FILE

RETRY_SECONDS = 5.0
"""How long a snapshot that could not be opened is left alone before it is tried again."""

_Stamps = tuple[tuple[int, ...], tuple[int, ...]]


class _Lent:
    """An open snapshot and how many requests use it; closed when retired and unused."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.users = 0
        self.retired = False


class LiveSnapshot:
    """Lends the live snapshot. A request keeps the one it got, whatever is activated meanwhile.

    `problem` says why the snapshot that the pointer names could not be opened, or is empty.
    """

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._stamp: _Stamps | None = None
        self._failed: _Stamps | None = None
        self._again = 0.0
        self._lent: _Lent | None = None
        self.problem = ""

    @contextmanager
    def lease(self) -> Iterator[Snapshot]:
        """Borrow the live snapshot. Raises SnapshotError when there is none to show."""
        with self._lock:
            self._follow()
            lent = self._lent
            if lent is None:
                raise SnapshotError(self.problem or "尚未发布任何快照")
            lent.users += 1
        try:
            yield lent.snapshot
        finally:
            with self._lock:
                lent.users -= 1
                _close_unused(lent)

    def close(self) -> None:
        """Give the snapshot back for good, as soon as nobody uses it."""
        with self._lock:
            self._retire()
            self._stamp = None

    def _follow(self) -> None:
        stamp = self._stamps()
        if stamp == self._stamp or (stamp == self._failed and time.monotonic() < self._again):
            return
        try:
            snapshot = self._store.open(self._store.current_id())
        except Exception as error:  # whatever is wrong with the new one, the old one goes on
            self.problem = str(error) if stamp[0] else "尚未发布任何快照"
            self._failed, self._again = stamp, time.monotonic() + RETRY_SECONDS
            return
        self.problem = ""
        self._stamp = stamp
        self._retire()
        self._lent = _Lent(snapshot)

    def _retire(self) -> None:
        if self._lent is not None:
            self._lent.retired = True
            _close_unused(self._lent)
            self._lent = None

    def _stamps(self) -> _Stamps:
        """Return what tells a changed pointer, or changed tombstones."""
        return _stamp(self._store.pointer), _stamp(self._store.folder / FILE)


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return status.st_mtime_ns, status.st_ino, status.st_size


def _close_unused(lent: _Lent) -> None:
    if lent.retired and lent.users == 0:
        lent.snapshot.close()
