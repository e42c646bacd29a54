"""From JSON values to the text of cells, the same for arrays and for JSON Lines."""

from collections.abc import Iterable
from decimal import Decimal

from portal.intake.headings import cell_fault, clean_heading
from portal.intake.source_file import MAX_COLUMNS, masked
from portal.records import SourceRow

LIST_SEPARATOR = "；"
"""Stands between the values of a list in one cell."""

MAX_EXPONENT = 1_000
"""Powers of ten a number may be written with: `1e999999999` would be a gigabyte of text."""

NOT_AN_OBJECT = "不是 JSON 对象"

Pairs = tuple[tuple[str, object], ...]
"""A JSON object as it was written: keys may repeat. Nothing else is read as a tuple."""

NESTED: Pairs = ()
"""Stands for what is nested too deep to be a cell and was not kept."""


def number_text(number: Decimal) -> str:
    """Return a number without an exponent, with the digits it was written with.

    Raises ValueError when it is no finite number or its exponent is beyond MAX_EXPONENT.
    """
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or max(abs(exponent), abs(number.adjusted())) > MAX_EXPONENT:
        raise ValueError
    return format(number, "f")


def value_text(value: object) -> str:
    """Return the text of a JSON value: null is empty, true and false are 1 and 0.

    A list of plain values is joined. Raises ValueError for an object or a list within a list.
    """
    if isinstance(value, list):
        texts = [_plain_text(item) for item in value]
        return LIST_SEPARATOR.join(filter(None, texts))
    return _plain_text(value)


def object_row(line: int, value: object) -> SourceRow:
    """Return the row of a JSON element; what cannot be one has a fault."""
    if not isinstance(value, tuple):
        return SourceRow(line, {}, NOT_AN_OBJECT)
    if len(value) > MAX_COLUMNS:
        return SourceRow(line, {}, f"有 {len(value)} 个字段，最多 {MAX_COLUMNS} 个")
    cells: dict[str, str] = {}
    for key, item in value:
        heading = clean_heading(key)
        if heading in cells:
            return SourceRow(line, {}, f"字段“{masked(heading)}”出现了不止一次")
        try:
            cells[heading] = item if isinstance(item, str) else value_text(item)
        except ValueError:
            reason = "的值不是文字、数字或它们的列表"
            return SourceRow(line, {}, f"字段“{masked(heading)}”{reason}")
    fault = cell_fault(tuple(cells.values()))
    return SourceRow(line, {} if fault else cells, fault)


def headings_of(rows: Iterable[SourceRow]) -> tuple[str, ...]:
    """Return the keys of the first sound row, or nothing when there is none."""
    return next((tuple(row.cells) for row in rows if not row.fault), ())


def _plain_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return number_text(value)
    raise ValueError
