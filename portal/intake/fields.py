"""Reads the cells of a row into canonical values, each as the catalogue describes its field."""

from collections.abc import Callable, Mapping
from datetime import date

from portal import identifiers
from portal.catalog_model import Field
from portal.intake import values as reading
from portal.intake.columns import ColumnMap, Layout

Reader = Callable[[str], str]
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


class FieldReader:
    """Reads the rows of one file. `today` bounds what lies in the past."""

    def __init__(self, layout: Layout, today: date) -> None:
        self._legacy = layout.legacy
        self._today = today
        self._columns = ColumnMap(layout.record_class)
        self._required = [field for field in layout.record_class.fields if field.required]

    def values(self, cells: Mapping[str, str]) -> dict[str, str]:
        """Return field name → canonical text of what the row says.

        Raises FieldError for a value that cannot be read, or a required one that is missing.
        """
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
