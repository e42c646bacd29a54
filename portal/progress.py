"""Progress of long work on stderr: one moving line on a terminal, one line per stage in a pipe."""

import sys
from typing import Any


class Progress:
    """Shows how far something is. A context manager, so that its line is ended."""

    def __init__(self, what: str, unit: str) -> None:
        self._what = what
        self._unit = unit
        self._moving = sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        if not self._moving:
            print(f"{self._what} …", file=sys.stderr)
        return self

    def __exit__(self, *_: Any) -> None:
        if self._moving:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def count(self, done: int) -> None:
        """Show a number of things done; only on a terminal."""
        if self._moving:
            self._move(f"{done} {self._unit}")

    def stage(self, text: str) -> None:
        """Show what is being done now."""
        if self._moving:
            self._move(text)
        else:
            print(f"{self._what}：{text}", file=sys.stderr)

    def _move(self, text: str) -> None:
        print(f"\r\033[K{self._what}：{text}", end="", file=sys.stderr, flush=True)
