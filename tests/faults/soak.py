"""Ask a site for long, and watch memory and open files: `python -m tests.faults.soak --minutes 30`.

Requests of all kinds on loopback, at a bounded rate, over a site of its own; an activation now and
then. Memory (PSS) and file descriptors of each worker are sampled; after the first third, in which
caches fill, both must stay flat.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.server import Server, Visitors, failed, serve
from tests.faults.site import Site

MOST_GROWTH = 0.10
"""Of the memory after the warm-up; what is more is a leak."""
MOST_MORE_FILES = 8
"""A worker may hold open the connections of its visitors, and two snapshots for a moment."""
WARM_UP = 1 / 3
SAMPLES = 30


@dataclass(frozen=True, slots=True)
class Sample:
    """All workers together: kilobytes of memory, open files."""

    seconds: float
    memory: int
    files: int
    requests: int


def take(server: Server, began: float, requests: int) -> Sample:
    """Measure the workers now."""
    memory = files = 0
    for pid in server.workers():
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        memory += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        files += len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Sample(time.monotonic() - began, memory, files, requests)


def soak(
    site: Site, seconds: float, rate: float, tell: Callable[[Sample], None] = lambda _: None
) -> list[Sample]:
    """Ask for so long at so many requests a second; return the samples. Raises on any failure."""
    visitors = 4
    ids = site.store.ids()
    samples: list[Sample] = []
    requests = 0
    with serve(site, GUNICORN_CMD_ARGS="--max-requests 0") as server:
        began = time.monotonic()
        with Visitors(server, number=visitors, pause=visitors / rate) as asking:
            for turn in range(SAMPLES):
                time.sleep(seconds / SAMPLES)
                site.store.activate(ids[turn % len(ids)])
                answers = asking.take_answers()
                assert failed(answers) == []
                requests += len(answers)
                samples.append(take(server, began, requests))
                tell(samples[-1])
    return samples


def growth(samples: list[Sample]) -> tuple[float, int]:
    """Return by what share memory has grown since the warm-up, and by how much open files."""
    after = samples[int(len(samples) * WARM_UP) :]
    third = max(len(after) // 3, 1)
    first, last = after[:third], after[-third:]
    before, now = (sum(s.memory for s in part) / len(part) for part in (first, last))
    return now / before - 1, min(s.files for s in last) - min(s.files for s in first)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Site.make(Path(folder) / "site")
        samples = soak(
            site,
            options.minutes * 60,
            options.rate,
            lambda s: print(
                f"{s.seconds:6.0f} s  {s.requests:7} requests  {s.memory / 1024:7.1f} MB"
                f"  {s.files:3} files",
                flush=True,
            ),
        )
    memory, files = growth(samples)
    print(f"after the warm-up: memory {memory:+.1%}, files {files:+}")
    if memory > MOST_GROWTH or files > MOST_MORE_FILES:
        raise SystemExit("not flat")


if __name__ == "__main__":
    main()
