"""The benchmark of limits counts what it claims to count."""

from pathlib import Path

from benchmarks.limits import Measured, hit_times, let_through, table


def test_a_file_lets_the_limit_through_and_memory_as_often_as_there_are_workers(
    tmp_path: Path,
) -> None:
    assert let_through(f"sqlite:///{tmp_path}/counters.sqlite", workers=2, tries=60) == 50
    assert let_through("memory://", workers=2, tries=60) == 100


def test_the_table_has_a_ratio_to_its_first_row(tmp_path: Path) -> None:
    times = hit_times(f"sqlite:///{tmp_path}/counters.sqlite", 300)
    assert len(times) == 3
    assert min(times) > 0
    rows = [Measured("memory", (10.0, 10.0), 100), Measured("file", (25.0, 25.0), 50)]
    _, first, second = table(rows, workers=2, tries=60)
    assert "1.00×" in first
    assert "2.50×" in second
