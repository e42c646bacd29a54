"""Chance that repeats: the same seed gives the same draws, on every machine and in every run."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9)


class Dice:
    """Draws of one stream, named by its seed; streams do not disturb each other."""

    def __init__(self, *seed: str | int) -> None:
        text = "/".join(map(str, seed))
        self.random = random.Random(text).random  # noqa: S311 - invented data, no secret

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items, each as likely as the others."""
        return items[int(self.random() * len(items))]

    def chance(self, share: float) -> bool:
        """Tell True in that share of all draws."""
        return self.random() < share

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self.random() * (high - low + 1))


class Shuffle:
    """A fixed shuffling of the numbers 0 … size-1, worked out number by number, without a list.

    Different numbers below `size` come to different places; a larger number starts over.
    """

    def __init__(self, size: int, *seed: str | int) -> None:
        self.size = size
        self._bits = max(2, (size - 1).bit_length())
        self._mask = (1 << self._bits) - 1
        self._half = (self._bits + 1) // 2
        self._salt = int(Dice("shuffle", *seed).random() * size)

    def __call__(self, number: int) -> int:
        """Return the place of a number."""
        place = (number + self._salt) % self.size
        while True:
            # Odd multipliers and shifted XORs can be undone: no two numbers meet.
            for multiplier in _MULTIPLIERS:
                place = place * multiplier & self._mask
                place ^= place >> self._half
            if place < self.size:
                return place
