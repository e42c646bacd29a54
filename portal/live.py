"""The live snapshot as a running process sees it: follows the pointer, lends it to requests."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.errors import SnapshotError
from portal.snapshots import Snapshot, SnapshotStore
from portal.soundness import SoundFiles
from portal.tombstones import FILE

RETRY_SECONDS = 5.0
"""How long a snapshot that could not be opened is left alone before it is tried again."""

RETRY_SHARE = 20
"""It is left alone at least so many times as long as the attempt took: reading much costs much."""

PATIENCE_SECONDS = 1.0
"""How long the request that finds a new snapshot waits for it; the others go on with the old."""

NONE_YET = "尚未发布任何快照"

_Stamps = tuple[tuple[int, ...], tuple[int, ...]]


class _Lent:
    """An open snapshot and how many requests use it; closed when retired and unused."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.users = 0
        self.retired = False


class LiveSnapshot:
    """Lends the live snapshot. A request keeps the one it got, whatever is activated meanwhile.

    A snapshot is read whole before it is shown, aside, while the old one goes on. One that is
    damaged is not shown: the one before it is, and `problem` says why; else that is empty.
    """

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store
        self._sound = SoundFiles()
        self._lock = threading.Lock()
        self._opening: threading.Thread | None = None
        self._stamp: _Stamps | None = None
        self._failed: _Stamps | None = None
        self._again = 0.0
        self._doubted = False
        self._lent: _Lent | None = None
        self.problem = ""

    @contextmanager
    def lease(self) -> Iterator[Snapshot]:
        """Borrow the live snapshot. Raises SnapshotError when there is none to show."""
        self._follow()
        with self._lock:
            lent = self._lent
            if lent is None:
                raise SnapshotError(self.problem or NONE_YET)
            lent.users += 1
        try:
            yield lent.snapshot
        finally:
            with self._lock:
                lent.users -= 1
                _close_unused(lent)

    def prepare(self, seconds: float) -> None:
        """Open the live snapshot before the first request; give up waiting after so long."""
        opening, _ = self._look()
        if opening is not None:
            opening.join(seconds)

    def doubt(self) -> None:
        """Have the snapshot in use read again, since reading from it has failed."""
        with self._lock:
            if self._lent is not None and time.monotonic() >= self._again:
                self._stamp, self._doubted = None, True

    def close(self) -> None:
        """Give the snapshot back for good, as soon as nobody uses it."""
        opening = self._opening
        if opening is not None:
            opening.join()
        with self._lock:
            self._retire()
            self._stamp = None

    def _follow(self) -> None:
        """Open what the pointer names now; who has nothing to show meanwhile waits for it."""
        opening, found = self._look()
        if opening is None:
            return
        if self._lent is None:
            opening.join()
        elif found:
            opening.join(PATIENCE_SECONDS)

    def _look(self) -> tuple[threading.Thread | None, bool]:
        """Return the thread that opens a new snapshot, and whether it was just started."""
        with self._lock:
            stamp = self._stamps()
            if stamp == self._stamp or (stamp == self._failed and time.monotonic() < self._again):
                return None, False
            if self._opening is not None:
                return self._opening, False
            self._opening = threading.Thread(target=self._open, args=(stamp,), daemon=True)
            self._opening.start()
            return self._opening, True

    def _open(self, stamp: _Stamps) -> None:
        began, problem, snapshot = time.monotonic(), "", None
        doubted, self._doubted = self._doubted, False
        if doubted:
            self._sound.forget()
        try:
            snapshot = self._open_sound(self._store.current_id())
        except Exception as error:  # whatever is wrong with the new one, the old one goes on
            problem = str(error) if stamp[0] else NONE_YET
            if doubted or self._lent is None or stamp != self._failed:
                snapshot = self._open_other(doubted)
        now = time.monotonic()
        with self._lock:
            self._opening = None
            self.problem = problem
            self._stamp, self._failed = (None, stamp) if problem else (stamp, None)
            self._again = now + max(RETRY_SECONDS, RETRY_SHARE * (now - began))
            if snapshot is not None or doubted:
                self._retire()
                self._lent = None if snapshot is None else _Lent(snapshot)

    def _open_sound(self, snapshot_id: str) -> Snapshot:
        self._sound.check(self._store.path(snapshot_id))
        return self._store.open(snapshot_id)

    def _open_other(self, doubted: bool) -> Snapshot | None:
        """Open the snapshot in use anew, without what newer tombstones forbid, or an older one.

        Never one that is newer than the pointer says: whoever went back had a reason.
        """
        try:
            live = self._store.current_id()
            others = [i for i in reversed(self._store.ids()) if i < live]
        except (SnapshotError, OSError):
            return None
        if self._lent is not None and not doubted:
            others.insert(0, self._lent.snapshot.id)
        for snapshot_id in others:
            try:
                return self._open_sound(snapshot_id)
            except Exception:  # noqa: S112  # damaged too, in whatever way
                continue
        return None

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
    except OSError as error:  # opening it will say what is wrong, and leave the old one in place
        return (error.errno or 0,)
    return status.st_mtime_ns, status.st_ino, status.st_size


def _close_unused(lent: _Lent) -> None:
    if lent.retired and lent.users == 0:
        lent.snapshot.close()
