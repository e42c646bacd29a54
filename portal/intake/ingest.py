"""A source file into the registry: read, validate, store, count. The whole delivery or nothing."""

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from portal.catalog_model import Catalog
from portal.errors import GateError, SourceError
from portal.intake.columns import Layout, recognise
from portal.intake.delivery import Delivery, StoreCounts
from portal.intake.registry import Registry
from portal.intake.source_file import SourceFile, masked, source_error
from portal.intake.sources import inspect, read_headings, read_rows
from portal.intake.validate import RowValidator
from portal.records import Rejection, SourceRow, ValidRecord

BATCH = 1_000
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a file. `rejections` is the list of refused rows, None where there were none.

    `unknown` are headings that the catalogue does not know, whose columns were not taken.
    """

    file_name: str
    class_code: str
    class_title: str
    rows_read: int
    counts: StoreCounts
    rejected: int
    unknown: tuple[str, ...]
    rejections: Path | None


def ingest_file(
    path: Path,
    catalog: Catalog,
    registry: Registry,
    rejections: Path,
    *,
    now: datetime,
    class_code: str = "",
    progress: Progress | None = None,
) -> DeliveryReport:
    """Take one file into the registry; `now` is the time of arrival in Asia/Shanghai.

    Raises SourceError when the file cannot be read as records, RegistryError when the registry
    cannot be written, GateError when the counts do not add up; the registry is then unchanged.
    """
    source = inspect(path)
    layout = _layout(source, catalog, class_code)
    validator = RowValidator(catalog, layout, now.date())
    with _rejection_list(rejections) as refused, registry.delivery() as delivery:
        delivery.open(source.digest, path.name, layout.record_class.code, now, now.date())
        read, counts = _store_rows(read_rows(source), validator, delivery, refused.add, progress)
        stored = counts.new + counts.updated + counts.unchanged
        if read != stored + refused.count:
            counted = f"读取 {read} 行，入库 {stored} 行，退回 {refused.count} 行"
            raise GateError(f"{masked(path.name)}：{counted}，不相符")
        delivery.close(read, counts, refused.count)
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
    )


def _layout(source: SourceFile, catalog: Catalog, class_code: str) -> Layout:
    headings = read_headings(source)
    try:
        return recognise(headings, catalog, class_code)
    except SourceError as error:
        raise source_error(source.path, str(error)) from None


def _store_rows(
    rows: Iterator[SourceRow],
    validator: RowValidator,
    delivery: Delivery,
    refuse: Callable[[Rejection], None],
    progress: Progress | None,
) -> tuple[int, StoreCounts]:
    read, counts, batch = 0, StoreCounts(), list[ValidRecord]()
    for row in rows:
        read += 1
        outcome = validator.check(row)
        if isinstance(outcome, Rejection):
            refuse(outcome)
        else:
            batch.append(outcome)
        if len(batch) == BATCH:
            counts += delivery.store(batch)
            batch.clear()
            if progress:
                progress(read)
    return read, counts + delivery.store(batch)


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
