import csv
import tracemalloc
from pathlib import Path

import pytest

from portal.errors import SourceError
from portal.intake.delimited import sniff_delimiter
from portal.intake.source_file import MAX_CELL, MAX_COLUMNS, MAX_LINE
from portal.intake.sources import Format, SourceFile, inspect, read_headings, read_rows
from portal.records import SourceRow


def source(folder: Path, text: str) -> SourceFile:
    path = folder / "a.csv"
    path.write_bytes(text.encode())
    return inspect(path)


def rows(folder: Path, text: str) -> list[SourceRow]:
    return list(read_rows(source(folder, text)))


def cells(folder: Path, text: str) -> list[list[str]]:
    found = rows(folder, text)
    assert not any(row.fault for row in found)
    return [list(row.cells.values()) for row in found]


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(SourceError) as caught:
        rows(folder, text)
    assert str(caught.value).startswith("a.csv：")
    return str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = "名称 代码 备注\n甲 1 无\n".replace(" ", delimiter)
    assert rows(tmp_path, text) == [SourceRow(2, {"名称": "甲", "代码": "1", "备注": "无"})]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["名称\n", "甲,乙\n"], ","),
        (["关于 | 公示\n", "a,b,c\n"], ","),
        (['"a;b;c;d",e,f\n'], ","),
        (["a|b\n"], "|"),
        (["a\n"], ","),
        ([], ","),
    ],
)
def test_the_delimiter_is_that_of_the_header_line(lines: list[str], expected: str) -> None:
    assert sniff_delimiter(lines) == expected


def test_line_ends_may_be_mixed_and_rows_know_their_line(tmp_path: Path) -> None:
    text = 'a,b\r\n1,2\r3,4\n\n"5\n\r\n",6\r\r\n7,8'
    found = rows(tmp_path, text)
    assert [row.line for row in found] == [2, 3, 5, 9]
    assert [row.cells["a"] for row in found] == ["1", "3", "5\n\r\n", "7"]


def test_blank_rows_are_no_rows(tmp_path: Path) -> None:
    assert cells(tmp_path, "\n,,\na,b\n\n , \n,\n1,2\n\t\n") == [["1", "2"]]


def test_headings_lose_what_stands_around_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeff “名称” ,\u3000代码\u00a0,\"'备注'\"\n甲,1,\n".encode("utf-8-sig"))
    assert read_headings(inspect(path)) == ("名称", "代码", "备注")


