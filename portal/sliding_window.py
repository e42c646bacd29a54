"""The arithmetic of a sliding window: pure, in seconds.

A window holds what was counted since it began and what was counted in the one before it. The
earlier count fades: it weighs as much of itself as is left of the current window.
"""

from dataclasses import dataclass
from math import floor


@dataclass(frozen=True, slots=True)
class Window:
    """Counts of the `current` window and the `previous` one; `left` seconds until it ends."""

    previous: int
    current: int
    left: float

    def counted(self, width: int) -> int:
        """Return what counts now, in windows of `width` seconds."""
        return floor(self.previous * self.left / width) + self.current

    def seconds_to_wait(self, cost: int, limit: int, width: int) -> int:
        """Return in how many whole seconds `cost` more will fit under `limit`, 0 if it does now.

        It fits then if nothing else is counted meanwhile. A cost beyond the limit is taken for the
        limit: that much never fits.
        """
        cost = min(cost, limit)
        if self.counted(width) + cost <= limit:
            return 0
        if self.current + cost <= limit:
            return floor(self.left - _fading(self.previous, limit - self.current - cost, width)) + 1
        return floor(self.left + width - _fading(self.current, limit - cost, width)) + 1

    def seconds_until_empty(self, width: int) -> float:
        """Return in how many seconds nothing of this counts any more."""
        if self.current:
            return self.left + width
        return self.left if self.previous else 0


def _fading(count: int, room: int, width: int) -> float:
    """Return how little must be left of a window before an earlier count weighs `room` or less."""
    return width * min((room + 1) / count, 1)
