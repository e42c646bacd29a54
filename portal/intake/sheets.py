"""XLSX, row by row.

openpyxl reads the workbook, its styles and its texts. The rows are read here, from the same XML:
its own reader believes the recorded dimension, fills gaps up to any row number, keeps every row
it has read attached to the tree, and holds a row of any length.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from defusedxml.ElementTree import fromstring, iterparse
from openpyxl.reader.strings import read_string_table
from openpyxl.reader.workbook import WorkbookParser
from openpyxl.styles.stylesheet import Stylesheet
from openpyxl.xml import DEFUSEDXML
from openpyxl.xml.constants import (
    ARC_STYLE,
    SHARED_STRINGS,
    SHEET_MAIN_NS,
    XLSM,
    XLSX,
    XLTM,
    XLTX,
)

from portal.intake.archive import CONTENT_TYPES, MAX_SHARED_STRINGS, open_archive
from portal.intake.headings import RawRow, is_blank, named_rows, split_headings
from portal.intake.sheet_values import CellReader
from portal.intake.source_file import BoundedReader, SourceFile, source_error
from portal.records import SourceRow

_SHEET_DATA, _ROW = (f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("sheetData", "row"))
_WORKBOOK = "xl/workbook.xml"
_CHUNK = 1 << 16


def sheet_headings(source: SourceFile) -> tuple[str, ...]:
    """Return the headings of the first visible sheet that has rows. Raises SourceError."""
    with _first_sheet(source) as rows:
        headings, _ = split_headings(source.path, rows)
    return tuple(filter(None, headings))


def sheet_rows(source: SourceFile) -> Iterator[SourceRow]:
    """Yield the rows of the first visible sheet that has any; `line` is the row in the sheet.

    Raises SourceError, also in the middle, where the file turns out to be damaged.
    """
    with _first_sheet(source) as rows:
        headings, below = split_headings(source.path, rows)
        yield from named_rows(headings, below, ragged=True)


@contextmanager
def _first_sheet(source: SourceFile) -> Iterator[Iterator[RawRow]]:
    if not DEFUSEDXML:
        raise source_error(source.path, "OPENPYXL_DEFUSEDXML 已关闭，不读取 .xlsx 文件")
    with open_archive(source.path) as archive:
        cells, parts = _workbook(archive, source.path)
        for part in parts:
            rows = _raw_rows(archive, part, cells, source.path)
            first = next(rows, None)
            if first is not None:
                yield chain([first], rows)
                return
        raise source_error(source.path, "没有含数据的可见工作表")


def _workbook(archive: ZipFile, path: Path) -> tuple[CellReader, list[str]]:
    """Return what turns cells into text, and the parts that are visible worksheets, in order."""
    types = {
        element.get("ContentType"): element.get("PartName", _WORKBOOK).removeprefix("/")
        for element in _tree(archive, CONTENT_TYPES)
    }
    workbook = next((types[kind] for kind in (XLSX, XLSM, XLTX, XLTM) if kind in types), None)
    if workbook is None:
        raise source_error(path, "是压缩包，但不是 .xlsx 文件")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of what it will not write back
        parser = WorkbookParser(archive, workbook, keep_links=False)
        parser.parse()
        parts = [
            relation.target
            for sheet, relation in parser.find_sheets()
            if sheet.state == "visible" and relation.Type.endswith("/worksheet")
        ]
        texts = _strings(archive, types[SHARED_STRINGS], path) if SHARED_STRINGS in types else []
        return CellReader(texts, _date_styles(archive), parser.wb.epoch), parts


def _tree(archive: ZipFile, part: str) -> Any:
    """Return a small part as elements; Any, because openpyxl's types know no ElementTree."""
    return fromstring(archive.read(part))


def _strings(archive: ZipFile, part: str, path: Path) -> list[str]:
    if archive.getinfo(part).file_size > MAX_SHARED_STRINGS:
        limit = f"{MAX_SHARED_STRINGS >> 20} MiB"
        raise source_error(path, f"共享字符串表超过 {limit}，请拆分文件或改用 CSV")
    with archive.open(part) as member:
        return read_string_table(member)


def _date_styles(archive: ZipFile) -> frozenset[int]:
    if ARC_STYLE not in archive.namelist():
        return frozenset()
    styles: Any = Stylesheet.from_tree(_tree(archive, ARC_STYLE))
    return frozenset(styles.date_formats) - frozenset(styles.timedelta_formats)


def _raw_rows(archive: ZipFile, part: str, cells: CellReader, path: Path) -> Iterator[RawRow]:
    """Yield the rows of a worksheet that hold anything, each dropped from the tree when read."""
    with archive.open(part) as member:
        reader = BoundedReader(path, member.read)
        table, number = None, 0
        for event, element in iterparse(reader, events=("start", "end")):
            if event == "start":
                if element.tag == _SHEET_DATA:
                    table = element
                continue
            if element.tag == _SHEET_DATA:
                break
            if element.tag == _ROW and table is not None:
                number = int(element.get("r") or number + 1)
                row, fault = cells.row(element)
                table.clear()
                reader.row_finished()
                if fault or not is_blank(row):
                    yield RawRow(number, row, fault)
        else:
            raise BadZipFile
        while member.read(_CHUNK):  # to the end, where the checksum is compared
            pass
