"""What every benchmark measures with: times, memory, sizes, and the machine they were taken on."""

import os
import platform
import signal
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TypeVar

T = TypeVar("T")


class OutOfTimeError(Exception):
    """A call took longer than it may."""


def machine() -> str:
    """Return processor, cores and Python in one line."""
    cpu = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if "model name" in line),
        platform.processor(),
    )
    return f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}"


def percentile(times: Sequence[float], percent: int) -> float:
    """Return a percentile of some times, 1 to 99; of a single one, itself."""
    if len(times) == 1:
        return times[0]
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


def milliseconds(call: Callable[[], object]) -> float:
    """Carry out a call and return how long it took."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@dataclass(frozen=True, slots=True)
class Resident:
    """Resident memory of this process in MB: its own, and that of files it has mapped."""

    own: float
    mapped: float

    def above(self, other: "Resident") -> "Resident":
        """Return what was added since another measurement."""
        return Resident(self.own - other.own, self.mapped - other.mapped)


def resident() -> Resident:
    """Measure this process; raises ValueError where the system does not tell (only Linux does)."""
    found = dict(line.split(":", 1) for line in _lines("/proc/self/status"))
    if "RssAnon" not in found:
        raise ValueError("resident memory is only known on Linux")
    own, mapped = (int(found[key].split()[0]) / 1024 for key in ("RssAnon", "RssFile"))
    return Resident(own, mapped)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError in Python code that runs longer; native code ends first."""

    def stop(_: int, __: FrameType | None) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def on_one_core() -> None:
    """Keep this process and all its threads on one core from now on, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


class Made:
    """Items from a generator, and the seconds of processor time that making them took."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items."""
        iterator = iter(items)
        while True:
            started = time.thread_time()
            try:
                item = next(iterator)
            except StopIteration:
                return
            finally:
                self.seconds += time.thread_time() - started
            yield item


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []
