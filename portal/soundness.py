"""Is a snapshot what its manifest says, byte for byte? Asked before a process shows it."""

from pathlib import Path

from portal.errors import SnapshotError
from portal.snapshots import damaged_files, read_manifest

_Identity = tuple[int, int, int, int]


class SoundFiles:
    """What this process has read of snapshots and found sound.

    Snapshots share files as hard links: one that was read as part of another is not read again.
    """

    def __init__(self) -> None:
        self._read: dict[_Identity, str] = {}

    def check(self, folder: Path) -> None:
        """Compare every file of a snapshot with its digest. Raises SnapshotError naming one."""
        manifest = read_manifest(folder)
        try:
            identities = {name: _identity(folder / name) for name in manifest.files}
            known = {
                name: self._read[identity]
                for name, identity in identities.items()
                if identity in self._read
            }
            damaged = damaged_files(folder, manifest, known)
        except OSError as error:
            raise SnapshotError(f"快照 {folder.name}：文件缺失或者无法读取") from error
        if damaged:
            raise SnapshotError(f"快照 {folder.name}：文件与清单不符：{damaged[0]}")
        self._read = {identity: manifest.files[name] for name, identity in identities.items()}

    def forget(self) -> None:
        """Trust nothing that was read before: it may have been damaged since."""
        self._read = {}


def _identity(path: Path) -> _Identity:
    """Return what tells a file that is the very same, and unchanged."""
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
