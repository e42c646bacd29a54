"""What a source file is, the bounds every reader keeps, and how its errors are worded."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from portal.errors import SourceError

MAX_LINE = 1 << 20
"""Characters of one physical line of CSV or JSON Lines, its line end included (1 Mi)."""

MAX_CELL = 100_000
"""Characters of one cell; a longer one is a fault of its row."""

MAX_COLUMNS = 500
"""Headings of one file, or keys of one JSON object."""

MAX_PENDING = 8 << 20
"""Bytes (of lines: characters) a reader takes in without finishing a row (8 Mi)."""

_LONG_NUMBER = re.compile(r"\d{11,}[Xx]?")
_NAME_SHOWN = 120


class Format(StrEnum):
    """The shapes a source file comes in."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A source file as its bytes describe it.

    `digest` is the SHA-256 of the bytes in hex, `size` their number. `encoding` is utf-8,
    utf-8-sig (with a byte order mark) or gb18030 for text, and empty for XLSX.
    """

    path: Path
    digest: str
    size: int
    format: Format
    encoding: str


def masked(text: str) -> str:
    """Return text for a message: no control characters, long numbers (ID numbers) as `***`."""
    plain = "".join(character if character.isprintable() else "?" for character in text)
    return _LONG_NUMBER.sub("***", plain)[:_NAME_SHOWN]


def source_error(path: Path, reason: str, line: int = 0) -> SourceError:
    """Return the error about a file: its masked name, the line where there is one, the reason."""
    place = f"第 {line} 行：" if line else ""
    return SourceError(f"{masked(path.name) or '.'}：{place}{reason}")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn failures of the file system into a SourceError.

    What is raised has no cause: a decoding error would carry the bytes it stumbled over.
    """
    try:
        yield
    except FileNotFoundError:
        raise source_error(path, "文件不存在") from None
    except IsADirectoryError:
        raise source_error(path, "是一个目录，不是文件") from None
    except PermissionError:
        raise source_error(path, "没有读取权限") from None
    except UnicodeDecodeError:
        raise source_error(path, "文件在读取期间被改动") from None
    except OSError as error:
        raise source_error(path, f"无法读取（{type(error).__name__}）") from None


@contextmanager
def open_text(source: SourceFile) -> Iterator[TextIO]:
    """Open the text of a source, line ends untouched. Raises SourceError."""
    with readable(source.path):
        if source.path.stat().st_size != source.size:
            raise source_error(source.path, "文件在读取期间被改动")
        with source.path.open(encoding=source.encoding, newline="") as stream:
            yield stream


class BoundedReader:
    """A byte stream that gives up when too much was read since the last finished row.

    Parsers build a value in memory until it ends; this is what ends it.
    """

    def __init__(self, path: Path, read: Callable[[int], bytes]) -> None:
        self._path = path
        self._read = read
        self._pending = 0

    def read(self, size: int = 1 << 16, /) -> bytes:
        """Return up to `size` bytes. Raises SourceError when the row in progress is too long."""
        chunk = self._read(size)
        self._pending += len(chunk)
        if self._pending > MAX_PENDING:
            reason = f"连续 {MAX_PENDING >> 20} MiB 内没有一行完整的数据"
            raise source_error(self._path, reason)
        return chunk

    def row_finished(self) -> None:
        """Start counting anew."""
        self._pending = 0
