"""The page of statistics: charts drawn by the server, each with its table and as CSV."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import cast
from weakref import WeakKeyDictionary

from flask import Blueprint, Flask, Response, current_app, render_template

from portal.catalog_model import Catalog
from portal.errors import NotFoundError
from portal.lookup import Lookup
from portal.snapshots import Snapshot
from portal.statistics import Amounts, InTime, Statistics, statistics_of
from portal.web.delimited import csv_text
from portal.web.language import to_translate
from portal.web.reading import catalog, lookup

statistics = Blueprint("statistics", __name__)

SHOWN_ROWS = 100
"""Rows of a table that the page shows; the CSV has all."""
DRAWN = 15
"""Bars that a chart shows, the first of its table."""

_COUNTED = "portal.statistics"


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn: (label, value, the value in words).

    `class_code` names what only it shows, `whole` is the value of a full bar (0: the largest).
    `names` tells that the labels are names, which are never translated.
    """

    items: tuple[tuple[str, float, str], ...]
    class_code: str = ""
    whole: float = 0
    names: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One statistic as a table: `name` in its address, a title, what is counted, the rows.

    The headings are messages, but for titles of classes. `charts` show its numbers, as columns in
    the course of time or else as bars. Its first columns, `texts` of them, hold no number.
    """

    name: str
    title: str
    about: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]
    charts: tuple[Chart, ...]
    columns: bool = False
    texts: int = 1


class CountedDays:
    """Statistics of the snapshots that are open, each counted once for a day."""

    def __init__(self, count: Callable[[Lookup], Statistics] = statistics_of) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._kept: WeakKeyDictionary[Snapshot, tuple[date, Statistics]] = WeakKeyDictionary()

    def of(self, reading: Lookup) -> Statistics:
        """Return the statistics of a reading's snapshot and day; who comes first counts."""
        with self._lock:
            kept = self._kept.get(reading.snapshot)
            if kept is None or kept[0] != reading.today:
                kept = reading.today, self._count(reading)
                self._kept[reading.snapshot] = kept
            return kept[1]


def install(app: Flask) -> None:
    """Give the application what it has counted."""
    app.extensions[_COUNTED] = CountedDays()


@statistics.get("/statistics")
def overview() -> str:
    """All statistics, each as a chart and a table."""
    return render_template(
        "pages/statistics.html",
        figures=_figures(),
        shown_rows=SHOWN_ROWS,
        rule=catalog().timeliness,
        manifest=lookup().snapshot.manifest,
    )


@statistics.get("/statistics/<segment:name>.csv")
def table(name: str) -> Response:
    """One statistic as CSV, with all its rows."""
    figure = next((figure for figure in _figures() if figure.name == name), None)
    if figure is None:
        raise NotFoundError("没有这项统计")
    response = Response(
        csv_text([figure.headings, *figure.rows]), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="statistics-{name}.csv"'
    return response


def _figures() -> tuple[Figure, ...]:
    counted = cast("CountedDays", current_app.extensions[_COUNTED]).of(lookup())
    return figures_of(counted, catalog())


def figures_of(counted: Statistics, policy: Catalog) -> tuple[Figure, ...]:
    """Return every statistic as a table with its charts."""
    return (
        _months(counted, policy),
        _authorities(counted),
        _regions(counted, policy),
        _ending(counted),
        _timeliness(counted.timeliness),
        _amounts(counted.amounts),
    )


def _months(counted: Statistics, policy: Catalog) -> Figure:
    by_class = {c.code: dict(counted.months[c.code]) for c in policy.classes}
    months = next(iter(by_class.values()))
    return Figure(
        name="months",
        title=to_translate("各月作出的决定"),
        about=to_translate(
            "今天在公示期内的记录，按作出决定、列入或者立案的月份；公示期已满的不计入。"
        ),
        headings=(to_translate("月份"), *(c.title for c in policy.classes)),
        rows=tuple((m, *(counts[m] for counts in by_class.values())) for m in months),
        charts=tuple(_chart(counts.items(), code) for code, counts in by_class.items()),
        columns=True,
    )


def _authorities(counted: Statistics) -> Figure:
    return Figure(
        name="authorities",
        title=to_translate("各机关的公示记录"),
        about=to_translate("今天在公示期内的记录，按作出决定的机关。"),
        headings=(to_translate("机关"), to_translate("记录数")),
        rows=counted.authorities,
        charts=(_chart(counted.authorities[:DRAWN], names=True),),
    )


def _regions(counted: Statistics, policy: Catalog) -> Figure:
    named = [(code, policy.region_name(code) or code, n) for code, n in counted.regions]
    return Figure(
        name="regions",
        title=to_translate("各地区的公示记录"),
        about=to_translate("今天在公示期内的记录，按主体的登记地区。"),
        headings=(to_translate("行政区划代码"), to_translate("地区"), to_translate("记录数")),
        rows=tuple(named),
        charts=(_chart(((name, n) for _, name, n in named[:DRAWN]), names=True),),
        texts=2,
    )


def _ending(counted: Statistics) -> Figure:
    days = tuple((day.isoformat(), count) for day, count in counted.ending)
    return Figure(
        name="ending",
        title=to_translate("三十天内公示期届满的记录"),
        about=to_translate("按最后一个公示日；次日零时起不再展示。"),
        headings=(to_translate("最后公示日"), to_translate("记录数")),
        rows=days,
        charts=(_chart(days),),
        columns=True,
    )


def _timeliness(measured: tuple[InTime, ...]) -> Figure:
    shares = tuple((one, "" if one.share is None else f"{one.share:.1%}") for one in measured)
    drawn = [(one, share) for one, share in shares if one.share is not None][:DRAWN]
    return Figure(
        name="timeliness",
        title=to_translate("双公示及时率"),
        about=to_translate(
            "行政许可和行政处罚，自作出决定之日起规定的工作日内送达的比例；从低到高。"
        ),
        headings=(
            to_translate("机关"),
            to_translate("及时"),
            to_translate("迟报"),
            to_translate("无法判断"),
            to_translate("及时率"),
        ),
        rows=tuple((o.authority, o.in_time, o.late, o.unknown, share) for o, share in shares),
        charts=(
            Chart(
                tuple((o.authority, o.share or 0.0, share) for o, share in drawn),
                whole=1,
                names=True,
            ),
        ),
    )


def _amounts(classes: tuple[Amounts, ...]) -> Figure:
    counts = tuple(
        (f"{one.low}–{one.high}" if one.high else f"≥ {one.low}", one.count) for one in classes
    )
    return Figure(
        name="amounts",
        title=to_translate("罚款金额的分布"),
        about=to_translate(
            "今天在公示期内、写明罚款金额的行政处罚；每档含下限，不含上限，单位万元。"
        ),
        headings=(to_translate("罚款金额（万元）"), to_translate("处罚数")),
        rows=counts,
        charts=(_chart(counts),),
    )


def _chart(
    counts: Iterable[tuple[str, int]], class_code: str = "", *, names: bool = False
) -> Chart:
    return Chart(tuple((label, n, f"{n:,}") for label, n in counts), class_code, names=names)
