import tracemalloc
import warnings
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest
from openpyxl.xml import DEFUSEDXML

from portal.errors import SourceError
from portal.identifiers import is_damaged_number
from portal.intake import sheets
from portal.intake.sheet_values import CellError, number_text
from portal.intake.source_file import MAX_CELL, MAX_COLUMNS, MAX_PENDING
from portal.intake.sources import Format, SourceFile, inspect, read_headings, read_rows
from portal.records import SourceRow

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = "".join(f'<c r="{c}1" t="str"><v>{c.lower()}</v></c>' for c in "ABC")


def sheet(*rows: str, before: str = "", after: str = "") -> str:
    return (
        f'<?xml version="1.0"?>{before}<worksheet xmlns="{MAIN}"><dimension ref="A1"/>'
        f"<sheetData>{''.join(rows)}</sheetData>{after}</worksheet>"
    )


def packed(
    folder: Path, xml: str, strings: str = "", packing: int = zipfile.ZIP_DEFLATED
) -> SourceFile:
    """Write a workbook of one sheet by hand: openpyxl would not write what is tested here."""
    override = '<Override PartName="/xl/{}.xml" ContentType="{}.{}+xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        + override.format("workbook", KINDS, "sheet.main")
        + (override.format("sharedStrings", KINDS, "sharedStrings") if strings else "")
        + "</Types>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}"><sheets>'
        '<sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": xml,
    }
    if strings:
        parts["xl/sharedStrings.xml"] = strings
    path = folder / "a.xlsx"
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return inspect(path)


def one_row(folder: Path, *cells: str) -> SourceRow:
    body = f'<row r="1">{HEAD}</row><row r="2">{"".join(cells)}</row>'
    (row,) = read_rows(packed(folder, sheet(body)))
    return row


def saved(folder: Path, book: openpyxl.Workbook) -> SourceFile:
    path = folder / "a.xlsx"
    book.save(path)
    return inspect(path)


def book_of(*rows: list[object]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    return book


def refusal(source: SourceFile) -> str:
    with pytest.raises(SourceError) as caught:
        list(read_rows(source))
    assert str(caught.value).startswith("a.xlsx：")
    return str(caught.value)


def test_values_of_a_real_workbook(tmp_path: Path) -> None:
    book = book_of(
        ["日期", "时刻", "数", "整", "码", "真", "文", "空", "长"],
        [
            date(2019, 7, 3),
            datetime(2019, 7, 3, 8, 30),  # noqa: DTZ001 - a spreadsheet knows no zone
            0.1 + 0.2,
            5.0,
            380101200001010014,
            True,
            " 甲\n乙 ",
            None,
            "380101200001010014",
        ],
    )
    source = saved(tmp_path, book)
    assert (source.format, source.encoding) == (Format.XLSX, "")
    (row,) = read_rows(source)
    assert row.line == 2
    assert list(row.cells.values()) == [
        "2019-07-03",
        "2019-07-03T08:30:00",
        "0.3",
        "5",
        "3.80101E+17",
        "1",
        " 甲\n乙 ",
        "",
        "380101200001010014",
    ]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("0", "0"),
        ("007", "7"),
        ("-3", "-3"),
        ("-0.0", "0"),
        ("2000.0", "2000"),
        ("1E3", "1000"),
        ("0.20000000000000001", "0.2"),
        ("6.6666666666666666E-2", "0.0666666666666667"),
        ("1E-7", "0.0000001"),
        ("110108000000016", "110108000000016"),
        ("999999999999999", "999999999999999"),
        ("1000000000000000", "1.00000E+15"),
        ("9.1440300192203802E+17", "9.14403E+17"),
        ("-380103000000000000", "-3.80103E+17"),
    ],
)
def test_numbers_as_they_were_typed(raw: str, text: str) -> None:
    assert number_text(raw) == text


def test_what_a_spreadsheet_damaged_is_seen_as_damaged() -> None:
    assert is_damaged_number(number_text("380103200001010014"))
    assert not is_damaged_number(number_text("999999999999999"))


