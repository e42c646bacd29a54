"""Names and credit codes of organisations from a CSV file, for measuring with lifelike text."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from portal import identifiers
from portal.errors import SourceError

NAME, CODE = "name", "uscc"
MAX_NAME = 200
"""Characters; a longer text is no name."""


def read_names(path: Path, count: int) -> list[tuple[str, str]]:
    """Return the first `count` usable rows: a name with a valid credit code, each code once.

    The file is CSV in UTF-8 (or the same in gzip) with the columns name and uscc; no more of it is
    read than needed. Raises SourceError where it is not that, or has no usable row at all.
    """
    try:
        with _open(path) as stream:
            rows = list(islice(_usable(path, stream), count))
    except FileNotFoundError:
        raise SourceError(f"{path}：文件不存在") from None
    except UnicodeDecodeError:
        raise SourceError(f"{path}：不是 UTF-8 文本") from None
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{path}：无法读取（{type(error).__name__}）") from None
    except csv.Error:
        raise SourceError(f"{path}：不是有效的 CSV") from None
    if not rows:
        raise SourceError(f"{path}：没有名称和统一社会信用代码都有效的行")
    return rows


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _usable(path: Path, stream: TextIO) -> Iterator[tuple[str, str]]:
    reader = csv.reader(stream)
    headings = [heading.strip().lower() for heading in next(reader, [])]
    if NAME not in headings or CODE not in headings:
        raise SourceError(f"{path}：表头中没有 {NAME}、{CODE} 两列")
    name_at, code_at = headings.index(NAME), headings.index(CODE)
    seen: set[str] = set()
    for cells in reader:
        if len(cells) != len(headings):
            continue
        name, code = cells[name_at].strip(), identifiers.fold_code(cells[code_at])
        if 0 < len(name) <= MAX_NAME and code not in seen and identifiers.is_uscc(code):
            seen.add(code)
            yield name, code
