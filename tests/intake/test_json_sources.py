import json
import tracemalloc
from itertools import islice
from pathlib import Path

import pytest

from portal.errors import SourceError
from portal.intake.source_file import MAX_CELL, MAX_COLUMNS, MAX_LINE
from portal.intake.sources import Format, SourceFile, inspect, read_headings, read_rows
from portal.records import SourceRow


def source(folder: Path, text: str, encoding: str = "utf-8") -> SourceFile:
    path = folder / "a.json"
    path.write_bytes(text.encode(encoding))
    return inspect(path)


def rows(folder: Path, text: str, encoding: str = "utf-8") -> list[SourceRow]:
    return list(read_rows(source(folder, text, encoding)))


def both(folder: Path, element: str) -> SourceRow:
    """Read one element as an array and as a line: they must agree."""
    (row,) = rows(folder, f"[{element}]")
    path = folder / "a.jsonl"
    path.write_text(element, encoding="utf-8")
    (line,) = read_rows(inspect(path))
    assert (dict(row.cells), row.fault) == (dict(line.cells), line.fault)
    return row


def refusal(found: SourceFile) -> str:
    with pytest.raises(SourceError) as caught:
        list(read_rows(found))
    assert str(caught.value).startswith("a.json")
    assert caught.value.__cause__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('"甲"', "甲"),
        ('""', ""),
        ("null", ""),
        ("true", "1"),
        ("false", "0"),
        ("0", "0"),
        ("0.200000", "0.200000"),
        ("380101200001010014", "380101200001010014"),
        ("12345678901234567890.12345678901234567890", "12345678901234567890.12345678901234567890"),
        ("1.5E3", "1500"),
        ("1e-7", "0.0000001"),
        ('["警告", "罚款", null, 2, true]', "警告；罚款；2；1"),
        ("[]", ""),
        ('"\\ud83d\\ude00"', "😀"),
    ],
)
def test_values_become_text(tmp_path: Path, value: str, text: str) -> None:
    assert both(tmp_path, f'{{"a": {value}}}').cells == {"a": text}


@pytest.mark.parametrize("value", ['{"b":1}', "{}", '[{"b":1}]', "[[1]]", "1e999999999", "1e-2000"])
def test_values_that_are_no_cell_are_a_fault(tmp_path: Path, value: str) -> None:
    row = both(tmp_path, f'{{"a": {value}, "c": 1}}')
    assert row.fault.startswith("字段“a”的值不是")
    assert row.cells == {}


@pytest.mark.parametrize("element", ["1", '"x"', "null", "[]", '[{"a":1}]', "true"])
def test_elements_that_are_no_object_are_a_fault(tmp_path: Path, element: str) -> None:
    found = rows(tmp_path, f'[{{"a":1}},{element},{{"a":2}}]')
    assert [(row.line, row.fault) for row in found] == [(1, ""), (2, "不是 JSON 对象"), (3, "")]
    found = rows(tmp_path, f'{{"a":1}}\n{element}\n{{"a":2}}')
    assert [(row.line, row.fault) for row in found] == [(1, ""), (2, "不是 JSON 对象"), (3, "")]


def test_keys_may_differ_but_not_repeat(tmp_path: Path) -> None:
    found = rows(tmp_path, '[{" 名称 ":1},{"代码":2},{"a":1,"b":2,"a ":3}]')
    assert [dict(row.cells) for row in found] == [{"名称": "1"}, {"代码": "2"}, {}]
    assert found[2].fault == "字段“a”出现了不止一次"
    assert both(tmp_path, '{"a":1,"a":1}').fault


def test_bounds_of_a_row(tmp_path: Path) -> None:
    keys = {f"k{i}": 1 for i in range(MAX_COLUMNS)}
    assert not both(tmp_path, json.dumps(keys)).fault
    assert "最多 500 个" in both(tmp_path, json.dumps({**keys, "k": 1})).fault
    assert not both(tmp_path, json.dumps({"a": "x" * MAX_CELL})).fault
    assert "第 1 列超过" in both(tmp_path, json.dumps({"a": "x" * (MAX_CELL + 1)})).fault


@pytest.mark.parametrize(
    "text",
    [
        '{"data":[{"a":1},{"a":2}]}',
        '{"code":0,"msg":"ok","keys":[{"x":1}],"m":{"data":[{"x":1}]},"result":{"records":'
        '[{"a":1},{"a":2}],"total":2},"z":[[1],{"y":{}}]}',
        '{\n "total": 2,\n "Data": [\n  {"a": 1},\n  {"a": 2}\n ]\n}\n',
        '{"result":["x"],"items":[{"a":1},{"a":2}]}',
    ],
)
def test_rows_inside_an_object_are_found(tmp_path: Path, text: str) -> None:
    assert [row.cells["a"] for row in rows(tmp_path, text)] == ["1", "2"]


