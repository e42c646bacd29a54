"""Lines appended to a file, each of them whole, by any number of threads and processes."""

import errno
import os
import select
import threading
from pathlib import Path

STDOUT = "-"
"""The target that is the standard output, for a terminal or a service manager."""
LEAST_FREE = 1024 * 1024
"""Bytes of free space below which a disk counts as full."""


class LineFile:
    """A file that lines are appended to, made (with `mode`) where it is missing.

    It follows its name: once the file was renamed or removed, as rotating does, the next line goes
    into a new one. The file is opened at the first line.
    """

    def __init__(self, target: str, mode: int) -> None:
        self._path = None if target == STDOUT else Path(target)
        self._mode = mode
        self._lock = threading.Lock()
        self._handle: int | None = None
        self._opened: tuple[int, int] | None = None
        self._torn = False

    def append(self, line: bytes, *, durable: bool = False) -> None:
        """Append a line, given without its end; if `durable`, it is on the disk afterwards.

        Raises OSError when it could not be written as a whole, or when nobody reads the standard
        output any more: waiting for a reader would stop the site.
        """
        with self._lock:
            handle = self._current()
            if self._path is None and not _takes_more(handle):
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            # One call for one line: lines of several processes do not mix.
            whole = b"\n" + line + b"\n" if self._torn else line + b"\n"
            self._torn = os.write(handle, whole) != len(whole)
            if self._torn:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if durable:
                os.fsync(handle)

    def problem(self) -> str:
        """Return why a line could not be written now, empty where it could."""
        try:
            with self._lock:
                handle = self._current()
                if self._path is None and not _takes_more(handle):
                    return os.strerror(errno.EAGAIN)
                space = os.fstatvfs(handle)
        except OSError as error:
            return os.strerror(error.errno or errno.EIO)
        full = self._path is not None and space.f_bavail * space.f_frsize < LEAST_FREE
        return os.strerror(errno.ENOSPC) if full else ""

    def close(self) -> None:
        """Close the file; another line opens it again."""
        with self._lock:
            self._close()

    def _current(self) -> int:
        """Return the open file of this name."""
        if self._path is None:
            return 1
        if self._handle is None or self._opened != _identity(self._path):
            self._close()
            self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._handle = os.open(self._path, flags, self._mode)
            status = os.fstat(self._handle)
            self._opened = status.st_dev, status.st_ino
        return self._handle

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _takes_more(handle: int) -> bool:
    """Tell whether a line can be written without waiting."""
    asked = select.poll()
    asked.register(handle, select.POLLOUT)
    return bool(asked.poll(0))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
