"""Counters that go on counting when the storage shared with other processes does not answer."""

import logging
import threading
import time
from collections.abc import Callable
from typing import ClassVar, Protocol, TypeVar, cast

from limits.storage import MemoryStorage, Storage, storage_from_string

from portal.counters import SlidingCounters

Answer = TypeVar("Answer")

SCHEME = "steady"
TRY_AGAIN = 2.0
"""Seconds between two looks at a storage that is away; one request pays for each."""


_log = logging.getLogger(__name__)


class _Counting(Protocol):
    """What counts by sliding windows, for the type checker."""

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool: ...
    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]: ...
    def clear_sliding_window(self, key: str, expiry: int) -> None: ...
    def clear(self, key: str) -> None: ...
    def reset(self) -> int | None: ...


class SteadyCounters(SlidingCounters):
    """A storage under `steady:ADDRESS`: the one at ADDRESS, and meanwhile this process's memory.

    Nobody is let through uncounted: while the storage is away each process counts for itself, so
    the limits hold for each process. The log is told when that begins and when it ends.
    """

    STORAGE_SCHEME: ClassVar[list[str] | None] = [SCHEME]  # type: ignore[misc]

    def __init__(
        self, uri: str, wrap_exceptions: bool = False, **options: float | str | bool
    ) -> None:
        """Take the address of the shared storage out of `uri`; `options` are for that storage."""
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        shared = storage_from_string(uri.removeprefix(f"{SCHEME}:"), **options)
        assert isinstance(shared, Storage)  # noqa: S101  # the settings were checked
        self.shared = shared
        self._own: MemoryStorage | None = None
        self._lock = threading.Lock()
        self._away_until = 0.0

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """What is raised where a storage cannot be used."""
        known = self.shared.base_exceptions
        return (*(known if isinstance(known, tuple) else (known,)), OSError)

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Count `amount` if it fits, and tell whether it did."""
        return self._with(lambda s: s.acquire_sliding_window_entry(key, limit, expiry, amount))

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return count and seconds left of the previous window, and of the current one."""
        return self._with(lambda storage: storage.get_sliding_window(key, expiry))

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget what was counted under a key."""
        self._with(lambda storage: storage.clear_sliding_window(key, expiry))

    def clear(self, key: str) -> None:
        """Forget what was counted under a key."""
        self._with(lambda storage: storage.clear(key))

    def reset(self) -> int | None:
        """Forget everything."""
        return self._with(lambda storage: storage.reset())

    def check(self) -> bool:
        """Tell whether the shared storage answers."""
        return self.shared.check()

    def _with(self, action: Callable[[_Counting], Answer]) -> Answer:
        """Carry out a step on the shared storage, or else in this process's memory."""
        if self._may_try():
            try:
                answer = action(cast("_Counting", self.shared))
            except self.base_exceptions as error:
                self._note_away(error)
            else:
                self._note_back()
                return answer
        return action(self._memory())

    def _may_try(self) -> bool:
        if not self._away_until:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._away_until:
                return False
            self._away_until = now + TRY_AGAIN  # the others need not wait for the answer
            return True

    def _note_away(self, error: Exception) -> None:
        with self._lock:
            news = not self._away_until
            self._away_until = time.monotonic() + TRY_AGAIN
        if news:
            # Not its text: that may hold an address with a password.
            reason = type(error).__name__
            _log.error("Counters of query limits are away (%s): each process counts alone", reason)

    def _note_back(self) -> None:
        if self._away_until:
            with self._lock:
                news, self._away_until = bool(self._away_until), 0.0
            if news:
                _log.warning("Counters of query limits are back")

    def _memory(self) -> MemoryStorage:
        with self._lock:
            # Made when first needed: it starts a thread, which no process should fork with.
            if self._own is None:
                self._own = MemoryStorage()
            return self._own
