"""The bitmaps that a process has read, within a bound of memory."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from pyroaring import BitMap

CACHE_BYTES = 32 * 1024 * 1024
"""Memory that the bitmaps of one index may keep."""

_BITMAP_OVERHEAD = 200


class BitmapCache:
    """The most recently used bitmaps within a bound of bytes; safe between threads."""

    def __init__(self, max_bytes: int = CACHE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._items: OrderedDict[tuple[str, bytes], tuple[BitMap, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[str, bytes], read: Callable[[], BitMap]) -> BitMap:
        """Return the bitmap under `key`, reading it if it is not there."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key][0]
        bitmap = read()
        size = _BITMAP_OVERHEAD + _bytes_of(bitmap)
        with self._lock:
            if key not in self._items and size <= self._max_bytes:
                self._items[key] = (bitmap, size)
                self._bytes += size
            while self._bytes > self._max_bytes:
                self._bytes -= self._items.popitem(last=False)[1][1]
        return bitmap

    def __len__(self) -> int:
        return len(self._items)


def _bytes_of(bitmap: BitMap) -> int:
    statistics = bitmap.get_statistics()
    return int(
        statistics["n_bytes_array_containers"]
        + statistics["n_bytes_run_containers"]
        + statistics["n_bytes_bitset_containers"]
    )
