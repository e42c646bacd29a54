"""From the cells of a worksheet to text (ECMA-376 part 1, 18.3.1.4 and 18.18.11)."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from xml.etree.ElementTree import Element

from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel
from openpyxl.xml.constants import SHEET_MAIN_NS

CELL = f"{{{SHEET_MAIN_NS}}}c"

EXACT_BELOW = 1e15
"""A spreadsheet keeps 15 significant digits: a whole number from here on has lost some."""

_VALUE, _FORMULA, _INLINE, _TEXT, _RUN = (
    f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("v", "f", "is", "t", "r")
)
_EXACT_DIGITS = 15
_ERROR = re.compile(r"#[A-Z0-9_/!?]{1,20}", re.ASCII)
_EMPTY_DATE = "1899-12-31"


class CellError(Exception):
    """A cell whose value cannot be taken; its text is the reason."""


@dataclass(frozen=True, slots=True)
class CellReader:
    """Turns cells of one workbook into text.

    `strings` is its table of shared texts, `date_styles` are the cell styles that show a number
    as a date, `epoch` is the day its dates are counted from.
    """

    strings: Sequence[str]
    date_styles: frozenset[int]
    epoch: datetime

    def row(self, row: Element) -> tuple[list[str], str]:
        """Return the cells of a row up to the last one with text, and what is wrong with it."""
        cells: list[str] = []
        fault, column = "", 0
        for element in row:
            if element.tag != CELL:
                continue
            letters = element.get("r", "").rstrip("0123456789")
            column = column_index_from_string(letters) if letters else column + 1
            try:
                text = self.text(element)
            except CellError as reason:
                fault = fault or f"第 {column} 列{reason}"
                continue
            if text:
                cells.extend([""] * (column - len(cells)))
                cells[column - 1] = text
        return cells, fault

    def text(self, cell: Element) -> str:
        """Return the text of a cell: dates in ISO 8601, numbers plain, true and false as 1 and 0.

        Raises CellError, and ValueError or IndexError where the file is damaged.
        """
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            inline = cell.find(_INLINE)
            return "" if inline is None else _unescaped(_inline_text(inline))
        raw = cell.findtext(_VALUE)
        if raw is None and cell.find(_FORMULA) is not None:
            raise CellError("的公式没有保存计算结果")
        if not raw:
            return ""
        if kind == "n":
            is_date = int(cell.get("s", "0")) in self.date_styles
            return self._date(raw) if is_date else number_text(raw)
        if kind == "s":
            return _unescaped(self.strings[_index(raw)])
        if kind == "e":
            known = _ERROR.fullmatch(raw)
            raise CellError(f"是错误值 {known[0]}" if known else "是错误值")
        return _other(kind, raw)

    def _date(self, raw: str) -> str:
        try:
            return date_text(from_excel(float(raw), self.epoch))
        except (ValueError, OverflowError):
            raise CellError("不是有效的日期") from None


def number_text(raw: str) -> str:
    """Return a number as a person typed it: whole ones without a point, no noise of binary.

    A whole number that a spreadsheet cannot hold exactly comes back as `4.31003E+17`, the shape
    it is shown in there: its last digits are lost, and whoever expects a code must refuse it.
    Raises CellError when it is no finite number.
    """
    if len(raw) <= _EXACT_DIGITS and raw.isascii() and raw.isdigit():
        return str(int(raw))
    try:
        value = float(raw)
    except ValueError:
        raise CellError("不是有效的数值") from None
    if not math.isfinite(value):
        raise CellError("不是有效的数值")
    if abs(value) >= EXACT_BELOW:
        return f"{value:.5E}"
    if value.is_integer():
        return str(int(value))
    return format(Decimal(format(value, f".{_EXACT_DIGITS}g")), "f")


def date_text(value: object) -> str:
    """Return a date, or a date with its time where it has one, in ISO 8601."""
    if isinstance(value, datetime):
        at_midnight = value.time() == time()
        return value.date().isoformat() if at_midnight else value.isoformat()
    if value == time():
        return _EMPTY_DATE  # serial number 0, which sources use for an empty date
    if isinstance(value, date | time):
        return value.isoformat()
    raise CellError("不是有效的日期")


def _other(kind: str, raw: str) -> str:
    if kind == "str":
        return _unescaped(raw)
    if kind == "b":
        return "1" if raw.strip() in ("1", "true") else "0"
    if kind == "d":
        try:
            return date_text(datetime.fromisoformat(raw).replace(tzinfo=None))
        except ValueError:
            raise CellError("不是有效的日期") from None
    raise CellError("的类型不明")


def _inline_text(inline: Element) -> str:
    """Return the text of an inline string and its runs, without the phonetic hints."""
    parts = [inline, *inline.findall(_RUN)]
    return "".join(part.findtext(_TEXT) or "" for part in parts)


def _index(raw: str) -> int:
    index = int(raw)
    if index < 0:
        raise IndexError
    return index


def _unescaped(text: str) -> str:
    """Return text with the carriage returns that a spreadsheet writes as `_x000D_` undone."""
    return text.replace("_x000D_\n", "\n").replace("_x000D_", "\n") if "_x000D_" in text else text
