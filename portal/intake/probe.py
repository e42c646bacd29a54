"""Look at the bytes of a source file once: digest, format, encoding."""

import hashlib
import stat
from codecs import getincrementaldecoder
from dataclasses import replace
from pathlib import Path

from portal.errors import SourceError
from portal.intake.archive import check_archive
from portal.intake.json_rows import object_format
from portal.intake.source_file import (
    MAX_LINE,
    MAX_PENDING,
    Format,
    SourceFile,
    readable,
    source_error,
)

_CHUNK = 1 << 20
_LONGEST_CHARACTER = 4
_FIRST_BYTES = 64
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MAGIC = (
    ((b"\xff\xfe", b"\xfe\xff"), "是 UTF-16 编码，请另存为 UTF-8"),
    ((b"\x1f\x8b", b"BZh91AY", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!\x1a"), "是压缩包，请解压后再交"),
    ((b"\x89PNG", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"), "是图片，不是数据文件"),
    ((b"%PDF-",), "是 PDF，不是数据文件"),
)  # fmt: skip
_UTF8_MARK, _GB18030_MARK = b"\xef\xbb\xbf", b"\x84\x31\x95\x33"


def inspect(path: Path) -> SourceFile:
    """Read a file once and return what it is; the content decides before the name does.

    Raises SourceError when it cannot be read or is nothing that rows could be read from.
    """
    with readable(path):
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise source_error(path, "不是普通文件")
        with path.open("rb") as stream:
            head = stream.read(_CHUNK)
            _refuse_foreign(path, head)
            text = None if head.startswith(_ZIP) else _TextCheck(path, head)
            digest, size, chunk = hashlib.sha256(), 0, head
            while chunk:
                digest.update(chunk)
                if text is not None:
                    text.feed(chunk, size)
                size += len(chunk)
                chunk = stream.read(_CHUNK)
    if text is None:
        check_archive(path)
        return SourceFile(path, digest.hexdigest(), size, Format.XLSX, "")
    encoding = text.finish(size)
    source = SourceFile(path, digest.hexdigest(), size, text.format or Format.JSONL, encoding)
    return source if text.format else replace(source, format=object_format(source))


def _refuse_foreign(path: Path, head: bytes) -> None:
    if not head:
        raise source_error(path, "文件是空的")
    if head.startswith(_OLE):
        if _OLE_ENCRYPTED in head or path.suffix.lower() in (".xlsx", ".xlsm"):
            raise source_error(path, "文件已加密，请去除密码后再交")
        raise source_error(path, "是旧版 Excel（.xls）文件，请另存为 .xlsx")
    for beginnings, reason in _MAGIC:
        if head.startswith(beginnings):
            raise source_error(path, reason)


class _TextCheck:
    """Follows the bytes of a text: is it UTF-8 or GB18030, does a line or an object ever end.

    `format` is None while only a closer look can tell (the text begins with `{`).
    """

    def __init__(self, path: Path, head: bytes) -> None:
        self._path = path
        self._marked = head.startswith(_UTF8_MARK)
        self._decoders = {name: getincrementaldecoder(name)() for name in ("utf-8", "gb18030")}
        if self._marked:
            del self._decoders["gb18030"]
        self._ascii = True
        self._wide = False
        self._gap = 0
        self._failed_at = 0
        self._first = b""
        self.format: Format | None = Format.CSV

    def feed(self, chunk: bytes, offset: int) -> None:
        """Take in the bytes that stand at `offset`. Raises SourceError."""
        nul = chunk.find(b"\0")
        if nul >= 0:
            reason = "含有空字节（NUL）：不是文本文件，或是 UTF-16 编码"
            raise self._error(reason, offset + nul)
        if not self._first:
            bare = chunk if offset else chunk.removeprefix(_UTF8_MARK).removeprefix(_GB18030_MARK)
            self._first = bare.lstrip()[:_FIRST_BYTES]
            if self._first:
                self.format = self._format()
        self._measure(chunk, offset)
        self._ascii = self._ascii and chunk.isascii()
        if not self._ascii:
            self._decode(chunk, offset)

    def finish(self, size: int) -> str:
        """Return the encoding. Raises SourceError when there is none, or nothing but blanks."""
        if not self._first:
            raise source_error(self._path, "只有空行")
        utf8 = self._decoders.get("utf-8")
        if utf8 is not None and self._wide and utf8.getstate()[0]:
            # As GB18030 the odd bytes may well be valid, and all the text before them garbage.
            raise self._error("最后一个字符不完整，文件被截断", size)
        self._decode(b"", size, final=True)
        if "utf-8" in self._decoders:
            return "utf-8-sig" if self._marked else "utf-8"
        return "gb18030"

    def _decode(self, chunk: bytes, offset: int, *, final: bool = False) -> None:
        for name, decoder in tuple(self._decoders.items()):
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk, final)
            except UnicodeDecodeError as error:
                del self._decoders[name]
                self._failed_at = max(self._failed_at, offset - pending + error.start)
            else:
                self._wide = self._wide or (name == "utf-8" and not text.isascii())
        if not self._decoders:
            known = "不是有效的 UTF-8" if self._marked else "既不是 UTF-8，也不是 GB18030"
            raise self._error(f"编码{known}", self._failed_at)

    def _measure(self, chunk: bytes, offset: int) -> None:
        """Refuse a line, or an element, that goes on for longer than any reader would follow."""
        if self.format in (Format.CSV, Format.JSONL):
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            limit, reason = MAX_LINE * _LONGEST_CHARACTER, f"一行超过 {MAX_LINE:,} 个字符"
        else:
            end = chunk.rfind(b"}")
            limit, reason = MAX_PENDING, f"连续 {MAX_PENDING >> 20} MiB 内没有一个完整的 JSON 对象"
        self._gap = self._gap + len(chunk) if end < 0 else len(chunk) - end - 1
        if self._gap > limit:
            raise self._error(reason, offset + len(chunk) - self._gap)

    def _format(self) -> Format | None:
        suffix, first = self._path.suffix.lower(), self._first[:1]
        if first == b"<":
            raise source_error(self._path, "是 HTML 或 XML，请另存为 .xlsx 或 .csv")
        if first == b"{":
            return None
        if first == b"[":
            inner = self._first[1:].lstrip()[:1]
            titled = inner not in b"{[]" and suffix in (".csv", ".tsv", ".txt")
            return Format.CSV if titled else Format.JSON
        if suffix in (".jsonl", ".ndjson"):
            return Format.JSONL
        if suffix == ".json":
            raise source_error(self._path, "不是 JSON 数组或对象")
        return Format.CSV

    def _error(self, reason: str, offset: int) -> SourceError:
        return source_error(self._path, reason, _line_at(self._path, offset))


def _line_at(path: Path, offset: int) -> int:
    """Return the number of the line on which a byte stands."""
    line, left, after_return = 1, offset, False
    with path.open("rb") as stream:
        while left > 0 and (chunk := stream.read(min(left, _CHUNK))):
            left -= len(chunk)
            line += chunk.count(b"\n") + chunk.count(b"\r") - chunk.count(b"\r\n")
            line -= after_return and chunk.startswith(b"\n")
            after_return = chunk.endswith(b"\r")
    return line
