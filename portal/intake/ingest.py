"""A source file into the registry: read, validate, store, count. The whole delivery or nothing."""

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TextIO, TypeVar

from portal.catalog_model import Catalog
from portal.errors import GateError, SourceError
from portal.intake.columns import Layout, recognise
from portal.intake.delivery import Delivery, StoreCounts
from portal.intake.event_store import match_waiting, store_events
from portal.intake.events import EventValidator
from portal.intake.registry import Registry
from portal.intake.source_file import SourceFile, masked, source_error
from portal.intake.sources import inspect, read_headings, read_rows
from portal.intake.validate import RowValidator
from portal.intake.whole_list import WholeList
from portal.records import RecordEvent, Rejection, SourceRow, ValidRecord

BATCH = 1_000
Progress = Callable[[int], None]
Taken = TypeVar("Taken", ValidRecord, RecordEvent)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a file. `rejections` is the list of refused rows, None where there were none.

    `unknown` are headings that the catalogue does not know, whose columns were not taken; `absent`
    records are not in this whole list any more; `matched` waiting events have met their record.
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
class Whole:
    """How a whole list is taken: a larger loss than `shrink_limit` only if `accept_shrink`."""

    shrink_limit: float
    accept_shrink: bool


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
    GateError when the counts do not add up or a whole list looks truncated; the registry is then
    unchanged.
    """
    source = inspect(path)
    layout = _layout(source, catalog, class_code)
    is_events = layout.record_class is catalog.events.record
    if is_events and whole:
        raise source_error(path, "事件文件不能用 --full")
    absent = matched = 0
    with _rejection_list(rejections) as refused, registry.delivery() as delivery:
        delivery.open(source.digest, path.name, layout.record_class.code, now, now.date())
        rows = read_rows(source)
        if is_events:
            checked = EventValidator(catalog, layout, now.date())
            read, counts = _take(
                rows, checked.check, partial(store_events, delivery), refused.add, progress
            )
        else:
            validator = RowValidator(catalog, layout, now.date())
            noted = WholeList(delivery) if whole else None
            store = partial(_store_records, delivery, noted)
            read, counts = _take(rows, validator.check, store, refused.add, progress)
            if whole and noted:
                absent = noted.withdraw_absent(
                    rejected=refused.count,
                    shrink_limit=whole.shrink_limit,
                    accept_shrink=whole.accept_shrink,
                )
            matched = match_waiting(delivery)
        _check_counts(path, read, counts, refused.count)
        delivery.close(read, counts, refused.count, absent)
        kept = refused.keep(delivery.id)
    return DeliveryReport(
        file_name=masked(path.name),
        class_code=layout.record_class.code,
        class_title=layout.record_class.title,
        rows_read=read,
        counts=counts,
        rejected=refused.count,
        unknown=layout.unknown,
        rejections=kept,
        absent=absent,
        matched=matched,
    )


def _layout(source: SourceFile, catalog: Catalog, class_code: str) -> Layout:
    headings = read_headings(source)
    try:
        return recognise(headings, catalog, class_code)
    except SourceError as error:
        raise source_error(source.path, str(error)) from None


def _take(
    rows: Iterator[SourceRow],
    check: Callable[[SourceRow], Taken | Rejection],
    store: Callable[[Sequence[Taken]], tuple[StoreCounts, list[Rejection]]],
    refuse: Callable[[Rejection], None],
    progress: Progress | None,
) -> tuple[int, StoreCounts]:
    """Check and store every row in batches; return rows read and what storing did."""
    read, counts, batch = 0, StoreCounts(), list[Taken]()

    def flush() -> StoreCounts:
        stored, late = store(batch)
        batch.clear()
        for rejection in late:
            refuse(rejection)
        return stored

    for row in rows:
        read += 1
        outcome = check(row)
        if isinstance(outcome, Rejection):
            refuse(outcome)
        else:
            batch.append(outcome)
        if len(batch) == BATCH:
            counts += flush()
            if progress:
                progress(read)
    return read, counts + flush()


def _store_records(
    delivery: Delivery, noted: WholeList | None, batch: Sequence[ValidRecord]
) -> tuple[StoreCounts, list[Rejection]]:
    if noted is not None:
        noted.note(batch)
    return delivery.store(batch), []


def _check_counts(path: Path, read: int, counts: StoreCounts, rejected: int) -> None:
    stored = counts.new + counts.updated + counts.unchanged
    if read != stored + rejected:
        counted = f"读取 {read} 行，入库 {stored} 行，退回 {rejected} 行"
        raise GateError(f"{masked(path.name)}：{counted}，不相符")


class _RejectionList:
    """The refused rows of a delivery, written aside and kept under its number at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / f".incoming-{os.getpid()}.csv"
        self._stream: TextIO | None = None
        self.count = 0

    def add(self, rejection: Rejection) -> None:
        if self._stream is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            self._stream = os.fdopen(handle, "w", encoding="utf-8-sig", newline="")
            csv.writer(self._stream).writerow(("line", "field", "reason"))
        csv.writer(self._stream).writerow((rejection.line, rejection.field, rejection.reason))
        self.count += 1

    def keep(self, delivery_id: int) -> Path | None:
        if self._stream is None:
            return None
        self._stream.close()
        return self._path.replace(self._folder / f"{delivery_id}.csv")

    def discard(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._path.unlink(missing_ok=True)


@contextmanager
def _rejection_list(folder: Path) -> Iterator[_RejectionList]:
    refused = _RejectionList(folder)
    try:
        yield refused
    finally:
        refused.discard()
