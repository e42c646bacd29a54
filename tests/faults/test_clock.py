"""The clock jumps, over midnight or years, and back: nothing is shown that has ended by it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from portal.app import create_app
from portal.config import load_settings
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

LAST_SECOND = datetime.combine(world.TODAY, world.NOW.timetz()).replace(
    hour=23, minute=59, second=59
)


@dataclass
class Clock:
    now: datetime = LAST_SECOND

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(portal: Portal, clock: Clock) -> Iterator[CheckingClient]:
    # Public for a year from the day of decision: the last day of one is today.
    last_day = world.TODAY.replace(year=world.TODAY.year - 1).isoformat()
    portal.ingest([world.penalty(1, CF_JDRQ=last_day), world.penalty(2)])
    portal.publish()
    app = create_app(portal.settings, now=clock)
    app.testing = True
    yield CheckingClient(app)
    app.extensions["portal.live"].close()


def records(client: CheckingClient) -> int:
    return int(client.json("/api/v1/search?q=蓝穗")["totals"]["records"])


def test_what_has_ended_is_gone_however_the_clock_got_there(
    client: CheckingClient, clock: Clock
) -> None:
    today = records(client)
    jumps = (
        (timedelta(seconds=1), today - 1),
        (timedelta(0), today),
        (timedelta(days=3650), 0),
        (timedelta(seconds=2), today - 1),
        (-timedelta(days=400), today),
    )
    for jump, shown in jumps:
        clock.now = LAST_SECOND + jump
        assert records(client) == shown, jump
        client.page("/")
        client.page("/statistics")
        assert client.get("/healthz").status_code == 200


def test_a_clock_far_ahead_is_said_to_those_who_watch(client: CheckingClient, clock: Clock) -> None:
    assert client.get("/readyz").status_code == 200
    clock.now = LAST_SECOND + timedelta(days=400)
    assert client.get("/readyz").status_code == 503
    clock.now = LAST_SECOND
    assert client.get("/readyz").status_code == 200


def test_a_limit_ends_though_the_clock_was_set_back(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counters live by the machine's clock; who was refused is let in again after the window."""
    portal.ingest([world.penalty(1)])
    portal.publish()
    settings = load_settings(
        {"PORTAL_VAR": portal.settings.var, "PORTAL_RATELIMIT_SEARCH": "2/minute"}
    )
    machine = [1_800_000_000.0]
    monkeypatch.setattr("time.time", lambda: machine[0])
    app = create_app(settings, now=portal.now)
    ask = app.test_client().get
    assert [ask("/search?q=蓝穗").status_code for _ in range(3)] == [200, 200, 429]
    machine[0] -= 86_400 * 365
    refused = ask("/search?q=蓝穗")
    if refused.status_code == 429:
        assert int(refused.headers["Retry-After"]) <= 60 + 86_400 * 366
    machine[0] += 86_400 * 365 + 61
    assert ask("/search?q=蓝穗").status_code == 200
    app.extensions["portal.live"].close()
