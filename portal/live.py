"""The live snapshot as a running process sees it: follows the pointer, lends it to requests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from portal.errors import SnapshotError
from portal.snapshots import Snapshot, SnapshotStore

_Stamp = tuple[int, int, int]


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
        self._stamp: _Stamp | None = None
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
        stamp = self._pointer_stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            snapshot = Snapshot(self._store.path(self._store.current_id()))
        except Exception as error:  # whatever is wrong with the new one, the old one goes on
            self.problem = str(error) if stamp else "尚未发布任何快照"
            return
        self.problem = ""
        self._retire()
        self._lent = _Lent(snapshot)

    def _retire(self) -> None:
        if self._lent is not None:
            self._lent.retired = True
            _close_unused(self._lent)
            self._lent = None

    def _pointer_stamp(self) -> _Stamp | None:
        try:
            status = self._store.pointer.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size


def _close_unused(lent: _Lent) -> None:
    if lent.retired and lent.users == 0:
        lent.snapshot.close()
