import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest

from portal.errors import SourceError
from portal.intake.source_file import MAX_LINE, MAX_PENDING
from portal.intake.sources import Format, inspect, read_headings, read_rows

CSV = "名称,代码\n虚构甲公司,1\n"


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        inspect(path)
    assert caught.value.__cause__ is None
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_digest_and_size_are_those_of_the_bytes(tmp_path: Path) -> None:
    content = CSV.encode() * 100_000
    source = inspect(put(tmp_path, "a.csv", content))
    assert len(content) > 1 << 20
    assert source.digest == hashlib.sha256(content).hexdigest()
    assert (source.size, source.path) == (len(content), tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"name,code\n", "utf-8"),
        (CSV.encode(), "utf-8"),
        (CSV.encode("utf-8-sig"), "utf-8-sig"),
        (CSV.encode("gb18030"), "gb18030"),
        (b"a" * (1 << 20) + b"\n" + "名".encode("gb18030"), "gb18030"),
        (b"\n" * ((1 << 20) - 1) + "名".encode(), "utf-8"),
        (b"\n" * ((1 << 20) - 1) + "𠮷,名".encode("gb18030"), "gb18030"),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, content: bytes, encoding: str) -> None:
    assert inspect(put(tmp_path, "a.csv", content)).encoding == encoding


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", CSV, Format.CSV),
        ("a.json", ' \n [{"a":1}]', Format.JSON),
        ("a.json", "\ufeff[]", Format.JSON),
        ("a.csv", '[{"a":1}]', Format.JSON),
        ("a.txt", '{"a":1}\n{"a":2}\n', Format.JSONL),
        ("a.json", '{"a":1}\n', Format.JSONL),
        ("a.json", '{"a":{"data":[{"a":1}]}}', Format.JSONL),
        ("a.json", '{"result":["罚款"]}', Format.JSONL),
        ("a.json", '{"data":[{"a":1}]}\n{"data":[{"a":1}]}', Format.JSONL),
        ("a.json", '{"data":[{"a":1}]}', Format.JSON),
        ("a.json", '{"code":0,"page":{"n":1},\n"Records":[{"a":1}]}', Format.JSON),
        ("a.json", '{"rows":[]}', Format.JSON),
        ("a.json", '{"result":{"rows":[{"a":1}]}}', Format.JSON),
        ("a.json", '{"data":[{"a":1},{"a":', Format.JSON),
        ("a.jsonl", '{"a":1,\n{"a":2}', Format.JSONL),
        ("a.jsonl", 'oops\n{"a":2}', Format.JSONL),
        ("a.csv", "[公示]名单,,\n名称,代码,备注\n", Format.CSV),
        ("a.xlsx", CSV, Format.CSV),
    ],
)
def test_the_format_is_told_by_content_then_by_name(
    tmp_path: Path, name: str, content: str, expected: Format
) -> None:
    assert inspect(put(tmp_path, name, content)).format is expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "空的"),
        (b" \r\n\n\t\n", "只有空行"),
        (b"\xef\xbb\xbf\n", "只有空行"),
        (CSV.encode("utf-16"), "UTF-16"),
        (CSV.encode("utf-16-le"), "NUL"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "旧版 Excel"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "加密",
        ),
        (b"\x1f\x8b\x08\0", "压缩包"),
        (b"\x89PNG\r\n", "图片"),
        (b"\xff\xd8\xff\xe0", "图片"),
        (b"%PDF-1.7", "PDF"),
        (b"\n<html><table>", "HTML"),
        (b"a,b\n\x81\xff\n", "编码"),
        (b"\xef\xbb\xbfa,\xc3\xfb\xb3\xc6\n", "UTF-8"),
        (b'{\n"a": 1,\n"b": {"data": 2}\n}', "没有记录数组"),
    ],
)
def test_what_holds_no_rows_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    message = refusal(put(tmp_path, "名单.csv", content))
    assert message.startswith("名单.csv：")
    assert reason in message


