"""Index files as read-only memory maps, safe to share between threads.

Whoosh reads through a file's position, which threads would move under each other; here every read
names its place. Only the table of contents is read into memory, once.
"""

import mmap
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile

from portal.errors import SnapshotError

Number = TypeVar("Number", np.int32, np.int64)

_TYPE_WIDTH = {"B": 1, "H": 2, "i": 4, "I": 4, "q": 8, "Q": 8}


class MappedFile(StructFile):  # type: ignore[misc]  # whoosh is untyped
    """A file whose reads at a position come from a memory map."""

    def __init__(self, path: Path, name: str) -> None:
        with path.open("rb") as file:
            # An empty file cannot be mapped.
            size = path.stat().st_size
            self.map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else None
        super().__init__(self.map, name=name)
        self.is_real = False

    def get(self, position: int, length: int) -> bytes:
        """Return the bytes at a position, without moving any shared one."""
        return self.map[position : position + length] if self.map is not None else b""

    def get_array(self, position: int, typecode: str, length: int) -> npt.NDArray[Any]:
        """Return numbers at a position (big-endian on disk, as Whoosh writes them)."""
        data = self.get(position, length * _TYPE_WIDTH[typecode])
        return np.frombuffer(data, dtype=f">{typecode}").astype(f"={typecode}")

    def rest(self) -> None:
        """Give the pages that were read back to the system, which keeps them for all processes."""
        if self.map is not None and not self.is_closed:
            self.map.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Unmap the file; closing twice is harmless."""
        if self.map is not None:
            self.map.close()
        self.is_closed = True


class MappedStorage(FileStorage):  # type: ignore[misc]  # whoosh is untyped
    """A folder of index files, opened for reading only."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), readonly=True)

    def open_file(self, name: str, **options: Any) -> Any:
        """Open a file: the table of contents read whole, all others as memory maps."""
        path = Path(self.folder) / name
        if name.endswith(".toc"):
            return StructFile(BytesIO(path.read_bytes()), name=name, **options)
        return MappedFile(path, name)


class TextColumn:
    """The folded texts of a segment: one blob and where each document's text starts and ends.

    Reads what `segments.write_texts` wrote, which is Whoosh's column of variable bytes.
    """

    def __init__(self, file: MappedFile, size: int, count: int) -> None:
        """Map the column. Raises SnapshotError when its size does not fit `count` documents."""
        end = size - 3 - 8 * count
        if end < 0 or file.get(size - 3, 3) != b"IIX":
            raise SnapshotError("检索索引已损坏：文本列不完整，请重新生成快照。")
        self._map = file.map
        self._starts = file.get_array(end + 4 * count, "I", count)
        self._ends = self._starts + file.get_array(end, "I", count)
        if count and int(self._ends[-1]) != end:
            raise SnapshotError("检索索引已损坏：文本列的长度不符，请重新生成快照。")

    def __getitem__(self, number: int) -> bytes:
        """Return a document's text, UTF-8."""
        return self._map[self._starts[number] : self._ends[number]] if self._map else b""

    def holding(self, numbers: npt.NDArray[np.integer], needle: bytes) -> npt.NDArray[np.bool_]:
        """Tell which of some documents' texts hold some bytes."""
        mapped = self._map
        if not mapped:
            return np.zeros(len(numbers), dtype=np.bool_)
        starts, ends = self._starts[numbers], self._ends[numbers]
        # What is shorter is not even read.
        found: npt.NDArray[np.bool_] = ends - starts >= len(needle)
        places = zip(starts[found].tolist(), ends[found].tolist(), strict=True)
        found[found] = [needle in mapped[start:end] for start, end in places]
        return found

    def all(self) -> list[str]:
        """Return every text."""
        if not self._map:
            return [""] * len(self._starts)
        ends = self._ends.tolist()
        return [self._map[s:e].decode() for s, e in zip(self._starts.tolist(), ends, strict=True)]


def read_numbers(
    file: MappedFile, size: int, count: int, kind: "np.dtype[Number]"
) -> npt.NDArray[Number]:
    """Return a whole column of numbers of a kind. Raises SnapshotError for a wrong size."""
    if size != kind.itemsize * count:
        raise SnapshotError("检索索引已损坏：数值列的长度不符，请重新生成快照。")
    return np.frombuffer(file.get(0, size), dtype=kind.newbyteorder(">")).astype(kind)
