"""A row of an event file becomes an event, or a rejection."""

from collections.abc import Iterable
from datetime import date

from portal.catalog_model import Catalog, EventKind
from portal.headings import fold_heading
from portal.intake.columns import Layout
from portal.intake.fields import FieldError, FieldReader
from portal.intake.keys import match_keys, row_digest
from portal.intake.subjects import read_subject
from portal.records import RecordEvent, Rejection, SourceRow, Subject


class EventValidator:
    """Checks the rows of one file of events."""

    def __init__(self, catalog: Catalog, layout: Layout, today: date) -> None:
        self._policy = catalog.events
        self._reader = FieldReader(layout, today)
        self._classes = {
            fold_heading(name): c.code for c in catalog.classes for name in (c.code, c.title)
        }

    @property
    def unknown(self) -> Iterable[str]:
        """Headings of the rows so far that the catalogue does not know."""
        return self._reader.unknown

    def check(self, row: SourceRow) -> RecordEvent | Rejection:
        """Return the event, or the rejection of the row's first fault."""
        if row.fault:
            return Rejection(row.line, "", row.fault)
        try:
            values = self._reader.values(row.cells)
            kind = self._kind(values)
            class_code = self._class(values)
            subject = self._subject(values)
        except FieldError as fault:
            return Rejection(row.line, fault.field, fault.reason)
        keys = match_keys(
            class_code,
            values.get("document_number", ""),
            values.get("record_decided_on", ""),
            subject,
        )
        return RecordEvent(
            kind=kind.code,
            line=row.line,
            effective_on=date.fromisoformat(values["decided_on"]),
            class_code=class_code,
            by_code=keys.by_code,
            by_name=keys.by_name,
            values=values,
            digest=row_digest(values),
        )

    def _kind(self, values: dict[str, str]) -> EventKind:
        kind = self._policy.kind(values["event_kind"])
        if kind is None:
            raise FieldError(self._title("event_kind"), "不是目录中的事件类型")
        if kind.effect == "extend" and "until" not in values:
            raise FieldError(self._title("until"), "延长期限须写明延长至哪一天")
        values["event_kind"] = kind.code
        return kind

    def _class(self, values: dict[str, str]) -> str:
        given = values.get("record_class", "")
        code = self._classes.get(fold_heading(given), "")
        if given and not code:
            raise FieldError(self._title("record_class"), "不是目录中的信息类别")
        if not values.get("document_number") and not (code and values.get("record_decided_on")):
            reason = "没有原文书号时，须写明信息类别和原决定日期"
            raise FieldError(self._title("document_number"), reason)
        return code

    def _subject(self, values: dict[str, str]) -> Subject:
        try:
            return read_subject(self._policy.record, values)
        except ValueError as error:
            raise FieldError(self._title("subject_name"), str(error)) from None

    def _title(self, name: str) -> str:
        field = self._policy.record.field(name)
        return field.title if field else name
