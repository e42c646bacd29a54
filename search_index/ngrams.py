"""Which documents have which n-grams: one sort of numbers instead of a loop over texts."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from search_index.codec import DocumentNumbers
from search_index.text import SEPARATOR

MAX_DOCUMENTS = 1 << 20
"""So many documents fit a segment: an n-gram and a document number share 64 bits."""

Postings = Iterator[tuple[bytes, DocumentNumbers]]
"""Terms in UTF-8, ascending, each with the ascending numbers of the documents that have it."""

COMMON_SHARE = 0.004
"""A pair is common where more than this share of a segment's documents has it."""

_KEY_BITS = 64
_CODE_POINTS = 0x110000


class Texts:
    """The characters of all texts of a segment, numbered densely in the order of code points.

    No n-gram crosses the separator, nor from one text to the next.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._count = len(texts)
        joined = SEPARATOR.join(texts).encode("utf-32-le", "surrogatepass")
        characters = np.frombuffer(joined, dtype="<u4")
        del joined
        present = np.zeros(_CODE_POINTS, dtype=np.bool_)
        present[characters] = True
        present[ord(SEPARATOR)] = True
        self._vocabulary = np.flatnonzero(present).astype(np.uint32)
        dense = np.zeros(_CODE_POINTS, dtype=np.uint32)
        dense[self._vocabulary] = np.arange(len(self._vocabulary), dtype=np.uint32)
        self._characters = dense[characters]
        self._separator = int(dense[ord(SEPARATOR)])
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
        documents = np.arange(self._count, dtype=np.uint32)
        self._documents = np.repeat(documents, lengths)[: len(characters)]

    def postings(self, n: int) -> Postings:
        """Yield every n-gram of the texts with its documents."""
        yield from self._grouped(self._keys(self._characters, self._inside(n), n), n)

    def pairs_and_common_threes(self) -> tuple[Postings, Postings, int]:
        """Return the pairs, the threes both of whose pairs are common, and what common means.

        A pair is common where more documents than that number have it. Take the pairs first.
        """
        pairs = self._keys(self._characters, self._inside(2), 2)
        common = max(int(self._count * COMMON_SHARE), 1)
        bits = self._bits(len(self._vocabulary))
        starts = _group_starts(pairs, self._document_bits())
        counts = np.diff(starts, append=len(pairs))
        codes = pairs[starts[counts > common]] >> np.uint64(self._document_bits())
        first, second = codes >> np.uint64(bits), codes & np.uint64((1 << bits) - 1)
        return (
            self._grouped(pairs, 2),
            self._threes(first.astype(np.uint32), second.astype(np.uint32)),
            common,
        )

    def _threes(self, first: DocumentNumbers, second: DocumentNumbers) -> Postings:
        """Yield the threes made of the given pairs alone."""
        used = np.unique(np.concatenate((first, second)))
        if not len(used):
            return
        narrow = np.full(len(self._vocabulary), len(used), dtype=np.uint32)
        narrow[used] = np.arange(len(used), dtype=np.uint32)
        is_common = np.zeros((len(used) + 1, len(used) + 1), dtype=np.bool_)
        is_common[narrow[first], narrow[second]] = True
        characters = narrow[self._characters]
        paired = is_common[characters[:-1], characters[1:]]
        inside = paired[:-1] & paired[1:]
        keys = self._keys(characters, inside, 3, len(used))
        yield from self._grouped(keys, 3, self._vocabulary[used])

    def _inside(self, n: int) -> npt.NDArray[np.bool_]:
        """Tell for each character whether an n-gram of one text starts at it."""
        size = max(len(self._characters) - n + 1, 0)
        apart = self._characters != self._separator
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

        In place wherever it can be: these are the largest arrays of a build.
        """
        bits = self._bits(vocabulary or len(self._vocabulary))
        if n * bits + self._document_bits() > _KEY_BITS:
            raise OverflowError("too many different characters for one segment")
        size = len(inside)
        keys = characters[:size][inside].astype(np.uint64)
        for step in range(1, n):
            keys <<= np.uint64(bits)
            keys |= characters[step : step + size][inside]
        keys <<= np.uint64(self._document_bits())
        keys |= self._documents[:size][inside]
        keys.sort()
        distinct: npt.NDArray[np.uint64] = keys[_differs(keys)]
        return distinct

    def _grouped(
        self,
        keys: npt.NDArray[np.uint64],
        n: int,
        vocabulary: npt.NDArray[np.uint32] | None = None,
    ) -> Postings:
        if not len(keys):
            return
        known = self._vocabulary if vocabulary is None else vocabulary
        spelled = [chr(point) for point in known.tolist()]
        bits = self._bits(len(known))
        mask = (1 << bits) - 1
        shift = np.uint64(self._document_bits())
        documents = (keys & np.uint64((1 << int(shift)) - 1)).astype(np.uint32)
        starts = _group_starts(keys, int(shift))
        codes = (keys[starts] >> shift).tolist()
        ends = [*starts[1:].tolist(), len(keys)]
        shifts = [bits * step for step in range(n - 1, -1, -1)]
        for code, start, end in zip(codes, starts.tolist(), ends, strict=True):
            # Code point order is also the order of the UTF-8 bytes.
            term = "".join([spelled[code >> step & mask] for step in shifts])
            yield term.encode("utf-8", "surrogatepass"), documents[start:end]

    def _document_bits(self) -> int:
        return max((self._count - 1).bit_length(), 1)

    @staticmethod
    def _bits(vocabulary: int) -> int:
        return max((vocabulary - 1).bit_length(), 1)


def _group_starts(keys: npt.NDArray[np.uint64], shift: int) -> npt.NDArray[np.intp]:
    """Return where the upper parts of ascending keys change."""
    return np.flatnonzero(_differs(keys >> np.uint64(shift)))


def _differs(ascending: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Return a mask of the numbers that differ from the one before."""
    mask = np.ones(len(ascending), dtype=np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=mask[1:])
    return mask
