"""What counting a request costs, and how much of a limit several processes let through.

    python -m benchmarks.limits [--hits 20000] [--workers 4] [--redis redis://HOST]

A hit is one count against one limit by the strategy that the portal uses, its keys spread over a
hundred addresses. It is measured in many short stretches; p10 is what it costs when nothing else
asks for the processor. Then the processes, each with a storage of its own as gunicorn's workers
have, try all at once to get through one limit of 50 a day.
"""

import argparse
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from limits import parse
from limits.storage import Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from benchmarks.measuring import machine, percentile
from portal import counters
from portal.web import steady_counters

ROOMY, TIGHT = parse("1000000000/day"), parse("50/day")
STRETCH, ADDRESSES = 100, 100


@dataclass(frozen=True, slots=True)
class Measured:
    """Microseconds of a hit in each stretch, and how many went through the limit of 50."""

    name: str
    hits: tuple[float, ...]
    through: int


def main() -> None:
    """Measure every storage and print a line for each, with its ratio to memory."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--hits", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--tries", type=int, default=100, help="of each worker, at the limit of 50")
    parser.add_argument("--redis", default="", help="address of a server to measure beside them")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        addresses = {
            "memory": "memory://",
            "file": f"{counters.SCHEME}:///{folder}/one.sqlite",
            "steady file": f"{steady_counters.SCHEME}:{counters.SCHEME}:///{folder}/two.sqlite",
            **({"redis": options.redis} if options.redis else {}),
        }
        found = [
            Measured(
                name,
                hit_times(address, options.hits),
                let_through(address, options.workers, options.tries),
            )
            for name, address in addresses.items()
        ]
    print("\n".join(table(found, options.workers, options.tries)))


def hit_times(address: str, hits: int) -> tuple[float, ...]:
    """Return the microseconds of a hit, one value for each stretch of a hundred."""
    limiter = _limiter(address)
    limiter.hit(ROOMY, "first")
    measured = []
    for _ in range(hits // STRETCH):
        begun = time.perf_counter()
        for number in range(STRETCH):
            limiter.hit(ROOMY, f"address {number % ADDRESSES}", "pages")
        measured.append((time.perf_counter() - begun) / STRETCH * 1e6)
    return tuple(measured)


def let_through(address: str, workers: int, tries: int) -> int:
    """Return how many of the tries of all workers went through one limit of 50 a day."""
    fork = multiprocessing.get_context("fork")
    start, through = fork.Barrier(workers), fork.SimpleQueue()
    processes = [
        fork.Process(target=_try, args=(address, tries, start, through.put)) for _ in range(workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return sum(through.get() for _ in processes)


def table(found: Sequence[Measured], workers: int, tries: int) -> list[str]:
    """Return the lines of the table; ratios are to the first row."""
    lines = [
        f"{'counts in':12}{'hit p10 µs':>12}{'p50':>8}{'p99':>8}{'ratio':>8}"
        f"   through 50, {workers} × {tries} tries"
    ]
    for each in found:
        p10, p50, p99 = (percentile(each.hits, p) for p in (10, 50, 99))
        ratio = p10 / percentile(found[0].hits, 10)
        lines.append(f"{each.name:12}{p10:12.1f}{p50:8.1f}{p99:8.1f}{ratio:7.2f}×{each.through:8}")
    return lines


def _limiter(address: str) -> SlidingWindowCounterRateLimiter:
    storage = storage_from_string(address)
    assert isinstance(storage, Storage)
    return SlidingWindowCounterRateLimiter(storage)


def _try(
    address: str, tries: int, start: threading.Barrier, through: Callable[[int], None]
) -> None:
    limiter = _limiter(address)
    start.wait()
    through(sum(limiter.hit(TIGHT, "one address", "search") for _ in range(tries)))


if __name__ == "__main__":
    main()
