"""The folded names of an index as one array of characters, so that many are compared at once."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from search_index.codec import DocumentNumbers
from search_index.segment_reader import SegmentReader

Characters = npt.NDArray[np.uint16]
"""Two bytes a character; those beyond the BMP share the 2,048 places of the surrogates."""

_SURROGATES, _PLACES = 0xD800, 0x7FF
_BMP = 0x10000
_MOST = 1 / 6
"""Above this share of all names, reading all of them is faster than picking some."""


def characters_of(text: str) -> Characters:
    """Return the characters of a text as the table has them."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    beyond = points >= _BMP
    if beyond.any():
        points = np.where(beyond, _SURROGATES | points & _PLACES, points)
    return points.astype(np.uint16)


def is_certain(text: str) -> bool:
    """Tell whether a text stands for itself alone in the table: nothing in it is beyond the BMP."""
    return all(ord(character) < _BMP for character in text)


class NameTable:
    """All names of an index; after each stands one empty character."""

    def __init__(self, segments: Sequence[SegmentReader]) -> None:
        texts = [text for segment in segments for text in segment.texts.all()]
        self._characters = characters_of("\0".join([*texts, ""]))
        self._starts = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum([len(text) + 1 for text in texts], out=self._starts[1:])

    def __len__(self) -> int:
        return len(self._starts) - 1

    def lengths(self, numbers: DocumentNumbers) -> npt.NDArray[np.int64]:
        """Return the lengths of names in characters."""
        return self._starts[numbers + 1] - self._starts[numbers] - 1

    def containing(self, word: str, numbers: DocumentNumbers, rarest: int) -> npt.NDArray[np.bool_]:
        """Tell which of the names contain a word; `rarest` is the place of its rarest character."""
        sought = characters_of(word)
        if len(numbers) > len(self) * _MOST:
            places = np.flatnonzero(self._characters == sought[rarest]) - rarest
            places = self._matching(places, sought)
            mask = np.zeros(len(self), dtype=np.bool_)
            mask[np.searchsorted(self._starts, places, side="right") - 1] = True
            return mask[numbers]
        lengths = self.lengths(numbers) + 1
        ends = np.cumsum(lengths)
        at = np.arange(int(ends[-1]) if len(ends) else 0)
        at += np.repeat(self._starts[numbers] - ends + lengths, lengths)
        owners = np.repeat(np.arange(len(numbers)), lengths)
        hit = self._characters[at] == sought[rarest]
        places, owners = at[hit] - rarest, owners[hit]
        kept = self._match(places, sought)
        mask = np.zeros(len(numbers), dtype=np.bool_)
        mask[owners[kept]] = True
        return mask

    def starting(
        self, word: str, numbers: DocumentNumbers, at: npt.NDArray[np.int32]
    ) -> npt.NDArray[np.bool_]:
        """Tell in which of the names a word stands at the beginning, or at the place `at`."""
        sought, starts = characters_of(word), self._starts[numbers]
        return self._match(starts, sought) | self._match(starts + at, sought)

    def matrix(self, numbers: DocumentNumbers, width: int) -> Characters:
        """Return the first `width` characters of names, one column a name; 0 behind the end."""
        at = self._starts[numbers][None, :] + np.arange(width)[:, None]
        inside = at < self._starts[numbers + 1][None, :]
        taken = self._characters[np.minimum(at, len(self._characters) - 1)]
        return np.where(inside, taken, np.uint16(0))

    def _matching(self, places: npt.NDArray[np.int64], sought: Characters) -> npt.NDArray[np.int64]:
        return places[self._match(places, sought)]

    def _match(self, places: npt.NDArray[np.int64], sought: Characters) -> npt.NDArray[np.bool_]:
        """Tell at which places the sought characters stand; no name has the empty character."""
        inside = (places >= 0) & (places + len(sought) <= len(self._characters))
        left = np.flatnonzero(inside)
        for step, character in enumerate(sought):
            left = left[self._characters[places[left] + step] == character]
        mask = np.zeros(len(places), dtype=np.bool_)
        mask[left] = True
        return mask
