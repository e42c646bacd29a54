"""The refused rows of a delivery, as a CSV under the delivery's number.

They are written aside, as `.<number>.csv`, and renamed to `<number>.csv` once the delivery is in
the registry: one that failed leaves no list. Where the process died between the two, the next
delivery finds the list by its number and renames it, or removes it if its delivery never was.
"""

import csv
import os
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TextIO

from portal.records import Rejection

_ASIDE = re.compile(r"\.(\d{1,18})\.csv", re.ASCII)


class RejectionList:
    """The list of one delivery. `count` is how many rows it has; there is no file without any."""

    def __init__(self, folder: Path, delivery_id: int) -> None:
        self._folder = folder
        self._id = delivery_id
        self._stream: TextIO | None = None
        self.count = 0

    def add(self, rejection: Rejection) -> None:
        """Write a row: line, field, reason. Raises OSError."""
        if self._stream is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            self._stream = os.fdopen(handle, "w", encoding="utf-8-sig", newline="")
            csv.writer(self._stream).writerow(("line", "field", "reason"))
        csv.writer(self._stream).writerow((rejection.line, rejection.field, rejection.reason))
        self.count += 1

    def close(self) -> None:
        """Finish writing: the delivery may now be committed. Raises OSError."""
        if self._stream is not None:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()

    def discard(self) -> None:
        """Leave nothing: the delivery failed."""
        if self._stream is not None:
            try:
                self._stream.close()
            finally:
                self._aside.unlink(missing_ok=True)

    def keep(self) -> Path | None:
        """Give the list its name: the delivery is in. Returns None where no row was refused."""
        return None if self._stream is None else _name(self._folder, self._aside, self._id)

    @property
    def _aside(self) -> Path:
        return self._folder / f".{self._id}.csv"


def sweep(folder: Path, taken: Callable[[Collection[int]], set[int]]) -> None:
    """Settle lists that an earlier delivery left aside; `taken` tells which of them are in."""
    aside = {
        int(found[1]): path for path in _files(folder) if (found := _ASIDE.fullmatch(path.name))
    }
    kept = taken(aside) if aside else set[int]()
    for delivery_id, path in aside.items():
        if delivery_id in kept:
            _name(folder, path, delivery_id)
        else:
            path.unlink(missing_ok=True)


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _name(folder: Path, aside: Path, delivery_id: int) -> Path:
    target = folder / f"{delivery_id}.csv"
    try:
        aside.replace(target)
    except FileNotFoundError:
        if not target.exists():  # else another delivery has just done it
            raise
    return target
