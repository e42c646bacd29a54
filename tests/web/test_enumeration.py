"""What somebody can learn of persons by trying, with the budgets as they are by default."""

from pathlib import Path

import pytest
from limits import parse_many
from limits.strategies import SlidingWindowCounterRateLimiter

from portal.config import load_settings
from portal.counters import Counters

HOUR, DAY = 3_600, 86_400
DAYS, MONTHS = 6, 4
CANDIDATES, OF_ONE_COUNTY = 332_037, 3_300
"""Numbers behind a mask of 4+10*+4 characters, which is what a page shows of a person: 100 counties
by the days of a century, of which one in eleven has the check character; and those of one county.
"""


class Trying:
    """Somebody who tries all the time, over some days of a clock of their own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        settings = load_settings({})
        self.now = 1_700_000_000.0
        patch.setattr("portal.counters.time.time", lambda: self.now)
        self.limiter = SlidingWindowCounterRateLimiter(Counters(f"sqlite:///{folder}/c.sqlite"))
        self.of_address = parse_many(settings.ratelimit_persons)
        self.of_name = parse_many(settings.ratelimit_person_name)

    def taken(self, address: str, name: str) -> bool:
        for budgets, key in ((self.of_address, address), (self.of_name, name)):
            if not all(self.limiter.hit(item, key) for item in budgets):
                return False
        return True


@pytest.fixture
def trying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trying:
    return Trying(tmp_path, monkeypatch)


def most_in(span: int, moments: list[float]) -> int:
    return max(sum(1 for other in moments if 0 <= other - m < span) for m in moments)


@pytest.mark.parametrize("pause", [60, 1801, 3601])
def test_one_address_checks_a_few_dozen_persons_a_day(trying: Trying, pause: int) -> None:
    moments = []
    for step in range(DAYS * DAY // pause):
        trying.now += pause
        if trying.taken("address", f"name {step}"):
            moments.append(trying.now)
    # A sliding window lets no more than twice the limit through in any stretch of its width.
    assert most_in(DAY, moments) <= 60
    assert most_in(HOUR, moments) <= 20
    assert len(moments) <= 30 * (DAYS + 1)


def test_a_name_is_worth_no_attack_from_however_many_addresses(trying: Trying) -> None:
    moments = []
    for _ in range(MONTHS * 30 * DAY // 1_800):
        trying.now += 1_800
        if trying.taken(f"address {trying.now}", "the name"):
            moments.append(trying.now)
    assert most_in(DAY, moments) <= 40
    a_month = len(moments) / MONTHS
    assert a_month <= 100 * (MONTHS + 1) / MONTHS
    assert CANDIDATES / 2 / a_month / 12 > 100  # years
    assert OF_ONE_COUNTY / 2 / a_month > 12  # months
