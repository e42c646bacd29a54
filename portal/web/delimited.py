"""CSV as spreadsheets open it: a byte order mark, CR LF, and no cell that would be a formula."""

import csv
import io
from collections.abc import Iterable

BOM = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""

_STARTS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that begins so is quoted."""
    return f"'{text}" if text.lstrip(" \u3000").startswith(_STARTS_FORMULA) else text


def csv_line(cells: Iterable[str | int]) -> str:
    """Return one line of CSV."""
    line = io.StringIO()
    csv.writer(line).writerow([harmless(str(cell)) for cell in cells])
    return line.getvalue()


def csv_text(rows: Iterable[Iterable[str | int]]) -> str:
    """Return a whole CSV file."""
    return BOM + "".join(map(csv_line, rows))
