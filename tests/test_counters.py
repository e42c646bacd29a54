"""Counts in a file: exact whoever counts, kept over restarts, of nobody's name, hard to break."""

import multiprocessing
import os
import signal
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import parse
from limits.strategies import SlidingWindowCounterRateLimiter

from portal import counters
from portal.counters import Counters
from portal.sliding_window import Window
from tests.test_sliding_window import later

DAY = 86_400
LIMIT = 50


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "limits" / "counters.sqlite"


def counting(path: Path) -> Counters:
    return Counters(f"sqlite:///{path}")


def take(storage: Counters, key: str = "key", amount: int = 1) -> bool:
    return storage.acquire_sliding_window_entry(key, LIMIT, DAY, amount)


def let_through(path: Path, tries: int, start: "threading.Barrier | None" = None) -> int:
    storage = counting(path)
    if start is not None:
        start.wait()
    return sum(take(storage) for _ in range(tries))


# --- exact ----------------------------------------------------------------------------------------


def in_process(
    path: Path, tries: int, start: "threading.Barrier", through: Callable[[int], None]
) -> None:
    through(let_through(path, tries, start))


def test_four_processes_let_exactly_the_limit_through(path: Path) -> None:
    # Forked, as gunicorn's workers are, from a process that has the file open.
    fork = multiprocessing.get_context("fork")
    assert let_through(path, 1) == 1
    start, through = fork.Barrier(4), fork.SimpleQueue()
    workers = [
        fork.Process(target=in_process, args=(path, 100, start, through.put)) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
        assert worker.exitcode == 0
    assert sum(through.get() for _ in workers) == LIMIT - 1


def test_a_process_forked_with_an_open_file_opens_its_own(path: Path) -> None:
    storage = counting(path)
    assert take(storage)
    fork = multiprocessing.get_context("fork")
    counted = fork.SimpleQueue()

    def child() -> None:
        for _ in range(LIMIT):
            take(storage)
        own = storage._connection().process == os.getpid()
        counted.put((own, storage.get_sliding_window("key", DAY)[2]))

    worker = fork.Process(target=child)
    worker.start()
    worker.join(timeout=60)
    assert counted.get() == (True, LIMIT)
    assert not take(storage)
    assert storage.get_sliding_window("key", DAY)[2] == LIMIT


def test_threads_let_exactly_the_limit_through(path: Path) -> None:
    storage = counting(path)
    taken: list[bool] = []

    def work() -> None:
        taken.extend(take(storage) for _ in range(40))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sum(taken) == LIMIT


def test_a_restart_forgets_nothing(path: Path) -> None:
    assert let_through(path, 30) == 30
    assert let_through(path, 30) == 20


def test_it_serves_the_strategy_of_the_library(path: Path) -> None:
    limiter = SlidingWindowCounterRateLimiter(counting(path))
    item = parse("10/day")
    assert limiter.hit(item, "a", cost=8)
    assert not limiter.hit(item, "a", cost=3)
    assert limiter.test(item, "a", cost=2)
    assert limiter.get_window_stats(item, "a").remaining == 2
    assert limiter.hit(item, "b", cost=10)
    limiter.clear(item, "a")
    assert limiter.get_window_stats(item, "a").remaining == 10
    assert not limiter.hit(item, "c", cost=11)


@given(st.lists(st.tuples(st.floats(0, 40), st.integers(1, 6)), max_size=30))
def test_it_counts_as_the_plain_arithmetic_does(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[float, int]]
) -> None:
    """The statement in the database and the window of `sliding_window` are one rule."""
    width, limit, now = 20, 10, 1_000_000.0
    window = Window(0, 0, width)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.counters.time.time", lambda: now)
        storage = counting(tmp_path_factory.mktemp("counts") / "counters.sqlite")
        for pause, amount in asked:
            # In steps a float holds exactly, so that both see the same moment.
            step = round(pause * 64) / 64
            now += step
            window = later(window, step, width)
            fits = window.counted(width) + amount <= limit
            if not (window.previous or window.current):
                window = Window(0, 0, width)  # the first count begins a window
            assert storage.acquire_sliding_window_entry("key", limit, width, amount) == fits
            if fits:
                window = Window(window.previous, window.current + amount, window.left)
            previous, left, current, _ = storage.get_sliding_window("key", width)
            assert Window(previous, current, left).counted(width) == window.counted(width)