def test_a_json_file_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "不是 JSON" in refusal(put(tmp_path, "a.json", '"text"'))


def test_an_encrypted_workbook_is_known_by_its_name_too(tmp_path: Path) -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512
    assert "加密" in refusal(put(tmp_path, "a.xlsx", content))


def test_bad_bytes_are_named_by_their_line(tmp_path: Path) -> None:
    bad = b"a,b\r\n1,2\r3,4\n\n\x81\xff\n"
    assert "第 5 行" in refusal(put(tmp_path, "a.csv", bad))
    assert "第 3 行" in refusal(put(tmp_path, "b.csv", b"a\r\nb\r\n\0"))


def test_a_line_end_across_two_reads_counts_once(tmp_path: Path) -> None:
    content = b"a" * ((1 << 20) - 1) + b"\r\n" + b"b\0"
    assert "第 2 行" in refusal(put(tmp_path, "a.csv", content))


def test_utf8_cut_inside_a_character_is_not_taken_for_gb18030(tmp_path: Path) -> None:
    content = "名称,代码\n甲,浣".encode()[:-1]
    assert "截断" in refusal(put(tmp_path, "a.csv", content))
    assert "第 2 行" in refusal(tmp_path / "a.csv")


def test_files_that_are_none(tmp_path: Path) -> None:
    assert refusal(tmp_path / "没有.csv") == "没有.csv：文件不存在"
    assert "目录" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "不是普通文件" in refusal(tmp_path / "pipe")


def test_failures_of_the_disk_are_worded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, "a.csv", CSV)

    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "secret")

    monkeypatch.setattr(Path, "open", fail)
    assert refusal(path) == "a.csv：没有读取权限"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三38010119900101001X.csv", "张三***.csv"),
        ("38010100000-2024.csv", "***-2024.csv"),
        ("20240115-123456.csv", "20240115-123456.csv"),
        ("1234567890.csv", "1234567890.csv"),
        ("a\nb.csv", "a?b.csv"),
    ],
)
def test_long_numbers_in_file_names_are_masked(tmp_path: Path, name: str, shown: str) -> None:
    assert refusal(put(tmp_path, name, b"")) == f"{shown}：文件是空的"


def test_two_gigabytes_of_nothing_are_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as stream:
        stream.write(b"a,b\n")
        stream.truncate(2 << 30)
    assert "NUL" in refusal(path)


@pytest.mark.parametrize(
    ("name", "start"), [("a.csv", b"a,b\n"), ("a.jsonl", b'{"a":"'), ("a.json", b'[{"a":"')]
)
def test_one_endless_line_is_refused_without_reading_it_all(
    tmp_path: Path, name: str, start: bytes
) -> None:
    path = tmp_path / name
    with path.open("wb") as stream:
        stream.write(start)
        for _ in range(64):
            stream.write(b"x" * (1 << 20))
    tracemalloc.start()
    try:
        message = refusal(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "超过" in message or "连续 8 MiB" in message
    assert peak < 16 << 20


def test_long_arrays_on_one_line_are_no_endless_line(tmp_path: Path) -> None:
    element = '{"a":"' + "x" * 1000 + '"},'
    count = MAX_PENDING // len(element) + 1000
    path = put(tmp_path, "a.json", "[" + element * count + '{"a":"y"}]')
    assert sum(1 for _ in read_rows(inspect(path))) == count + 1


def test_the_longest_line_is_let_through(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "备注\n" + "名" * (MAX_LINE - 1) + "\n末")
    assert [row.fault != "" for row in read_rows(inspect(path))] == [True, False]


def test_a_file_that_changed_since_is_refused(tmp_path: Path) -> None:
    source = inspect(put(tmp_path, "a.csv", CSV))
    put(tmp_path, "a.csv", CSV + "x,y\n")
    with pytest.raises(SourceError, match="改动"):
        read_headings(source)
    put(tmp_path, "a.csv", CSV.encode("gb18030").ljust(source.size))
    with pytest.raises(SourceError, match="改动"):
        list(read_rows(source))