@pytest.mark.parametrize("raw", ["x", "", "1e999", "NaN", "-inf", "９９x"])
def test_what_is_no_number(raw: str) -> None:
    with pytest.raises(CellError):
        number_text(raw)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="B2" t="str"><v>甲_x000D_\n乙</v></c>', "甲\n乙"),
        ('<c r="B2" t="b"><v>0</v></c>', "0"),
        ('<c r="B2" t="d"><v>2019-07-03T00:00:00Z</v></c>', "2019-07-03"),
        ('<c r="B2" t="d"><v>2019-07-03</v></c>', "2019-07-03"),
        ('<c r="B2" t="inlineStr"><is><t>甲</t></is></c>', "甲"),
        (
            '<c r="B2" t="inlineStr"><is><r><t>甲</t></r><r><t>乙</t></r>'
            '<rPh sb="0" eb="1"><t>x</t></rPh></is></c>',
            "甲乙",
        ),
        ('<c r="B2" t="inlineStr"/>', ""),
        ('<c r="B2" t="str"><f>A1&amp;""</f><v></v></c>', ""),
        ('<c r="B2"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="B2"/>', ""),
        ('<c r="A2"/><c><v>2</v></c>', "2"),
    ],
)
def test_kinds_of_cells(tmp_path: Path, cell: str, text: str) -> None:
    row = one_row(tmp_path, cell, '<c r="C2"><v>1</v></c>')
    assert row == SourceRow(2, {"a": "", "b": text, "c": "1"})


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ('<c r="B2" t="e"><v>#N/A</v></c>', "第 2 列是错误值 #N/A"),
        ('<c r="B2" t="e"><v>#REF!</v></c>', "第 2 列是错误值 #REF!"),
        ('<c r="B2" t="e"><v>张三</v></c>', "第 2 列是错误值"),
        ('<c r="B2"><f>NOW()</f></c>', "第 2 列的公式没有保存计算结果"),
        ('<c r="B2"><v>x</v></c>', "第 2 列不是有效的数值"),
        ('<c r="B2" t="d"><v>x</v></c>', "第 2 列不是有效的日期"),
        ('<c r="B2" t="q"><v>x</v></c>', "第 2 列的类型不明"),
        (f'<c r="B2" t="str"><v>{"x" * (MAX_CELL + 1)}</v></c>', "第 2 列超过 100,000 个字符"),
        ('<c r="D2"><v>1</v></c>', "有 4 列，表头有 3 列"),
    ],
)
def test_cells_that_are_a_fault(tmp_path: Path, cell: str, fault: str) -> None:
    assert one_row(tmp_path, '<c r="A2"><v>1</v></c>', cell) == SourceRow(2, {}, fault)


def test_dates_out_of_range_and_empty_ones(tmp_path: Path) -> None:
    book = book_of(["a", "b"], ["x", 9e9], ["x", 0], ["x", 0.5])
    assert book.active is not None
    for cell in book.active["B"][1:]:
        cell.number_format = "yyyy-mm-dd"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = list(read_rows(saved(tmp_path, book)))
    assert found[0].fault == "第 2 列不是有效的日期"
    assert [row.cells["b"] for row in found[1:]] == ["1899-12-31", time(12).isoformat()]


