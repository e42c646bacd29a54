"""A source row becomes an accepted record, or a rejection that says which field and why."""

from collections.abc import Iterable, Mapping
from datetime import date

from portal.catalog_model import Catalog
from portal.headings import fold_heading
from portal.intake.columns import Layout
from portal.intake.fields import FieldError, FieldReader
from portal.intake.keys import business_key, row_digest
from portal.intake.subjects import read_subject
from portal.records import Rejection, SourceRow, Subject, ValidRecord


class RowValidator:
    """Checks the rows of one file against its class. `today` bounds what lies in the past."""

    def __init__(self, catalog: Catalog, layout: Layout, today: date) -> None:
        self._class = layout.record_class
        self._reader = FieldReader(layout, today)
        self._lists = {
            fold_heading(name): entry.code
            for entry in catalog.lists
            for name in (entry.code, entry.name, *entry.aliases)
        }
        self._colors = {entry.code: entry.color for entry in catalog.lists}

    @property
    def unknown(self) -> Iterable[str]:
        """Headings of the rows so far that the catalogue does not know."""
        return self._reader.unknown

    def check(self, row: SourceRow) -> ValidRecord | Rejection:
        """Return the accepted record, or the rejection of the row's first fault."""
        if row.fault:
            return Rejection(row.line, "", row.fault)
        try:
            values = self._reader.values(row.cells)
            self._find_list(values)
            subject = self._subject(values)
        except FieldError as fault:
            return Rejection(row.line, fault.field, fault.reason)
        return ValidRecord(
            class_code=self._class.code,
            line=row.line,
            key=business_key(self._class, subject, values),
            subject=subject,
            values=values,
            row_hash=row_digest(values),
        )

    def _find_list(self, values: dict[str, str]) -> None:
        """Put the catalogue's code of the list into a list entry: by code, else by name."""
        field = self._class.field("list_code")
        if field is None:
            return
        for name in ("list_code", "list_name"):
            code = self._lists.get(fold_heading(values.get(name, "")))
            if code is not None:
                break
        else:
            raise FieldError(field.title, "名单不在目录之内")
        if self._colors[code] != self._class.list_color:
            raise FieldError(field.title, f"名单不属于“{self._class.title}”")
        values["list_code"] = code

    def _subject(self, values: Mapping[str, str]) -> Subject:
        try:
            return read_subject(self._class, values)
        except ValueError as error:
            field = self._class.field("subject_kind") or self._class.fields[0]
            raise FieldError(field.title, str(error)) from None
