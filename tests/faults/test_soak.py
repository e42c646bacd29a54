"""Memory and open files stay flat: a few seconds of what `tests.faults.soak` does for long."""

from tests.faults.site import Site
from tests.faults.soak import MOST_MORE_FILES, Sample, growth, soak


def test_a_few_seconds_leak_no_files(site: Site) -> None:
    samples = soak(site, seconds=6, rate=60)
    assert samples[-1].requests > 50
    memory, files = growth(samples)
    assert files <= MOST_MORE_FILES
    assert memory < 0.5  # caches still fill: only a flood would be more


def test_growth_is_told_from_noise() -> None:
    flat = [Sample(n, 100_000 + n % 3, 20 + n % 2, n) for n in range(30)]
    rising = [Sample(n, 100_000 + 2_000 * n, 20 + n, n) for n in range(30)]
    assert growth(flat)[0] < 0.01
    assert growth(flat)[1] == 0
    assert growth(rising)[0] > 0.1
    assert growth(rising)[1] > MOST_MORE_FILES
