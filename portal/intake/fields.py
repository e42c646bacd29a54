"""Reads the cells of a row into canonical values, each as the catalogue describes its field."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import NamedTuple

from portal import identifiers
from portal.catalog_model import Field
from portal.headings import fold_heading
from portal.intake import values as reading
from portal.intake.columns import Generation, Generations, Layout
from portal.intake.terms import end_of_term

Reader = Callable[[str], str]
MAX_TEXT = 20_000
MAX_NAME = 200
MAX_HEADINGS = 10_000
"""How many headings are remembered: rows of JSON may bring ever new keys."""

MAX_UNKNOWN = 100
"""How many unknown headings are noted."""

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
    "money": reading.read_money,
    "subject_kind": reading.read_text,
    "list_code": reading.read_text,
}
_SPELT = frozenset({"name", "authority", "document_number"})
"""Types whose values may be the same in another width or with other brackets."""

_IN_ORDER = (
    ("decided_on", "ends_on", "早于决定日期"),
    ("valid_from", "valid_until", "早于有效期自"),
)


class FieldError(Exception):
    """A field of a row that cannot be taken, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class _Column(NamedTuple):
    """What a heading stands for: its field, and what reads a cell by itself, if anything does."""

    field: Field
    name: str
    read: Reader | None
    longest: int


class FieldReader:
    """Reads the rows of one file. `today` bounds what lies in the past.

    `unknown` are headings of rows read so far that the catalogue does not know.
    """

    def __init__(self, layout: Layout, today: date) -> None:
        self._class = layout.record_class
        self._generation = layout.generation
        self._generations = Generations(layout.record_class)
        self._today = today
        self._fields = layout.record_class.heading_map()
        self._columns: dict[str, _Column | None] = {}
        self._required = [field for field in layout.record_class.fields if field.required]
        self._ordered = [
            (first, last.name, last.title, reason)
            for first, name, reason in _IN_ORDER
            if (last := layout.record_class.field(name)) is not None
        ]
        self._headings: tuple[str, ...] = ()
        self._row_generation = layout.generation
        self.unknown: dict[str, None] = {}

    def values(self, cells: Mapping[str, str]) -> dict[str, str]:
        """Return field name → canonical text of what the row says.

        Raises FieldError for a value that cannot be read, a required one that is missing, two
        columns that contradict each other, and an end before its beginning.
        """
        columns = self._columns
        if not cells.keys() <= columns.keys():
            self._meet(cells)
        values: dict[str, str] = {}
        late: list[tuple[Field, str]] = []
        for heading, text in cells.items():
            column = columns.get(heading) if text else None
            if column is None or reading.is_empty(text):
                continue
            field, name, read, longest = column
            if len(text) > longest:
                raise FieldError(field.title, "内容过长")
            if read is None:
                late.append((field, text))
                continue
            try:
                value = read(text)
            except ValueError as error:
                raise FieldError(field.title, str(error)) from None
            if name in values:
                _agree(values[name], value, field)
            elif value:
                values[name] = value
        for field, text in late:
            try:
                value = self._read_late(field, text, values, cells)
            except ValueError as error:
                raise FieldError(field.title, str(error)) from None
            if field.name in values:
                _agree(values[field.name], value, field)
            elif value:
                values[field.name] = value
        self._check(values)
        return values

    def _meet(self, cells: Mapping[str, str]) -> None:
        """Look up the headings of a row that no row had before."""
        for heading in cells:
            if heading not in self._columns:
                folded = fold_heading(heading)
                field = self._fields.get(folded)
                if field is None and folded and len(self.unknown) < MAX_UNKNOWN:
                    self.unknown[heading] = None
                if len(self._columns) < MAX_HEADINGS or field is not None:
                    self._columns[heading] = self._column(field) if field else None

    def _column(self, field: Field) -> _Column:
        longest = MAX_NAME if field.type in ("name", "authority") else MAX_TEXT
        return _Column(field, field.name, self._reader(field), longest)

    def _reader(self, field: Field) -> Reader | None:
        """Return what reads a field, or None where that takes more than its own cell."""
        if field.type in ("status", "id_number", "card_number") or field.name == "ends_on":
            return None
        match field.type:
            case "date":
                return partial(reading.read_date, today=self._today)
            case "past_date":
                return partial(reading.read_past_date, today=self._today)
            case "end_date":
                return partial(reading.read_end_date, today=self._today)
        return _READERS[field.type]

    def _read_late(
        self, field: Field, text: str, values: Mapping[str, str], cells: Mapping[str, str]
    ) -> str:
        if field.type == "status":
            return self._state(field, text, cells)
        if field.name == "ends_on":
            return self._end(text, values.get("decided_on", ""))
        if field.type == "card_number":
            return self._card(text)
        if field.disclosure == "never":
            return reading.read_code(text)  # kept for the leak scan alone: nothing rests on it
        return reading.read_id_number(text, values.get("id_type", ""))

    def _end(self, text: str, decided_on: str) -> str:
        """Return the last day; a column headed 公示期限 holds a term after the decision."""
        if decided_on and (end := end_of_term(text, date.fromisoformat(decided_on))):
            return end
        return reading.read_end_date(text, self._today)

    def _state(self, field: Field, text: str, cells: Mapping[str, str]) -> str:
        plain = text.strip().removesuffix(".0")
        now, then = field.values.get(plain), field.legacy_values.get(plain)
        if field.legacy_values and now != then:
            match self._generation_of(tuple(cells)):
                case Generation.LEGACY:
                    now = then
                case Generation.MIXED if now and then:
                    raise ValueError("表头新旧两代标准混用，无法确定该取值的含义")
                case Generation.MIXED:
                    now = now or then
        if now:
            return now
        if plain in field.values.values():
            return plain
        raise ValueError("不在目录规定的取值之内")

    def _generation_of(self, headings: tuple[str, ...]) -> Generation:
        """Return the generation of a row: the keys of JSON may differ from one to the next."""
        if headings != self._headings:
            self._headings = headings
            self._row_generation = self._generations.of(headings) or self._generation
        return self._row_generation

    @staticmethod
    def _card(text: str) -> str:
        code = identifiers.fold_code(text)
        if identifiers.is_uscc(code) or identifiers.is_org_code(code):
            return code
        if identifiers.is_registration_number(code):
            return code
        return reading.read_id_number(text)

    def _check(self, values: Mapping[str, str]) -> None:
        for field in self._required:
            if field.name not in values:
                raise FieldError(field.title, "必填项为空")
        for first, last, title, reason in self._ordered:
            if values.get(last, "9999") < values.get(first, ""):
                raise FieldError(title, reason)


def _agree(known: str, value: str, field: Field) -> None:
    """Refuse what a second column of a field says, unless it says nothing else than the first."""
    if not value or value == known:
        return
    fold = identifiers.fold_document_number
    if field.type not in _SPELT or fold(known) != fold(value):
        raise FieldError(field.title, "两列内容不一致")
