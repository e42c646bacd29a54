import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.sources import Format, inspect, read_headings, read_rows

HEADINGS = ("行政相对人名称", "CF_WSH", "备注")
Rows = list[tuple[str, ...]]


def tables(alphabet: st.SearchStrategy[str]) -> st.SearchStrategy[Rows]:
    marks = st.sampled_from(['"', ",", ";", "\t", "|", "\n", "'", " ", "=", "[", "{", "名"])
    cell = st.text(alphabet | marks, max_size=12)
    row = st.tuples(cell, cell, cell).filter(lambda cells: bool("".join(cells).strip()))
    return st.lists(row, max_size=8)


TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
# What XML can hold as it is: a carriage return comes back as a line feed.
XML_TEXT = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")


def reread(path: Path, expected: Format, encoding: str) -> Rows:
    source = inspect(path)
    assert (source.format, source.encoding) == (expected, encoding)
    if expected in (Format.CSV, Format.XLSX):
        assert read_headings(source) == HEADINGS
    rows = list(read_rows(source))
    assert not any(row.fault for row in rows)
    assert all(tuple(row.cells) == HEADINGS for row in rows)
    return [tuple(row.cells.values()) for row in rows]


def encodable(rows: Rows, encoding: str) -> Rows:
    def survives(text: str) -> bool:
        return text.encode(encoding, "ignore").decode(encoding) == text

    return [row for row in rows if all(map(survives, row))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@given(table=tables(TEXT))
def test_csv(encoding: str, delimiter: str, table: Rows) -> None:
    rows = encodable(table, encoding)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        with path.open("w", newline="", encoding=encoding) as stream:
            writer = csv.writer(stream, delimiter=delimiter)
            writer.writerow(HEADINGS)
            writer.writerows(rows)
        assert reread(path, Format.CSV, encoding) == rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("shape", ["array", "object", "lines"])
@given(table=tables(TEXT | st.just("\0")))
def test_json(encoding: str, shape: str, table: Rows) -> None:
    rows = encodable(table, encoding)
    elements = [dict(zip(HEADINGS, row, strict=True)) for row in rows]
    lines = "".join(json.dumps(element, ensure_ascii=False) + "\n" for element in elements)
    shapes = {
        "array": json.dumps(elements, ensure_ascii=False, indent=1),
        "object": json.dumps({"共": len(rows), "data": elements}, ensure_ascii=False),
        "lines": lines or '{"行政相对人名称":"","CF_WSH":"","备注":""}',
    }
    expected = rows or ([("", "", "")] if shape == "lines" else [])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(shapes[shape], encoding=encoding)
        if shapes[shape].isascii() and encoding == "gb18030":
            encoding = "utf-8"
        kind = Format.JSONL if shape == "lines" else Format.JSON
        assert reread(path, kind, encoding) == expected


@given(table=tables(XML_TEXT))
def test_xlsx(table: Rows) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(HEADINGS)
    for row in table:
        book.active.append(row)
    for cells in book.active.iter_rows():
        for cell in cells:
            cell.data_type = "s" if cell.value else "n"  # `=x` and `#N/A` are text here
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        book.save(path)
        assert reread(path, Format.XLSX, "") == table
