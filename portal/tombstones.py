"""Records that must not be shown any more, whatever older snapshot still holds them.

Written at each publish, read by whoever opens a snapshot that is not the newest: going back to an
old snapshot must not bring back a repaired or withdrawn record. Holds public ids only.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from portal.errors import SnapshotError

FILE = "tombstones"


@dataclass(frozen=True, slots=True)
class Tombstones:
    """The public ids withheld when `snapshot` was published; that one holds none of them."""

    snapshot: str = ""
    ids: frozenset[str] = frozenset()


NO_TOMBSTONES = Tombstones()


def write_tombstones(folder: Path, snapshot: str, ids: Iterable[str]) -> None:
    """Replace the tombstones in the folder of the snapshots, in one step."""
    partial = folder / f".{FILE}-{os.getpid()}"
    with partial.open("w", encoding="ascii") as stream:
        stream.write(f"{snapshot}\n")
        stream.writelines(f"{public_id}\n" for public_id in ids)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(folder / FILE)


def read_tombstones(folder: Path) -> Tombstones:
    """Read the tombstones in the folder of the snapshots; none where nothing was published yet.

    Raises SnapshotError when they cannot be read: without them nothing old may be shown.
    """
    try:
        lines = (folder / FILE).read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return Tombstones()
    except (OSError, UnicodeDecodeError) as error:
        raise SnapshotError("撤下清单无法读取") from error
    return Tombstones(lines[0], frozenset(lines[1:])) if lines else Tombstones()
