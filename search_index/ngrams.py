"""Which documents have which n-grams: one sort of numbers instead of a loop over texts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from search_index.codec import DocumentNumbers, Postings
from search_index.text import SEPARATOR

MAX_DOCUMENTS = 1 << 20
"""So many documents fit a segment: an n-gram and a document number share 64 bits."""

COMMON_SHARE = 0.004
"""A pair is common where more than this share of a segment's documents has it."""

_KEY_BITS = 64
_BLOCK = 1 << 16
"""Numbers handled at once: they stay in the processor's cache, and their memory is used again."""
_CODE_POINTS = 0x110000


@dataclass(frozen=True, slots=True)
class Texts:
    """The characters of all texts of a segment, numbered densely in the order of code points.

    `characters` are places in `vocabulary` (code points, ascending), `documents` says whose text
    each belongs to. No n-gram crosses the separator, nor from one text to the next.
    """

    count: int
    vocabulary: npt.NDArray[np.uint32]
    characters: npt.NDArray[np.uint32]
    documents: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Number the characters of some texts."""
        joined = SEPARATOR.join(texts).encode("utf-32-le", "surrogatepass")
        points = np.frombuffer(joined, dtype="<u4")
        del joined
        present = np.zeros(_CODE_POINTS, dtype=np.bool_)
        present[points] = True
        present[ord(SEPARATOR)] = True
        vocabulary = np.flatnonzero(present).astype(np.uint32)
        dense = np.zeros(_CODE_POINTS, dtype=np.uint32)
        dense[vocabulary] = np.arange(len(vocabulary), dtype=np.uint32)
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
        owners = np.repeat(np.arange(len(texts), dtype=np.uint32), lengths)
        return cls(len(texts), vocabulary, dense[points], owners[: len(points)])

    def replaced(self, others: Mapping[int, str]) -> Self:
        """Return the texts with each character replaced by another, as `str.translate` does."""
        points = [ord(others.get(point, chr(point))) for point in self.vocabulary.tolist()]
        vocabulary, places = np.unique(np.array(points, dtype=np.uint32), return_inverse=True)
        characters = places.astype(np.uint32)[self.characters]
        return self.__class__(self.count, vocabulary, characters, self.documents)

    def postings(self, n: int) -> Postings:
        """Return every n-gram of the texts with its documents."""
        return self._grouped(self._keys(self.characters, self._inside(n), n), n, self.vocabulary)

    def pairs_and_common_threes(self) -> tuple[Postings, Postings, int]:
        """Return the pairs, the threes both of whose pairs are common, and what common means.

        A pair is common where more documents than that number have it.
        """
        common = max(int(self.count * COMMON_SHARE), 1)
        keys = self._keys(self.characters, self._inside(2), 2)
        pairs = self._grouped(keys, 2, self.vocabulary)
        bits, shift = _bits(len(self.vocabulary)), np.uint64(self._document_bits())
        codes = keys[pairs.starts[:-1][np.diff(pairs.starts) > common]] >> shift
        del keys
        first, second = codes >> np.uint64(bits), codes & np.uint64((1 << bits) - 1)
        threes = self._threes(first.astype(np.uint32), second.astype(np.uint32))
        return pairs, threes, common

    def _threes(self, first: DocumentNumbers, second: DocumentNumbers) -> Postings:
        """Return the threes made of the given pairs alone."""
        used = np.unique(np.concatenate((first, second)))
        narrow = np.full(len(self.vocabulary), len(used), dtype=np.uint32)
        narrow[used] = np.arange(len(used), dtype=np.uint32)
        is_common = np.zeros((len(used) + 1, len(used) + 1), dtype=np.bool_)
        is_common[narrow[first], narrow[second]] = True
        characters = narrow[self.characters]
        paired = is_common[characters[:-1], characters[1:]]
        inside = paired[:-1] & paired[1:]
        keys = self._keys(characters, inside, 3, len(used))
        return self._grouped(keys, 3, self.vocabulary[used])

    def _inside(self, n: int) -> npt.NDArray[np.bool_]:
        """Tell for each character whether an n-gram of one text starts at it."""
        size = max(len(self.characters) - n + 1, 0)
        separator = int(np.searchsorted(self.vocabulary, ord(SEPARATOR)))
        apart = self.characters != separator
        inside: npt.NDArray[np.bool_] = apart[:size].copy()
        for step in range(1, n):
            inside &= apart[step : step + size]
        return inside

    def _keys(
        self,
        characters: npt.NDArray[np.uint32],
        inside: npt.NDArray[np.bool_],
        n: int,
        vocabulary: int = 0,
    ) -> npt.NDArray[np.uint64]:
        """Return the distinct (n-gram, document) keys, ascending.

        These are the largest arrays of a build.
        """
        bits = _bits(vocabulary or len(self.vocabulary))
        if n * bits + self._document_bits() > _KEY_BITS:
            raise OverflowError("too many different characters for one segment")
        shift = np.uint64(self._document_bits())
        keys = np.empty(np.count_nonzero(inside), dtype=np.uint64)
        filled = 0
        for start, stop in _blocks(len(inside)):
            block = characters[start:stop].astype(np.uint64)
            for step in range(1, n):
                block <<= np.uint64(bits)
                block |= characters[start + step : stop + step]
            block <<= shift
            block |= self.documents[start:stop]
            block = block[inside[start:stop]]
            keys[filled : filled + len(block)] = block
            filled += len(block)
        return distinct(keys)

    def _grouped(
        self, keys: npt.NDArray[np.uint64], n: int, vocabulary: npt.NDArray[np.uint32]
    ) -> Postings:
        """Return the terms and documents of ascending keys."""
        shift = np.uint64(self._document_bits())
        documents = np.empty(len(keys), dtype=np.uint32)
        changes = np.ones(len(keys), dtype=np.bool_)
        for start, stop in _blocks(len(keys)):
            block = keys[start:stop]
            documents[start:stop] = block & np.uint64((1 << int(shift)) - 1)
            changes[start + 1 : stop] = (block[1:] ^ block[:-1]) >> shift
            if start:
                changes[start] = (keys[start - 1] ^ block[0]) >> shift
        starts = np.flatnonzero(changes)
        bits = _bits(len(vocabulary))
        points = np.full((len(starts), n + 1), ord(SEPARATOR), dtype="<u4")
        codes = keys[starts] >> shift
        for step in range(n):
            place = codes >> np.uint64(bits * (n - 1 - step)) & np.uint64((1 << bits) - 1)
            points[:, step] = vocabulary[place.astype(np.int64)]
        # Code point order is also the order of the UTF-8 bytes.
        spelled = points.tobytes().decode("utf-32-le", "surrogatepass")
        terms = spelled.encode("utf-8", "surrogatepass").split(SEPARATOR.encode())[:-1]
        return Postings(terms, np.append(starts, len(keys)), documents)

    def _document_bits(self) -> int:
        return max((self.count - 1).bit_length(), 1)


def _bits(vocabulary: int) -> int:
    return max((vocabulary - 1).bit_length(), 1)


def distinct(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Sort keys and drop repeated ones, all in place; returns the part that is left."""
    keys.sort()  # np.unique would hash them, which takes several times as long
    filled, last = 0, None
    for start, stop in _blocks(len(keys)):
        block = keys[start:stop]
        new = np.empty(len(block), dtype=np.bool_)
        new[0] = block[0] != last
        np.not_equal(block[1:], block[:-1], out=new[1:])
        last = block[-1]
        kept = block[new]
        keys[filled : filled + len(kept)] = kept
        filled += len(kept)
    return keys[:filled]


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    """Yield the bounds of the blocks of so many numbers."""
    for start in range(0, count, _BLOCK):
        yield start, min(start + _BLOCK, count)