def test_a_mark_before_gb18030_is_no_part_of_a_heading(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeff名称,代码\n甲,1\n".encode("gb18030"))
    assert inspect(path).encoding == "gb18030"
    assert read_headings(inspect(path)) == ("名称", "代码")


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"'])
def test_the_separator_line_of_excel_is_obeyed(tmp_path: Path, first: str) -> None:
    assert rows(tmp_path, f"{first}\r\na;b,c,d,e\r\n1;2\r\n") == [
        SourceRow(3, {"a": "1", "b,c,d,e": "2"})
    ]


def test_an_odd_separator_is_refused(tmp_path: Path) -> None:
    assert "sep=" in refusal(tmp_path, "sep=^\na^b\n")


def test_titles_above_the_headings_are_passed_over(tmp_path: Path) -> None:
    text = "行政处罚公示表,,,\n填报单位：某局,,,\n名称,代码,备注,\n甲,1,无,\n"
    assert rows(tmp_path, text) == [SourceRow(4, {"名称": "甲", "代码": "1", "备注": "无"})]


def test_a_single_column_is_no_title(tmp_path: Path) -> None:
    text = "名称\n" + "".join(f"甲{i}\n" for i in range(8))
    assert len(cells(tmp_path, text)) == 8
    assert read_headings(source(tmp_path, text)) == ("名称",)


def test_headings_further_down_than_five_rows_are_not_sought(tmp_path: Path) -> None:
    text = "名称\n" + "甲\n" * 5 + "a,b,c\n"
    assert [row.fault for row in rows(tmp_path, text)] == [""] * 5 + ["有 3 列，表头有 1 列"]


def test_the_column_count_is_held_against_the_headings(tmp_path: Path) -> None:
    found = rows(tmp_path, "a,b,c\n1,2\n1,2,3\n1,2,3,,\n1,2,3,,4\n")
    assert [row.fault for row in found] == [
        "有 2 列，表头有 3 列",
        "",
        "",
        "有 5 列，表头有 3 列",
    ]
    assert found[2].cells == {"a": "1", "b": "2", "c": "3"}
    assert [dict(row.cells) for row in found if row.fault] == [{}, {}]


def test_a_column_without_a_heading_must_be_empty(tmp_path: Path) -> None:
    found = rows(tmp_path, "a,,c\n1, ,3\n1,2,3\n")
    assert found == [
        SourceRow(2, {"a": "1", "c": "3"}),
        SourceRow(3, {}, "第 2 列有内容，但没有表头"),
    ]
    assert read_headings(source(tmp_path, "a,,c\n")) == ("a", "c")


def test_the_same_heading_twice_is_refused_by_name(tmp_path: Path) -> None:
    assert refusal(tmp_path, "\n名称,代码, 名称\n1,2,3\n").startswith("a.csv：第 2 行：表头“名称”")
    assert "38010119900101001" not in refusal(tmp_path, "38010119900101001X," * 2)


def test_no_headings_at_all(tmp_path: Path) -> None:
    assert "没有表头" in refusal(tmp_path, ",,\n,\n")
    assert "没有表头" in refusal(tmp_path, '"""",""""\n')


def test_headings_that_cannot_be_read(tmp_path: Path) -> None:
    assert "第 1 行：表头无法读取" in refusal(tmp_path, '"a"b,c,d\n1,2,3\n')


def test_text_behind_a_quote_is_a_fault_of_its_row_alone(tmp_path: Path) -> None:
    found = rows(tmp_path, 'a,b\n1,"2"x\n3,4\n5,6"7"\n')
    assert [(row.line, row.fault) for row in found] == [
        (2, "引号之后有多余的字符"),
        (3, ""),
        (4, ""),
    ]
    assert found[2].cells["b"] == '6"7"'


def test_a_quote_never_closed_is_named_by_its_line(tmp_path: Path) -> None:
    body = "".join(f"{i},x\n" for i in range(50))
    assert "第 53 行：引号没有闭合" in refusal(tmp_path, f'a,b\n{body}"m\nn","z\n{body}')


def test_a_quote_that_swallowed_rows_up_to_the_next_quote_is_refused(tmp_path: Path) -> None:
    # The rows in between would vanish within one row of the right number of columns.
    assert "第 2 行：引号没有闭合" in refusal(tmp_path, 'a,b\n1,"2\n3,4\n5,"6\n')


def test_a_quote_is_found_behind_the_limit_of_the_csv_module(tmp_path: Path) -> None:
    body = "3,4\n" * 60_000
    assert len(body) > csv.field_size_limit()
    assert "第 3 行：引号没有闭合" in refusal(tmp_path, f'a,b\n1,2\n1,"2\n{body}')


def test_many_lines_in_one_row_end_somewhere(tmp_path: Path) -> None:
    heading = ",".join(f"c{i}" for i in range(200))
    cell = '"' + "x" * 50_000 + '\ny",'
    assert "一行数据过长" in refusal(tmp_path, f"{heading}\n{cell * 199}1\n")


def test_the_longest_cell(tmp_path: Path) -> None:
    fits, long, longest = ("x" * size for size in (MAX_CELL, MAX_CELL + 1, MAX_CELL * 2))
    found = rows(tmp_path, f"a,b\n1,{fits}\n2,{long}\n3,{longest}\n4,y\n")
    assert [row.fault.partition("超过")[0] for row in found] == ["", "第 2 列", "有单元格", ""]


def test_the_longest_line(tmp_path: Path) -> None:
    text = "a,b\n" + "x" * (MAX_LINE + 1) + "\n"
    assert "第 2 行：一行超过 1,048,576 个字符" in refusal(tmp_path, text)


def test_the_most_columns(tmp_path: Path) -> None:
    headings = [f"c{i}" for i in range(MAX_COLUMNS + 1)]
    assert read_headings(source(tmp_path, ",".join(headings[:-1]))) == tuple(headings[:-1])
    assert "最多 500 列" in refusal(tmp_path, ",".join(headings))


def test_memory_stays_flat(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        found = source(tmp_path, "a,b,c\n" + "虚构公司,380101,处罚内容\n" * count)
        tracemalloc.start()
        try:
            assert sum(1 for _ in read_rows(found)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(20_000) < peak(2_000) + 50_000


def test_an_endless_line_is_refused_by_the_reader_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as stream:
        stream.truncate(64 << 20)
    found = SourceFile(path, "", 64 << 20, Format.CSV, "utf-8")
    with pytest.raises(SourceError, match="第 1 行：一行超过"):
        read_headings(found)