def test_two_arrays_of_rows_are_refused(tmp_path: Path) -> None:
    message = refusal(source(tmp_path, '{"data":[{"a":1}],"rows":[{"a":2}]}'))
    assert "不止一个记录数组" in message


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    array, lines = '[{"名称":"甲\u3000𠮷"}]', '{"名称":"甲"}\n{"名称":"乙"}'
    assert rows(tmp_path, array, encoding)[0].cells == {"名称": "甲\u3000𠮷"}
    assert [row.cells["名称"] for row in rows(tmp_path, lines, encoding)] == ["甲", "乙"]
    assert rows(tmp_path, "\ufeff" + array, "gb18030")[0].cells == {"名称": "甲\u3000𠮷"}
    assert len(rows(tmp_path, "\ufeff" + lines, "gb18030")) == 2


def test_headings_are_the_keys_of_the_first_object(tmp_path: Path) -> None:
    assert read_headings(source(tmp_path, '[1,{"a":1,"b":2},{"c":3}]')) == ("a", "b")
    assert read_headings(source(tmp_path, '{"a":1,"b":2}\n{"c":3}')) == ("a", "b")
    for text in ("[]", "[1,2]", '{"data":[]}', "{x\n{y"):
        with pytest.raises(SourceError, match="JSON 对象"):
            read_headings(source(tmp_path, text))


@pytest.mark.parametrize(
    "tail", ["", ",", ',{"a":', ',{"a":"张', "}", '] {"a":2}', ",{a:2}]", ",{'a':2}]", ",NaN]"]
)
def test_broken_arrays_are_refused_after_the_last_whole_element(tmp_path: Path, tail: str) -> None:
    found = source(tmp_path, '[{"a":1},{"a":2}' + tail)
    message = refusal(found)
    assert message == "a.json：第 2 个元素之后不是有效的 JSON，或文件不完整"
    assert len(list(islice(read_rows(found), 2))) == 2


def test_a_cut_off_object_is_refused(tmp_path: Path) -> None:
    assert "第 1 个元素之后" in refusal(source(tmp_path, '{"data":[{"a":1},{"a"'))
    assert "第 1 个元素之后" in refusal(source(tmp_path, '{"data":[{"a":1}]'))
    assert "第 1 个元素之后" in refusal(source(tmp_path, '{"data":[{"a":1}]} ]'))


@pytest.mark.parametrize("number", ["9" * 5000, "1e99999999999999999999", "-"])
def test_impossible_numbers_are_no_traceback(tmp_path: Path, number: str) -> None:
    assert "第 1 个元素之后" in refusal(source(tmp_path, '[{"a":1},{"a":' + number + "}]"))


@pytest.mark.parametrize("before", [0, 1, 2_000, 4_000])
@pytest.mark.parametrize("digits", [4_001, 4_400, 70_000, 200_000])
def test_endless_integers_do_not_crash_the_process(
    tmp_path: Path, before: int, digits: int
) -> None:
    """ijson's C reader does, on one beyond Python's limit, wherever a chunk may end."""
    filler = "x" * ((1 << 16) - len('[{"a":""},{"a":') - before)
    text = f'[{{"a":"{filler}"}},{{"a":' + "9" * digits + "}]"
    assert refusal(source(tmp_path, text)).startswith("a.json：第 1 个元素之后")
    found = rows(tmp_path, text.replace("9" * digits, "9" * 3_990))
    assert len(found[1].cells["a"]) == 3_990


def test_depth_is_no_traceback(tmp_path: Path) -> None:
    lists = '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"
    objects = '{"a":' * 50_000 + "1" + "}" * 50_000
    for nested in (lists, objects):
        for text in (f'[{nested},{{"a":1}}]', f'{nested}\n{{"a":1}}\n'):
            assert [row.fault != "" for row in rows(tmp_path, text)] == [True, False]


@pytest.mark.parametrize(
    "line",
    ['{"a":1', '{"a":1},', "a,b", '{"a":NaN}', '{"a":"\\ud800"}', '{"a":"\x01"}', '{"a":1}{"a":2}'],
)
def test_a_line_that_is_no_json_is_a_fault_of_that_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"a":1}}\r\n\n{line}\r{{"a":3}}', encoding="utf-8", newline="")
    assert list(read_rows(inspect(path))) == [
        SourceRow(1, {"a": "1"}),
        SourceRow(3, {}, "不是有效的 JSON"),
        SourceRow(4, {"a": "3"}),
    ]


def test_the_longest_line(tmp_path: Path) -> None:
    found = source(tmp_path, '{"a":1}\n{"a":"' + "x" * MAX_LINE + '"}\n')
    assert "第 2 行：一行超过" in refusal(found)


@pytest.mark.parametrize("kind", [Format.JSON, Format.JSONL])
@pytest.mark.parametrize("start", ['[{"a":"', "[" * 1000 + '"', '{"data":[{"a":["'])
def test_an_endless_element_is_refused_in_bounded_memory(
    tmp_path: Path, kind: Format, start: str
) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as stream:
        stream.write(start.encode())
        for _ in range(64):
            stream.write(b"x" * (1 << 20))
    found = SourceFile(path, "", path.stat().st_size, kind, "utf-8")
    tracemalloc.start()
    try:
        message = refusal(found)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "连续 8 MiB" in message or "一行超过" in message
    assert peak < 32 << 20
