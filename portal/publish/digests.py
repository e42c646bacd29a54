"""Keyed digests of eight bytes: enough to know a value again, nothing to read it from."""

import hashlib
import os
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt


class DigestKey:
    """The key of some digests; without one given, it lives as long as the process."""

    def __init__(self, key: bytes | None = None) -> None:
        size = hashlib.blake2b.MAX_KEY_SIZE
        self._keyed = hashlib.blake2b(digest_size=8, key=(key or os.urandom(size))[:size])

    def of(self, value: str | bytes) -> int:
        """Return the digest of a value as a signed 64-bit number (BLAKE2b)."""
        keyed = self._keyed.copy()
        keyed.update(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value)
        return int.from_bytes(keyed.digest(), "big", signed=True)


class DigestSet(Protocol):
    """A growing set of digests."""

    def add(self, digest: int) -> None:
        """Take a digest."""

    def __contains__(self, digest: int) -> bool: ...

    def __iter__(self) -> Iterator[int]: ...

    def __len__(self) -> int: ...


class DigestArray:
    """A set of digests in memory, eight bytes each, for many that come before any is asked for."""

    def __init__(self) -> None:
        self._digests = array("q")
        self._limit = 1 << 20
        self._is_sorted = True

    def add(self, digest: int) -> None:
        """Take a digest."""
        self._digests.append(digest)
        self._is_sorted = False
        if len(self._digests) > self._limit:
            self.distinct()
            self._limit = 2 * len(self._digests) + (1 << 20)

    def __contains__(self, digest: int) -> bool:
        if not self._is_sorted:
            self.distinct()
        place = bisect_left(self._digests, digest)
        return place < len(self._digests) and self._digests[place] == digest

    def __iter__(self) -> Iterator[int]:
        return iter(self.distinct().tolist())

    def __len__(self) -> int:
        return len(self.distinct())

    def distinct(self) -> npt.NDArray[np.int64]:
        """Return the digests, ascending, each once."""
        if not self._is_sorted:
            kept = np.unique(np.frombuffer(self._digests, dtype=np.int64))
            self._digests = array("q", kept.tobytes())
            self._is_sorted = True
        return np.frombuffer(self._digests, dtype=np.int64)
