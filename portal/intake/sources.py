"""From a source file to its rows, whatever its format, never holding the file in memory.

    source = inspect(path)
    for row in read_rows(source): ...

What is wrong with one row is its `fault`; what makes the file as a whole untrustworthy is a
SourceError, which may also come from the middle of the rows: the caller then takes none of them.
"""

from collections.abc import Iterator

from portal.intake.delimited import csv_headings, csv_rows
from portal.intake.json_lines import jsonl_headings, jsonl_rows
from portal.intake.json_rows import json_headings, json_rows
from portal.intake.probe import inspect
from portal.intake.sheets import sheet_headings, sheet_rows
from portal.intake.source_file import Format, SourceFile, masked
from portal.records import SourceRow

__all__ = ["Format", "SourceFile", "inspect", "masked", "read_headings", "read_rows"]

_HEADINGS = {
    Format.CSV: csv_headings,
    Format.XLSX: sheet_headings,
    Format.JSON: json_headings,
    Format.JSONL: jsonl_headings,
}
_ROWS = {
    Format.CSV: csv_rows,
    Format.XLSX: sheet_rows,
    Format.JSON: json_rows,
    Format.JSONL: jsonl_rows,
}


def read_headings(source: SourceFile) -> tuple[str, ...]:
    """Return the headings of a table, or the keys of the first JSON object. Raises SourceError."""
    return _HEADINGS[source.format](source)


def read_rows(source: SourceFile) -> Iterator[SourceRow]:
    """Yield every row that is not blank, in the order of the file. Raises SourceError."""
    return _ROWS[source.format](source)
