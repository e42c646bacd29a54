import csv
import io
from collections.abc import Callable
from datetime import date

import pytest

from portal.lookup import Lookup
from portal.snapshots import Snapshot
from portal.statistics import Statistics
from portal.web.statistics import CountedDays
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

Browse = Callable[[], CheckingClient]
NAMES = ("months", "authorities", "regions", "ending", "timeliness", "amounts")
NOTHING = Statistics({}, (), (), (), (), ())


@pytest.fixture
def client(portal: Portal, browse: Browse) -> CheckingClient:
    portal.ingest([world.penalty(1), world.penalty(2, CF_CFJG="=1+1局", CF_CFJGDM="")])
    portal.publish()
    return browse()


def rows(client: CheckingClient, name: str) -> list[list[str]]:
    response = client.get(f"/statistics/{name}.csv")
    assert response.status_code == 200
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(response.data.decode("utf-8-sig"))))


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_the_page_draws_every_chart_with_words_and_a_table(
    client: CheckingClient, language: str
) -> None:
    page = client.page(f"/statistics?lang={language}")
    charts = page.count('role="img"')
    assert charts == 9 + 5
    assert page.count("<desc id=") == charts
    assert page.count("<table") == len(NAMES)
    for name in NAMES:
        assert f'href="/statistics/{name}.csv"' in page
    assert "澄州市市场监督管理局" in page


def test_a_csv_has_the_numbers_of_the_page(client: CheckingClient) -> None:
    assert all(len(rows(client, name)) > 1 for name in NAMES)
    months = rows(client, "months")
    assert months[0][:3] == ["月份", "行政许可", "行政处罚"]
    assert ["2026-06", "0", "2", *["0"] * 7] in months
    assert rows(client, "amounts")[0] == ["罚款金额（万元）", "处罚数"]
    assert ["0.1–0.5", "2"] in rows(client, "amounts")


def test_a_csv_holds_no_formula(client: CheckingClient) -> None:
    assert ["'=1+1局", "1"] in rows(client, "authorities")


def test_what_is_not_counted_is_not_there(client: CheckingClient) -> None:
    client.page("/statistics/none.csv", 404)


def test_without_a_record_the_page_says_so(portal: Portal, browse: Browse) -> None:
    portal.publish()
    assert "目前没有可以统计的记录" in browse().page("/statistics")


def test_a_snapshot_is_counted_once_a_day(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    portal.publish()
    counts: list[date] = []

    def count(reading: Lookup) -> Statistics:
        counts.append(reading.today)
        return NOTHING

    kept = CountedDays(count)
    first, second = (portal.store.open(portal.store.current_id()) for _ in range(2))
    for snapshot, day in ((first, 1), (first, 1), (first, 2), (second, 2), (first, 2)):
        kept.of(_reading(portal, snapshot, day))
    assert [day.day for day in counts] == [1, 2, 2]
    for snapshot in (first, second):
        snapshot.close()


def _reading(portal: Portal, snapshot: Snapshot, day: int) -> Lookup:
    return Lookup(snapshot, portal.catalog, date(2026, 11, day))
