"""Snapshots: folders `<id>/` with the records database, the search index and a manifest.

Built aside, sealed by a rename, never changed afterwards. The file `current` names the live one and
is replaced in one step, so that a reader sees the old snapshot or the new one, never a mixture.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from portal import tables
from portal.errors import GateError, NotFoundError, SnapshotError
from portal.tombstones import NO_TOMBSTONES, Tombstones, read_tombstones
from search_index.search import SearchIndex

FORMAT = 3
"""Version of the folder's layout; a snapshot of another one is refused, not guessed at."""

DATABASE, INDEX, MANIFEST, POINTER = "records.sqlite", "index", "manifest.json", "current"
ASIDE = ".replaced-"
"""Before the id of a snapshot that makes room for another of its id."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a snapshot holds. `day` is the day it was decided for; `files` maps name → SHA-256.

    `timeliness` maps authority → decisions published in time, late, and of years whose working
    days are unknown. `person_key` is the fingerprint of the key that natural persons are found by.
    `base` is the id of the snapshot from which this one took what had not changed, empty where all
    was built anew. `remnants` counts records, since withheld for good, of which those files may
    still hold a deleted text, until pruning takes it out. `seal` is the SHA-256 of all the rest.
    """

    format: int
    id: str
    created_at: datetime
    day: date
    policy: str
    registry_records: int
    published: int
    withheld: dict[str, int]
    by_class: dict[str, int]
    entities: int
    timeliness: dict[str, tuple[int, int, int]] = {}
    person_key: str = ""
    base: str = ""
    remnants: int = 0
    files: dict[str, str] = {}
    seal: str = ""


class Snapshot:
    """An open snapshot, read-only: the database is immutable, the index memory-mapped.

    `hidden` are the database rows of records that newer tombstones forbid to show. Raises
    SnapshotError when it is damaged or of another format.
    """

    def __init__(self, folder: Path, tombstones: Tombstones = NO_TOMBSTONES) -> None:
        self.manifest = read_manifest(folder)
        self.id = self.manifest.id
        path = quote(str((folder / DATABASE).absolute()))
        self.engine: Engine = create_engine(f"sqlite:///file:{path}?mode=ro&immutable=1&uri=true")
        try:
            self.hidden = self._open_database(folder.name, tombstones)
            self.index = SearchIndex.open(folder / INDEX)
        except BaseException:
            self.engine.dispose()
            raise
        self.index.hide(self.hidden)

    def _open_database(self, name: str, tombstones: Tombstones) -> frozenset[int]:
        records = tables.records.c
        try:
            with self.engine.connect() as connection:
                counted = connection.scalar(select(func.count()).select_from(tables.records))
                if counted != self.manifest.published:
                    raise SnapshotError(f"快照 {name}：记录数与清单不符")
                if tombstones.snapshot == self.id or not tombstones.ids:
                    return frozenset()
                rows = connection.execute(select(records.id, records.public_id))
                return frozenset(row for row, public_id in rows if public_id in tombstones.ids)
        except SQLAlchemyError as error:
            raise SnapshotError(f"快照 {name}：记录库已损坏") from error

    def connect(self) -> Connection:
        """Open a connection to the records; the caller closes it."""
        return self.engine.connect()

    def close(self) -> None:
        """Release files and memory."""
        self.index.close()
        self.engine.dispose()


class SnapshotStore:
    """The folder of all snapshots."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pointer = folder / POINTER

    def ids(self) -> list[str]:
        """Return the ids of sealed snapshots, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(p.name for p in self.folder.iterdir() if (p / MANIFEST).is_file())

    def current_id(self) -> str:
        """Return the id of the live snapshot, or an empty text."""
        try:
            return self.pointer.read_text(encoding="ascii").strip()
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise SnapshotError(f"{self.pointer} 无法读取") from error

    def path(self, snapshot_id: str) -> Path:
        """Return the folder of a snapshot. Raises NotFoundError when there is none of that id."""
        if snapshot_id not in self.ids():
            raise NotFoundError(f"没有快照“{snapshot_id}”")
        return self.folder / snapshot_id

    def open(self, snapshot_id: str) -> Snapshot:
        """Open a snapshot, without the records that newer tombstones forbid to show."""
        return Snapshot(self.path(snapshot_id), read_tombstones(self.folder))

    def activate(self, snapshot_id: str) -> None:
        """Make a snapshot the live one, in one step, after checking that it opens."""
        self.open(snapshot_id).close()
        partial = self.folder / f".{POINTER}-{os.getpid()}"
        partial.write_text(snapshot_id, encoding="ascii")
        sync(partial)
        partial.replace(self.pointer)
        sync(self.folder)

    def delete(self, snapshot_id: str) -> None:
        """Delete a snapshot: out of sight in one step, then for good."""
        aside = self.folder / f".deleted-{snapshot_id}"
        self.path(snapshot_id).rename(aside)
        shutil.rmtree(aside)

    def delete_leftovers(self) -> None:
        """Delete what crashed runs left behind. Only while no other run is at work.

        A snapshot that was put aside for its successor, which then did not come, goes back.
        """
        for path in self.folder.glob(".*-*"):
            place = self.folder / path.name.removeprefix(ASIDE)
            if path.name.startswith(ASIDE) and not place.exists():
                path.rename(place)
            elif path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Be the only one who publishes or prunes. Raises GateError when another is at it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise GateError("另一次发布或清理正在进行，请稍后再试") from None
            yield


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a snapshot. Raises SnapshotError."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise SnapshotError(f"快照 {folder.name}：清单无法读取") from error
    if manifest.format != FORMAT:
        raise SnapshotError(f"快照 {folder.name}：格式版本是 {manifest.format}，需要 {FORMAT}")
    if manifest.seal and manifest.seal != _seal(manifest):
        raise SnapshotError(f"快照 {folder.name}：清单已损坏")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a snapshot, so that a changed byte of it shows. Raises OSError."""
    sealed = msgspec.structs.replace(manifest, seal=_seal(manifest))
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(sealed), indent=2))


def _seal(manifest: Manifest) -> str:
    rest = msgspec.structs.replace(manifest, seal="")
    return hashlib.sha256(msgspec.json.encode(rest)).hexdigest()


def damaged_files(
    folder: Path, manifest: Manifest, known: Mapping[str, str] | None = None
) -> list[str]:
    """Return the names of files that are missing, added or differ from their digest.

    `known` are digests of files that need not be read again.
    """
    names = set(file_names(folder)) - {MANIFEST}
    trusted = known or {}
    differing = {
        name
        for name, digest in manifest.files.items()
        if name in names and (trusted.get(name) or digest_of(folder / name)) != digest
    }
    return sorted(differing | (names ^ set(manifest.files)))


def shared_files(folder: Path, other: Path) -> frozenset[str]:
    """Return the names under which two folders have the very same file (hard links)."""
    names = set(file_names(folder)) & set(file_names(other))
    return frozenset(name for name in names if (folder / name).samefile(other / name))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_names(folder: Path) -> Iterator[str]:
    """Yield the names of all files under a folder, in order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix()


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
