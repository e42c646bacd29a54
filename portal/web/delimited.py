"""CSV as spreadsheets open it: a byte order mark, CR LF, and no cell that would be a formula."""

import csv
import io
import re
from collections.abc import Iterable

BOM = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""

_UNSEEN = "\\s\\x00-\\x1f\\x7f-\\x9f\\xad\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff"
_FORMULA = re.compile(rf"[\t\r\n]|[{_UNSEEN}]*[=+\-@＝＋－＠﹢﹣﹦﹫−]")
"""How a formula may begin: with a tab or a new line, or with its sign after what is not seen.

Which unseen characters a spreadsheet leaves out, and which full-width signs it takes for plain
ones, differs with the program and its language.
"""


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that may begin so is quoted."""
    return f"'{text}" if _FORMULA.match(text) else text


def csv_line(cells: Iterable[str | int]) -> str:
    """Return one line of CSV."""
    line = io.StringIO()
    csv.writer(line).writerow([harmless(str(cell)) for cell in cells])
    return line.getvalue()


def csv_text(rows: Iterable[Iterable[str | int]]) -> str:
    """Return a whole CSV file."""
    return BOM + "".join(map(csv_line, rows))
