"""Write Whoosh's table of terms in one go.

Whoosh's own writer calls the file five times a term and fills its hash tables slot by slot; this
one gathers the same bytes and lays the tables out with numpy. What it writes, Whoosh reads.
"""

from array import array
from collections.abc import Sequence
from operator import lt
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
from whoosh.filedb.filetables import OrderedHashWriter

_CRC32 = 1
"""Whoosh's number of the hash function that costs least."""

_TABLES = 256
_POINTER = np.dtype([("hash", ">u4"), ("place", ">i8")])
_LENGTHS = np.dtype([("key", ">u4"), ("value", ">u4")])
_PENDING = 65_536
_TYPE_CODES = (("H", 1 << 16), ("i", 1 << 31), ("I", 1 << 32), ("q", 1 << 63))


class TermTableWriter(OrderedHashWriter):  # type: ignore[misc]  # whoosh is untyped
    """An ordered hash file whose entries are gathered first and written together."""

    def __init__(self, dbfile: Any) -> None:
        super().__init__(dbfile)
        self.lastkey: bytes = b""
        dbfile.seek(self.startoffset + 4)  # behind the magic: which hash function it is
        dbfile.write_byte(_CRC32)
        dbfile.seek(0, 2)
        self.hashtype = _CRC32
        self._start = dbfile.tell()
        self._parts: list[bytes] = []
        self._hashes = array("I")
        self._sizes = array("I")

    def add(self, key: bytes, value: bytes) -> None:
        """Add an entry. Raises ValueError unless keys ascend."""
        if key <= self.lastkey:
            raise ValueError("keys must ascend")
        self.lastkey = key
        self._parts.append(
            len(key).to_bytes(4, "big") + len(value).to_bytes(4, "big") + key + value
        )
        self._hashes.append(crc32(key))
        self._sizes.append(8 + len(key) + len(value))
        if len(self._parts) >= _PENDING:
            self._write_parts()

    def add_all(self, prefix: bytes, keys: Sequence[bytes], values: bytes) -> None:
        """Add entries whose keys begin alike, with values of one length, one behind the other.

        Raises ValueError unless keys ascend.
        """
        if not keys:
            return
        whole = [prefix + key for key in keys]
        if whole[0] <= self.lastkey or not all(map(lt, whole, whole[1:])):
            raise ValueError("keys must ascend")
        self.lastkey = whole[-1]
        lengths = np.fromiter(map(len, whole), np.int64, len(whole))
        content = np.frombuffer(values, dtype=np.uint8).reshape(len(whole), -1)
        sizes = _LENGTHS.itemsize + lengths + content.shape[1]
        places = np.cumsum(sizes) - sizes
        entries = np.empty(int(sizes.sum()), dtype=np.uint8)
        heads = np.empty(len(whole), dtype=_LENGTHS)
        heads["key"], heads["value"] = lengths, content.shape[1]
        _put(entries, places, heads.view(np.uint8).reshape(len(whole), -1))
        key_places = places + _LENGTHS.itemsize
        ahead = np.repeat(key_places - np.cumsum(lengths) + lengths, lengths)
        joined = np.frombuffer(b"".join(whole), dtype=np.uint8)
        entries[ahead + np.arange(len(joined))] = joined
        _put(entries, key_places + lengths, content)
        self._write_parts()
        self.dbfile.write(entries.tobytes())
        self._hashes.extend(map(crc32, whole))
        self._sizes.extend(sizes.tolist())

    def _write_parts(self) -> None:
        self.dbfile.write(b"".join(self._parts))
        self._parts = []

    def _write_hashes(self) -> None:
        self._write_parts()
        sizes = np.frombuffer(self._sizes, dtype=np.uint32).astype(np.int64)
        places = np.cumsum(sizes) - sizes + self._start
        hashes = np.frombuffer(self._hashes, dtype=np.uint32)
        for number in range(_TABLES):
            mine = np.flatnonzero((hashes & (_TABLES - 1)) == number)
            self.directory.append((self.dbfile.tell(), 2 * len(mine)))
            self.dbfile.write(_hash_table(hashes[mine], places[mine]).tobytes())
        end = int(places[-1]) if len(places) else 0
        code = next(code for code, limit in _TYPE_CODES if end < limit)
        self.index.array = array(code, places.tolist())


def _put(
    target: npt.NDArray[np.uint8], places: npt.NDArray[np.int64], rows: npt.NDArray[np.uint8]
) -> None:
    """Write each row of bytes at its place."""
    target[places[:, None] + np.arange(rows.shape[1])] = rows


def _hash_table(
    hashes: npt.NDArray[np.uint32], places: npt.NDArray[np.int64]
) -> npt.NDArray[np.void]:
    """Return a table of twice as many slots, filled by linear probing; empty ones are zero."""
    count = len(hashes)
    slots = 2 * count
    table = np.zeros(slots, dtype=_POINTER)
    if not count:
        return table
    home = (hashes >> 8).astype(np.int64) % slots
    order = np.argsort(home, kind="stable")
    steps = np.arange(count)
    taken = steps + np.maximum.accumulate(home[order] - steps)
    inside = taken < slots
    table["hash"][taken[inside]] = hashes[order[inside]]
    table["place"][taken[inside]] = places[order[inside]]
    empty = iter(np.flatnonzero(table["place"] == 0).tolist())
    for late in order[~inside].tolist():  # these go on at the beginning
        slot = next(empty)
        table["hash"][slot] = hashes[late]
        table["place"][slot] = places[late]
    return table