def test_dates_counted_from_1904(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001 - as openpyxl wants it
    assert book.active is not None
    book.active.append(["a"])
    book.active.append([date(2019, 7, 3)])
    (row,) = read_rows(saved(tmp_path, book))
    assert row.cells == {"a": "2019-07-03"}


def test_durations_stay_numbers(tmp_path: Path) -> None:
    book = book_of(["a"], [1.5])
    assert book.active is not None
    book.active["A2"].number_format = "[h]:mm"
    (row,) = read_rows(saved(tmp_path, book))
    assert row.cells == {"a": "1.5"}


def test_blank_rows_titles_and_row_numbers(tmp_path: Path) -> None:
    book = book_of(
        [None], ["公示表"], ["单位", "局"], ["名称", "代码", "备注"], [None], [" "], ["甲"]
    )
    source = saved(tmp_path, book)
    assert read_headings(source) == ("名称", "代码", "备注")
    assert list(read_rows(source)) == [SourceRow(7, {"名称": "甲", "代码": "", "备注": ""})]


def test_the_first_visible_sheet_with_rows_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    hidden, chart, first = book.create_sheet(), book.create_chartsheet(), book.create_sheet()
    hidden.append(["hidden"])
    hidden.sheet_state = "hidden"
    first.append(["名称"])
    book.create_sheet().append(["later"])
    assert chart.title
    assert read_headings(saved(tmp_path, book)) == ("名称",)


def test_a_workbook_without_rows(tmp_path: Path) -> None:
    assert "没有含数据的可见工作表" in refusal(saved(tmp_path, openpyxl.Workbook()))


def test_the_recorded_dimension_is_not_believed(tmp_path: Path) -> None:
    rows = [
        f'<row r="{i}"><c r="A{i}"><v>{i}</v></c><c r="C{i}"><v>1</v></c></row>' for i in (2, 3)
    ]
    found = list(read_rows(packed(tmp_path, sheet(f'<row r="1">{HEAD}</row>', *rows))))
    assert [(row.line, row.cells["a"], row.cells["c"]) for row in found] == [
        (2, "2", "1"),
        (3, "3", "1"),
    ]


def test_gaps_up_to_an_absurd_row_cost_nothing(tmp_path: Path) -> None:
    far = '<row r="999999999999"><c r="ZZZ1"/><c r="A1"><v>1</v></c></row>'
    (row,) = read_rows(packed(tmp_path, sheet(f'<row r="1">{HEAD}</row>', far)))
    assert row.line == 999_999_999_999


def test_rows_and_cells_without_a_reference(tmp_path: Path) -> None:
    xml = sheet("<row><c><v>1</v></c><c><v>2</v></c></row>", "<row><c><v>3</v></c></row>")
    assert list(read_rows(packed(tmp_path, xml))) == [SourceRow(2, {"1": "3", "2": ""})]


def test_the_most_columns(tmp_path: Path) -> None:
    headings: list[object] = [f"c{i}" for i in range(MAX_COLUMNS + 1)]
    assert len(read_headings(saved(tmp_path, book_of(headings[:-1])))) == MAX_COLUMNS
    assert "最多 500 列" in refusal(saved(tmp_path, book_of(headings)))


def test_the_same_heading_twice(tmp_path: Path) -> None:
    assert "“名称”" in refusal(saved(tmp_path, book_of(["名称", "名称 "])))


@pytest.mark.parametrize("bad", ['<c r="A2" t="s"><v>7</v></c>', '<c r="A2" t="s"><v>-1</v></c>'])
def test_texts_that_are_not_in_the_table(tmp_path: Path, bad: str) -> None:
    strings = f'<sst xmlns="{MAIN}"><si><t>甲</t></si></sst>'
    good = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    assert read_headings(packed(tmp_path, sheet(good), strings)) == ("甲",)
    assert "损坏" in refusal(packed(tmp_path, sheet(good, f"<row>{bad}</row>"), strings))


@pytest.mark.parametrize(
    "xml",
    ["", "<a", sheet('<row r="x"/>'), sheet('<row><c r="AAAA1"/></row>'), sheet("<row>"), "<a/>"],
)
def test_sheets_that_are_broken(tmp_path: Path, xml: str) -> None:
    assert "损坏" in refusal(packed(tmp_path, xml))


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def test_entities_are_refused_in_every_part(tmp_path: Path) -> None:
    assert DEFUSEDXML
    row = '<row><c t="str"><v>&i;</v></c></row>'
    assert "实体" in refusal(packed(tmp_path, sheet(row, before=BOMB)))
    strings = f'<?xml version="1.0"?>{BOMB}<sst xmlns="{MAIN}"><si><t>&i;</t></si></sst>'
    assert "实体" in refusal(packed(tmp_path, sheet(row), strings))


def test_nothing_is_read_while_openpyxl_is_not_defused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = saved(tmp_path, book_of(["a"]))
    monkeypatch.setattr(sheets, "DEFUSEDXML", False)
    assert "DEFUSEDXML" in refusal(source)


@pytest.mark.parametrize("cell", ['<c t="str"><v>{}</v></c>', "<x>{}</x>", "<row>{}</row>"])
def test_an_endless_row_is_refused_in_bounded_memory(tmp_path: Path, cell: str) -> None:
    xml = sheet("<row>" + cell.format("x" * (64 << 20)) + "</row>")
    source = packed(tmp_path, xml, packing=zipfile.ZIP_STORED)
    tracemalloc.start()
    try:
        message = refusal(source)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "连续 8 MiB" in message
    assert peak < 48 << 20


def test_many_rows_are_no_endless_row(tmp_path: Path) -> None:
    row = f'<row><c t="str"><v>{"x" * 90_000}</v></c></row>'
    source = packed(tmp_path, sheet(*[row] * 100), packing=zipfile.ZIP_STORED)
    assert source.size > MAX_PENDING
    assert sum(1 for _ in read_rows(source)) == 99


def test_memory_stays_flat(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        row = '<row><c t="str"><v>虚构公司</v></c><c><v>{}</v></c></row>'
        source = packed(tmp_path, sheet(*(row.format(i) for i in range(count))))
        tracemalloc.start()
        try:
            assert sum(1 for _ in read_rows(source)) == count - 1
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(8_000) < peak(1_000) + 60_000