def test_a_clock_that_is_set_back_opens_no_gate(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = counting(path)
    now = 1_000_000.0
    monkeypatch.setattr("portal.counters.time.time", lambda: now)
    assert take(storage, amount=LIMIT)
    now -= 5.0
    assert not take(storage)
    assert storage.get_sliding_window("key", DAY) == (0, DAY, LIMIT, 2 * DAY)
    now += DAY + 5.0  # the next window has just begun
    assert take(storage, "other", amount=40)
    now += DAY
    assert not take(storage, "other", amount=11)
    assert take(storage, "other", amount=1)
    now -= DAY / 2  # nothing weighs more than it did
    assert take(storage, "other", amount=9)
    assert not take(storage, "other")
    now -= 30 * DAY  # what was counted in the future would hold for a month
    assert take(storage)


# --- discreet and small ---------------------------------------------------------------------------


def test_the_file_says_nothing_and_is_its_owners(path: Path) -> None:
    storage = counting(path)
    take(storage, "address 198.51.100.77 persons")
    for file in path.parent.iterdir():
        assert b"198.51.100" not in file.read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    other = counting(path.with_name("other.sqlite"))
    take(other, "address 198.51.100.77 persons")
    keys = []
    for file in (path, other.path):
        with closing(sqlite3.connect(file)) as connection:
            keys.append(connection.execute("SELECT key FROM counts").fetchall())
    assert keys[0] != keys[1]


def test_what_no_longer_counts_is_removed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = counting(path)
    now = 1_000_000.0
    monkeypatch.setattr("portal.counters.time.time", lambda: now)
    for number in range(1200):
        storage.acquire_sliding_window_entry(f"address {number}", 5, 60)
    take(storage)
    assert storage.prune() == 0
    now += 121
    assert storage.prune() == 1200
    assert storage.reset() == 1


def test_removing_happens_by_itself(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "PRUNE_EVERY", 0.0)
    storage = counting(path)
    now = 1_000_000.0
    monkeypatch.setattr("portal.counters.time.time", lambda: now)
    storage.acquire_sliding_window_entry("old", 5, 60)
    now += 121
    take(storage, "new")
    assert storage.reset() == 1


def test_nothing_is_opened_before_it_is_needed(path: Path) -> None:
    counting(path)
    assert not path.parent.exists()


# --- hard to break --------------------------------------------------------------------------------


def hold_the_lock(path: Path, held: Callable[[bool], None]) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM counts")
    held(True)
    signal.pause()


def test_a_killed_process_leaves_no_lock_and_no_half_work(path: Path) -> None:
    storage = counting(path)
    assert take(storage, amount=LIMIT)
    fork = multiprocessing.get_context("fork")
    held = fork.SimpleQueue()
    worker = fork.Process(target=hold_the_lock, args=(path, held.put))
    worker.start()
    assert held.get()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        take(storage)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join(timeout=20)
    assert not take(storage)
    assert storage.check()


@pytest.mark.parametrize(
    "content", [b"no database at all" * 300, b"SQLite format 3\0" + b"x" * 5000]
)
def test_a_damaged_file_is_set_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert let_through(path, LIMIT + 1) == LIMIT
    assert path.with_name("counters.sqlite.damaged").read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_damaged_while_it_is_open_is_set_aside(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters, "LOOK_EVERY", 0.0)
    first, second, third = counting(path), counting(path), counting(path)
    assert take(first)
    assert take(second)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(b"x" * 9000)
    # The third reads it from the disk and sets it aside; the others follow into the new file.
    taken = [take(storage) for _ in range(LIMIT) for storage in (third, first, second)]
    assert sum(taken) == LIMIT
    assert path.with_name("counters.sqlite.damaged").read_bytes() == b"x" * 9000


def test_a_removed_file_is_made_anew_for_everybody(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters, "LOOK_EVERY", 0.0)
    first, second = counting(path), counting(path)
    assert take(first, amount=LIMIT)
    assert not take(second)
    for file in path.parent.iterdir():
        file.unlink()
    assert sum(take(storage) for _ in range(LIMIT) for storage in (first, second)) == LIMIT


def test_a_place_that_cannot_be_written_is_an_error_it_knows(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    storage = counting(tmp_path / "file" / "counters.sqlite")
    with pytest.raises(storage.base_exceptions):
        take(storage)
    assert not storage.check()


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///", "sqlite:counters"])
def test_an_address_without_a_file_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///"):
        Counters(address)
