"""A source file into the registry: read, validate, store, count. The whole delivery or nothing."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from portal.catalog_model import Catalog
from portal.errors import GateError, SourceError
from portal.intake.columns import Layout, recognise
from portal.intake.delivery import Delivery, StoreCounts
from portal.intake.event_store import match_waiting, store_events
from portal.intake.events import EventValidator
from portal.intake.record_store import RecordStore, Stored
from portal.intake.registry import Registry
from portal.intake.rejection_list import RejectionList, sweep
from portal.intake.source_file import SourceFile, masked, source_error
from portal.intake.sources import inspect, read_headings, read_rows
from portal.intake.validate import RowValidator
from portal.intake.whole_list import Whole, WholeList
from portal.records import RecordEvent, Rejection, SourceRow, ValidRecord

__all__ = ["DeliveryReport", "Whole", "ingest_file"]

BATCH = 1_000
Progress = Callable[[int], None]
Taken = TypeVar("Taken", ValidRecord, RecordEvent)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a file. `rejections` is the list of refused rows, None where there were none.

    `unknown` are headings that the catalogue does not know (masked), whose columns were not taken;
    `absent` records are not in this whole list any more; `matched` waiting events have met their
    record.
    """

    file_name: str
    class_code: str
    class_title: str
    rows_read: int
    counts: StoreCounts
    rejected: int
    unknown: tuple[str, ...]
    rejections: Path | None
    absent: int = 0
    matched: int = 0


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What taking the rows did."""

    read: int
    counts: StoreCounts
    unknown: Iterable[str]
    absent: int = 0
    matched: int = 0


def ingest_file(
    path: Path,
    catalog: Catalog,
    registry: Registry,
    rejections: Path,
    *,
    now: datetime,
    class_code: str = "",
    whole: Whole | None = None,
    progress: Progress | None = None,
) -> DeliveryReport:
    """Take one file into the registry; `now` is the time of arrival in Asia/Shanghai.

    With `whole`, the file is a whole list: what it no longer has is withdrawn. Raises SourceError
    when the file cannot be read as records, RegistryError when the registry cannot be written,
    GateError when the counts do not add up or a whole list looks truncated, OSError when the list
    of rejections cannot be written; the registry is then unchanged.
    """
    source = inspect(path)
    layout = _layout(source, catalog, class_code)
    is_events = layout.record_class is catalog.events.record
    if is_events and whole:
        raise source_error(path, "事件文件不能用 --full")
    with registry.delivery() as delivery:
        # A name in another encoding than the system's holds what no database stores.
        name = os.fsencode(path.name).decode("utf-8", "backslashreplace")
        delivery.open(source.digest, name, layout.record_class.code, now, now.date())
        sweep(rejections, delivery.taken)
        refused = RejectionList(rejections, delivery.id)
        try:
            rows = _Rows(source, refused, progress)
            if is_events:
                taken = _take_events(rows, catalog, layout, delivery)
            else:
                taken = _take_records(rows, catalog, layout, delivery, whole)
            _check_counts(path, taken.read, taken.counts, refused.count)
            delivery.close(taken.read, taken.counts, refused.count, taken.absent)
            refused.close()
        except BaseException:
            refused.discard()
            raise
    return DeliveryReport(
        file_name=masked(path.name),
        class_code=layout.record_class.code,
        class_title=layout.record_class.title,
        rows_read=taken.read,
        counts=taken.counts,
        rejected=refused.count,
        unknown=tuple(dict.fromkeys(masked(h) for h in (*layout.unknown, *taken.unknown))),
        rejections=refused.keep(),
        absent=taken.absent,
        matched=taken.matched,
    )


def _layout(source: SourceFile, catalog: Catalog, class_code: str) -> Layout:
    headings = read_headings(source)
    try:
        return recognise(headings, catalog, class_code)
    except SourceError as error:
        raise source_error(source.path, str(error)) from None


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a file on their way; those that are refused go to the list."""

    source: SourceFile
    refused: RejectionList
    progress: Progress | None

    def take(
        self,
        check: Callable[[SourceRow], Taken | Rejection],
        store: Callable[[Sequence[Taken]], Stored],
    ) -> tuple[int, StoreCounts]:
        """Check and store every row in batches; return rows read and what storing did."""
        read, counts, batch = 0, StoreCounts(), list[Taken]()
        for row in read_rows(self.source):
            read += 1
            outcome = check(row)
            if isinstance(outcome, Rejection):
                self.refused.add(outcome)
            else:
                batch.append(outcome)
            if len(batch) == BATCH:
                counts += self.settle(store(batch))
                batch.clear()
                if self.progress:
                    self.progress(read)
        return read, counts + self.settle(store(batch))

    def settle(self, stored: Stored) -> StoreCounts:
        """List the rows that storing refused; return what it did with the others."""
        counts, late = stored
        for rejection in late:
            self.refused.add(rejection)
        return counts


def _take_events(rows: _Rows, catalog: Catalog, layout: Layout, delivery: Delivery) -> _Outcome:
    validator = EventValidator(catalog, layout, delivery.day)
    read, counts = rows.take(validator.check, partial(store_events, delivery))
    return _Outcome(read, counts, validator.unknown)


def _take_records(
    rows: _Rows, catalog: Catalog, layout: Layout, delivery: Delivery, whole: Whole | None
) -> _Outcome:
    validator = RowValidator(catalog, layout, delivery.day)
    store = RecordStore(delivery, layout.record_class, catalog.events)
    noted = WholeList(delivery, store.last_before)

    def keep(batch: Sequence[ValidRecord]) -> Stored:
        if whole:
            noted.note(batch)
        return store.store(batch)

    read, counts = rows.take(validator.check, keep)
    for stored in store.finish():
        counts += rows.settle(stored)
    absent = noted.withdraw_absent(store.touched, rows.refused.count, whole) if whole else 0
    return _Outcome(read, counts, validator.unknown, absent, match_waiting(delivery))


def _check_counts(path: Path, read: int, counts: StoreCounts, rejected: int) -> None:
    stored = counts.new + counts.updated + counts.unchanged
    if read != stored + rejected:
        counted = f"读取 {read} 行，入库 {stored} 行，退回 {rejected} 行"
        raise GateError(f"{masked(path.name)}：{counted}，不相符")
