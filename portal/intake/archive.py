"""The zip around a spreadsheet: what it may unpack to, decided before anything is unpacked."""

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import ParseError
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from defusedxml.common import DefusedXmlException

from portal.intake.source_file import readable, source_error

MAX_UNPACKED = 4 << 30
"""Bytes all members of a spreadsheet unpack to, as declared (4 Gi)."""

MAX_RATIO = 500
"""How many times its packed size a member may unpack to."""

MAX_SHARED_STRINGS = 512 << 20
"""Bytes of the table of texts, which has to be held in memory (512 Mi)."""

MAX_PART = 32 << 20
"""Bytes of any other part that is read at once: workbook, styles, relations (32 Mi)."""

MAX_DIRECTORY = 16 << 20
"""Bytes of the list of members at the end of the zip (16 Mi)."""

CONTENT_TYPES = "[Content_Types].xml"

_ENCRYPTED = 0x1
_END, _END_SIZE, _COMMENT_SIZE = b"PK\x05\x06", 22, 0xFFFF
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_END64, _END64_SIZE = b"PK\x06\x06", 56
_UNPARSABLE = (
    *(BadZipFile, zlib.error, EOFError, ParseError, NotImplementedError, RuntimeError),
    *(AttributeError, TypeError, ValueError, LookupError, ArithmeticError),
)
"""What zipfile, ElementTree and openpyxl raise on a part that is not what it should be."""


class BoundedArchive(ZipFile):
    """A zip whose members are read at once only up to MAX_PART bytes."""

    def read(self, name: str | ZipInfo, pwd: bytes | None = None) -> bytes:
        """Return a whole member. Raises BadZipFile when it is too large, KeyError without one."""
        info = name if isinstance(name, ZipInfo) else self.getinfo(name)
        if info.file_size > MAX_PART:
            raise BadZipFile
        return super().read(info, pwd)


@contextmanager
def open_archive(path: Path) -> Iterator[BoundedArchive]:
    """Open a spreadsheet's zip after checking its bounds; what fails inside is a SourceError."""
    with readable(path), path.open("rb") as stream:
        try:
            if _directory_size(stream) > MAX_DIRECTORY:
                raise source_error(path, "压缩包的文件目录过大，拒绝读取")
            with BoundedArchive(stream) as archive:
                _check(path, archive)
                yield archive
        except DefusedXmlException:
            raise source_error(path, "其中的 XML 含有实体或外部引用，拒绝读取") from None
        except _UNPARSABLE:
            raise source_error(path, "文件损坏或不完整，无法作为 .xlsx 读取") from None


def check_archive(path: Path) -> None:
    """Check that a file is a spreadsheet within bounds. Raises SourceError; unpacks nothing."""
    with open_archive(path):
        pass


def _check(path: Path, archive: ZipFile) -> None:
    members = archive.infolist()
    names = {member.filename for member in members}
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise source_error(path, "压缩包已加密，请去除密码后再交")
    if "xl/workbook.bin" in names:
        raise source_error(path, "是 .xlsb 文件，请另存为 .xlsx")
    if CONTENT_TYPES not in names or not any(name.startswith("xl/") for name in names):
        raise source_error(path, "是压缩包，但不是 .xlsx 文件")
    if any(member.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for member in members):
        raise source_error(path, "压缩方式不受支持，无法作为 .xlsx 读取")
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise source_error(path, f"解压后超过 {MAX_UNPACKED >> 30} GiB，拒绝读取")
    if any(member.file_size > MAX_RATIO * max(member.compress_size, 1) for member in members):
        raise source_error(path, f"压缩比超过 {MAX_RATIO}，拒绝读取")
    # Members that share their bytes multiply a small file without any unlikely ratio.
    if sum(member.compress_size for member in members) > path.stat().st_size:
        raise source_error(path, "压缩包的各部分互相重叠，拒绝读取")


def _directory_size(stream: BinaryIO) -> int:
    """Return the declared size of the list of members, which zipfile reads as a whole.

    Raises BadZipFile when the end record is missing: the file is cut off.
    """
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, end - _END_SIZE - _COMMENT_SIZE - _LOCATOR_SIZE - _END64_SIZE))
    tail = stream.read()
    stream.seek(0)
    at = tail.rfind(_END)
    if at < 0:
        raise BadZipFile
    locator = at - _LOCATOR_SIZE
    end64 = locator - _END64_SIZE
    if end64 >= 0 and tail.startswith(_LOCATOR, locator) and tail.startswith(_END64, end64):
        return int.from_bytes(tail[end64 + 40 : end64 + 48], "little")
    return int.from_bytes(tail[at + 12 : at + 16], "little")
