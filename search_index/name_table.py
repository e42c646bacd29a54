"""The folded names of an index as one array of characters, so that many are compared at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from portal.errors import SnapshotError
from search_index.codec import DocumentNumbers

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


class CharacterColumn(NamedTuple):
    """The characters of a segment's names, one behind the other, and where each name starts.

    Both have one place more: a 0, and the end of the last name.
    """

    characters: Characters
    starts: npt.NDArray[np.int64]


def write_characters(file: Any, names: Sequence[str]) -> None:
    """Write a column of characters: the starts, then the characters, both little-endian."""
    starts = np.zeros(len(names) + 1, dtype="<i8")
    np.cumsum(np.fromiter(map(len, names), np.int64, len(names)), out=starts[1:])
    file.write(starts.tobytes())
    file.write(characters_of("".join(names) + "\0").astype("<u2").tobytes())


def map_characters(path: Path, count: int) -> CharacterColumn:
    """Map a column of so many names. Raises SnapshotError when its size does not fit."""
    size, head = path.stat().st_size, 8 * (count + 1)
    if size >= head:
        content = np.memmap(path, dtype=np.uint8, mode="r").view(np.ndarray)
        starts = content[:head].view("<i8")
        if starts[0] == 0 and head + 2 * (int(starts[-1]) + 1) == size:
            return CharacterColumn(content[head:].view("<u2"), starts)
    raise SnapshotError("检索索引已损坏：名称列的长度不符，请重新生成快照。")


class NameTable:
    """All texts of a column of an index of names, one behind the other."""

    def __init__(self, columns: Sequence[CharacterColumn]) -> None:
        if len(columns) == 1:  # as it is mapped, without a copy
            self._characters, self._starts = columns[0]
            return
        parts = [column.characters[:-1] for column in columns]
        starts = [np.zeros(1, dtype=np.int64)]
        for column in columns:
            starts.append(column.starts[1:] + starts[-1][-1])
        self._characters = np.concatenate([*parts, np.zeros(1, dtype=np.uint16)])
        self._starts = np.concatenate(starts)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def close(self) -> None:
        """Let go of the mapped file; no name is left."""
        self._characters = np.zeros(1, dtype=np.uint16)
        self._starts = np.zeros(1, dtype=np.int64)

    def lengths(self, numbers: DocumentNumbers) -> npt.NDArray[np.int64]:
        """Return the lengths of names in characters."""
        return self._starts[numbers + 1] - self._starts[numbers]

    def containing(self, word: str, numbers: DocumentNumbers, rarest: int) -> npt.NDArray[np.bool_]:
        """Tell which of the names contain a word; `rarest` is the place of its rarest character."""
        sought = characters_of(word)
        if len(numbers) > len(self) * _MOST:
            places = np.flatnonzero(self._characters == sought[rarest]) - rarest
            owners = np.searchsorted(self._starts, places, side="right") - 1
            hit = self._match(places, self._starts[owners], self._starts[owners + 1], sought)
            mask = np.zeros(len(self), dtype=np.bool_)
            mask[owners[hit]] = True
            return mask[numbers]
        starts, lengths = self._starts[numbers], self.lengths(numbers)
        ends = np.cumsum(lengths)
        at = np.arange(int(ends[-1]) if len(ends) else 0)
        at += np.repeat(starts - ends + lengths, lengths)
        found = np.flatnonzero(self._characters[at] == sought[rarest])
        owners = np.searchsorted(ends, found, side="right")
        hit = self._match(at[found] - rarest, starts[owners], (starts + lengths)[owners], sought)
        mask = np.zeros(len(numbers), dtype=np.bool_)
        mask[owners[hit]] = True
        return mask

    def starting(
        self, word: str, numbers: DocumentNumbers, at: npt.NDArray[np.int32]
    ) -> npt.NDArray[np.bool_]:
        """Tell in which of the names a word stands at the beginning, or at the place `at`."""
        sought = characters_of(word)
        starts, ends = self._starts[numbers], self._starts[numbers + 1]
        first = self._match(starts, starts, ends, sought)
        return first | self._match(starts + at, starts, ends, sought)

    def matrix(self, numbers: DocumentNumbers, width: int) -> Characters:
        """Return the first `width` characters of names, one column a name; 0 behind the end."""
        at = self._starts[numbers][None, :] + np.arange(width)[:, None]
        inside = at < self._starts[numbers + 1][None, :]
        taken = self._characters[np.minimum(at, len(self._characters) - 1)]
        return np.where(inside, taken, np.uint16(0))

    def _match(
        self,
        places: npt.NDArray[np.int64],
        starts: npt.NDArray[np.int64],
        ends: npt.NDArray[np.int64],
        sought: Characters,
    ) -> npt.NDArray[np.bool_]:
        """Tell at which places the sought characters stand, between the start and end of a name."""
        left = np.flatnonzero((places >= starts) & (places + len(sought) <= ends))
        for step, character in enumerate(sought):
            left = left[self._characters[places[left] + step] == character]
        mask = np.zeros(len(places), dtype=np.bool_)
        mask[left] = True
        return mask
