import random
import struct
import zipfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import openpyxl
import pytest

from portal.errors import SourceError
from portal.intake import archive as archives
from portal.intake.archive import BoundedArchive, check_archive
from portal.intake.sources import inspect, read_rows

GIB = 1 << 30
CENTRAL = b"PK\x01\x02"
FLAGS_AT, METHOD_AT, CHECKSUM_AT, PACKED_AT, UNPACKED_AT = 8, 10, 16, 20, 24
SHEET, TEXTS, TYPES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "[Content_Types].xml"


def workbook(folder: Path, **members: bytes) -> Path:
    """Write a small workbook; `members` are further ones, stored, named with a dot for `_`."""
    path = folder / "a.xlsx"
    book = openpyxl.Workbook()
    assert book.active is not None
    for i in range(200):
        book.active.append([f"名称{i}", f"代码{i}"])
    book.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return path


def repack(path: Path, **changes: Callable[[bytes], bytes]) -> None:
    """Write a workbook anew, stored; `changes` turn the content of a member into another."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name, change in changes.items():
        members[name] = change(members.get(name, b""))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def forge(path: Path, name: str, offset: int, value: int) -> None:
    """Overwrite a four-byte (flags and method: two-byte) field of a member's central record."""
    content = bytearray(path.read_bytes())
    at = content.rfind(name.encode(), content.find(CENTRAL)) - 46
    assert content.startswith(CENTRAL, at)
    struct.pack_into("<H" if offset <= METHOD_AT else "<I", content, at + offset, value)
    path.write_bytes(content)


def refusal(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        list(read_rows(inspect(path)))
    assert str(caught.value).startswith("a.xlsx：")
    assert caught.value.__cause__ is None
    return str(caught.value)


@pytest.fixture
def _sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail as soon as a member is unpacked."""

    def fail(*_: object, **__: object) -> None:
        pytest.fail("unpacked")

    monkeypatch.setattr(BoundedArchive, "open", fail)


def test_a_workbook_within_bounds(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    check_archive(path)
    assert sum(1 for _ in read_rows(inspect(path))) == 199


@pytest.mark.usefixtures("_sealed")
def test_a_bomb_is_refused_by_its_ratio_before_it_is_unpacked(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media.bin", b"\0" * (4 << 20))
    assert "压缩比超过 500" in refusal(path)


@pytest.mark.usefixtures("_sealed")
def test_a_bomb_is_refused_by_its_size_before_it_is_unpacked(tmp_path: Path) -> None:
    noise = b"x" * (5 << 20)
    path = workbook(tmp_path, one_bin=noise, two_bin=noise)
    forge(path, "one.bin", UNPACKED_AT, 2 * GIB + 1)
    check_archive(path)
    forge(path, "two.bin", UNPACKED_AT, 2 * GIB)
    assert "解压后超过 4 GiB" in refusal(path)


@pytest.mark.usefixtures("_sealed")
def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, one_bin=b"x")
    forge(path, "one.bin", PACKED_AT, path.stat().st_size)
    assert "重叠" in refusal(path)


def test_a_member_larger_than_it_says_is_not_read_on(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    forge(path, SHEET, UNPACKED_AT, 2000)
    assert "损坏" in refusal(path)


def test_a_checksum_that_differs_is_found_behind_the_last_row(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    tail = b"<!--" + b"x" * 300_000 + b"-->"
    repack(path, **{SHEET: lambda xml: xml + tail})
    assert sum(1 for _ in read_rows(inspect(path))) == 199
    forge(path, SHEET, CHECKSUM_AT, 0)
    rows = read_rows(inspect(path))
    assert len(list(islice(rows, 199))) == 199
    with pytest.raises(SourceError, match="损坏"):
        next(rows)


def test_the_table_of_texts_has_a_bound(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    entry = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
    table = b"<sst><!--" + b"x" * 1_200_000 + b"--></sst>"
    types = {TYPES: lambda xml: xml.replace(b"</Types>", entry)}
    repack(path, **types, **{TEXTS: lambda _: table})
    assert sum(1 for _ in read_rows(inspect(path))) == 199
    forge(path, TEXTS, UNPACKED_AT, (512 << 20) + 1)
    assert "共享字符串表超过 512 MiB" in refusal(path)


def test_other_parts_have_a_bound(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    size = zipfile.ZipFile(path).getinfo("xl/styles.xml").compress_size
    assert (32 << 20) / size > 500  # so the ratio would refuse it first; the bound is asked itself
    with BoundedArchive(path) as archive:
        archive.getinfo("xl/styles.xml").file_size = archives.MAX_PART + 1
        with pytest.raises(zipfile.BadZipFile):
            archive.read("xl/styles.xml")
        with pytest.raises(KeyError):
            archive.read("no such part")


@pytest.mark.usefixtures("_sealed")
def test_a_long_list_of_members_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    content = bytearray(path.read_bytes())
    end = content.rfind(b"PK\x05\x06")
    struct.pack_into("<I", content, end + 12, archives.MAX_DIRECTORY + 1)
    path.write_bytes(content)
    assert "文件目录过大" in refusal(path)
    end64 = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, 1 << 40, 0)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, end, 1)
    struct.pack_into("<I", content, end + 12, 0xFFFFFFFF)
    path.write_bytes(content[:end] + end64 + locator + content[end:])
    assert "文件目录过大" in refusal(path)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["a.csv"], "不是 .xlsx"),
        (["[Content_Types].xml", "word/document.xml"], "不是 .xlsx"),
        (["[Content_Types].xml", "xl/workbook.bin"], ".xlsb"),
        ([], "不是 .xlsx"),
    ],
)
def test_zips_that_are_no_workbook(tmp_path: Path, names: list[str], reason: str) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    assert reason in refusal(path)


def test_a_workbook_by_its_parts_but_not_by_its_types(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert "不是 .xlsx" in refusal(path)


@pytest.mark.usefixtures("_sealed")
def test_encrypted_or_oddly_packed_members(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    forge(path, "xl/styles.xml", METHOD_AT, zipfile.ZIP_LZMA)
    assert "压缩方式" in refusal(path)
    forge(path, "xl/styles.xml", FLAGS_AT, 1)
    assert "加密" in refusal(path)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_cut_off_workbooks(tmp_path: Path, kept: float) -> None:
    path = workbook(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert "损坏或不完整" in refusal(path)


def test_any_damage_is_an_error_of_the_file_or_none(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    content = path.read_bytes()
    noise = random.Random(7)  # noqa: S311 - not a secret
    refused = 0
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(noise.randint(1, 4)):
            damaged[noise.randrange(len(damaged))] = noise.randrange(256)
        path.write_bytes(damaged)
        try:
            list(read_rows(inspect(path)))
        except SourceError:
            refused += 1
    assert refused > 75
