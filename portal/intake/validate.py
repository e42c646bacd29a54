"""A source row becomes an accepted record, or a rejection that says which field and why."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date

import msgspec

from portal import identifiers
from portal.catalog_model import Catalog, Field, RecordClass
from portal.headings import fold_heading
from portal.intake import values as reading
from portal.intake.columns import ColumnMap, Layout
from portal.intake.subjects import read_subject
from portal.records import Rejection, SourceRow, Subject, SubjectKind, ValidRecord

Reader = Callable[[str], str]
KEY_BYTES = 16
MAX_TEXT = 20_000
MAX_NAME = 200

_READERS: Mapping[str, Reader] = {
    "text": reading.read_text,
    "name": reading.read_name,
    "authority": reading.read_name,
    "document_number": reading.read_document_number,
    "uscc": reading.read_uscc,
    "org_code": reading.read_org_code,
    "code": reading.read_code,
    "code_list": reading.read_code_list,
    "list": reading.read_list,
    "date": reading.read_date,
    "end_date": reading.read_end_date,
    "money": reading.read_money,
    "subject_kind": reading.read_text,
    "list_code": reading.read_text,
}


class FieldError(Exception):
    """A field of a row that cannot be taken, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class RowValidator:
    """Checks the rows of one file against its class. `today` bounds what lies in the past."""

    def __init__(self, catalog: Catalog, layout: Layout, today: date) -> None:
        self._class = layout.record_class
        self._legacy = layout.legacy
        self._today = today
        self._columns = ColumnMap(layout.record_class)
        self._lists = {
            fold_heading(name): entry.code
            for entry in catalog.lists
            for name in (entry.code, entry.name, *entry.aliases)
        }
        self._colors = {entry.code: entry.color for entry in catalog.lists}
        self._required = [field for field in self._class.fields if field.required]

    def check(self, row: SourceRow) -> ValidRecord | Rejection:
        """Return the accepted record, or the rejection of the row's first fault."""
        if row.fault:
            return Rejection(row.line, "", row.fault)
        try:
            values = self._values(row.cells)
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
            row_hash=_digest([values[name] for name in sorted(values)], sorted(values)),
        )

    def _values(self, cells: Mapping[str, str]) -> dict[str, str]:
        values: dict[str, str] = {}
        late: list[tuple[Field, str]] = []
        for heading, text in cells.items():
            field = self._columns.field(heading)
            if field is None or field.name in values or reading.is_empty(text):
                continue
            if field.type in ("id_number", "card_number"):
                late.append((field, text))  # its check depends on the type of ID
            elif value := self._read(field, text, values):
                values[field.name] = value
        for field, text in late:
            if value := self._read(field, text, values):
                values[field.name] = value
        for field in self._required:
            if field.name not in values:
                raise FieldError(field.title, "必填项为空")
        return values

    def _read(self, field: Field, text: str, values: Mapping[str, str]) -> str:
        if len(text) > MAX_TEXT or (field.type in ("name", "authority") and len(text) > MAX_NAME):
            raise FieldError(field.title, "内容过长")
        try:
            if field.type == "status":
                return self._state(field, text)
            if field.type == "past_date":
                return reading.read_past_date(text, self._today)
            if field.disclosure == "never" and field.type == "id_number":
                return reading.read_code(text)  # kept for the leak scan alone: nothing rests on it
            if field.type == "id_number":
                return reading.read_id_number(text, values.get("id_type", ""))
            if field.type == "card_number":
                return self._card(text)
            return _READERS[field.type](text)
        except ValueError as error:
            raise FieldError(field.title, str(error)) from None

    def _state(self, field: Field, text: str) -> str:
        plain = text.strip().removesuffix(".0")
        known = field.legacy_values if self._legacy and field.legacy_values else field.values
        if plain in known:
            return known[plain]
        if plain in field.values.values():
            return plain
        raise ValueError("不在目录规定的取值之内")

    @staticmethod
    def _card(text: str) -> str:
        code = identifiers.fold_code(text)
        if identifiers.is_uscc(code) or identifiers.is_org_code(code):
            return code
        if identifiers.is_registration_number(code):
            return code
        return reading.read_id_number(text)

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
            field = self._class.field("subject_kind") or self._required[0]
            raise FieldError(field.title, str(error)) from None


def business_key(record_class: RecordClass, subject: Subject, values: Mapping[str, str]) -> bytes:
    """Return the 16-byte key under which later deliveries meet this record.

    Made of the class and the parts its catalogue entry names: authority (code, else name), folded
    document number, subject, and so on. Different brackets or widths give the same key.
    """
    parts = [record_class.code]
    for part in record_class.key:
        if part == "subject":
            parts.append(_subject_key(subject))
        elif part == "authority":
            parts.append(values.get("authority_code") or _folded(values["authority"]))
        else:
            parts.append(_folded(values.get(part, "")))
    return _digest(parts)[:KEY_BYTES]


def _subject_key(subject: Subject) -> str:
    if subject.kind is SubjectKind.ORGANIZATION:
        code = identifiers.org_code_of(subject.uscc) if subject.uscc else subject.org_code
        return code or subject.registration or _folded(subject.name)
    number = subject.id_number
    if identifiers.is_old_id_number(number):
        number = identifiers.upgrade_old_id(number)
    return "|".join((_folded(subject.name), number or subject.uscc or subject.registration))


def _folded(text: str) -> str:
    return identifiers.fold_document_number(text)


def _digest(*parts: list[str]) -> bytes:
    return hashlib.sha256(msgspec.json.encode(parts)).digest()
