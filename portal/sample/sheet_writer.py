"""Write rows as an XLSX workbook of one sheet, row by row, the same bytes for the same rows.

openpyxl stamps the time of writing into several parts and is many times slower; the few parts that
a plain table needs (ECMA-376) are written here.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET = "xl/worksheets/sheet1.xml"
_DAY_ZERO = date(1899, 12, 30).toordinal()

_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/{_SHEET}" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # Style 1 is the built-in short date.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>",
}


def write_sheet(
    path: Path, headings: Sequence[str], rows: Iterable[Sequence[str | date | None]]
) -> None:
    """Write a workbook with one sheet of headings and rows. Raises OSError."""
    with ZipFile(path, "w", ZIP_DEFLATED) as book:
        for name, text in _PARTS.items():
            book.writestr(_entry(name), _HEAD + text)
        with book.open(_entry(_SHEET), "w") as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            sheet.write(_row(1, headings))
            for number, cells in enumerate(rows, start=2):
                sheet.write(_row(number, cells))
            sheet.write(b"</sheetData></worksheet>")


def _entry(name: str) -> ZipInfo:
    """Return the entry of a part, without the time of writing."""
    entry = ZipInfo(name)
    entry.compress_type = ZIP_DEFLATED
    return entry


def _row(number: int, cells: Sequence[str | date | None]) -> bytes:
    written = [_cell(f"{_letters(i)}{number}", cell) for i, cell in enumerate(cells) if cell]
    return f'<row r="{number}">{"".join(written)}</row>'.encode()


def _cell(place: str, cell: str | date | None) -> str:
    if isinstance(cell, date):
        return f'<c r="{place}" s="1"><v>{cell.toordinal() - _DAY_ZERO}</v></c>'
    text = escape(cell or "")
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(column: int) -> str:
    """Return the letters of a column counted from 0; the tables here have fewer than 702."""
    first, last = divmod(column, 26)
    return (chr(64 + first) if first else "") + chr(65 + last)
