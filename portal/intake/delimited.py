"""CSV: comma, semicolon, tab or bar, any mixture of line ends, line breaks inside quotes."""

import csv
import re
from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from portal.intake.headings import (
    TITLE_LOOKAHEAD,
    RawRow,
    is_blank,
    named_rows,
    split_headings,
)
from portal.intake.source_file import (
    MAX_CELL,
    MAX_LINE,
    MAX_PENDING,
    SourceFile,
    open_text,
    source_error,
)
from portal.records import SourceRow

DELIMITERS = ",;\t|"

_SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=(.)"?\s*', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*("|$)')
_MARK = re.compile(r'""|"|\r\n|[^"]', re.DOTALL)
_LINES_AHEAD = 4 * TITLE_LOOKAHEAD


def csv_headings(source: SourceFile) -> tuple[str, ...]:
    """Return the headings of a CSV file. Raises SourceError."""
    with open_text(source) as stream:
        headings, _ = split_headings(source.path, _raw_rows(source, stream))
    return tuple(filter(None, headings))


def csv_rows(source: SourceFile) -> Iterator[SourceRow]:
    """Yield the rows of a CSV file below its headings; blank ones are none.

    Raises SourceError, also in the middle: on a line that is too long, and on a quote that is
    never closed, because what it swallowed can no longer be told apart.
    """
    with open_text(source) as stream:
        headings, rows = split_headings(source.path, _raw_rows(source, stream))
        yield from named_rows(headings, rows)


def sniff_delimiter(lines: list[str]) -> str:
    """Return the delimiter of the header line, which may stand below a title.

    It is the first line that some delimiter cuts into three or more; failing that the first one
    that is cut at all; a file of a single column counts as comma.
    """
    counts = [{d: _QUOTED.sub("", line).count(d) for d in DELIMITERS} for line in lines]
    for least in (2, 1):
        for count in counts:
            best = max(DELIMITERS, key=count.__getitem__)
            if count[best] >= least:
                return best
    return ","


class _Lines:
    """The physical lines of a stream, bounded; knows those of the row in progress.

    `delimiter` is what the first lines show, `number` how many lines were given out, `row` those
    since its user last cleared it, `exhausted` whether a line was asked for after the last one.
    """

    def __init__(self, path: Path, stream: TextIO) -> None:
        self._path = path
        self._readline = partial(stream.readline, MAX_LINE + 1)
        self._ahead = list(islice(iter(self._readline, ""), _LINES_AHEAD))
        self.number = 0
        self.row: list[str] = []
        self.exhausted = False
        self.delimiter = self._declared() or sniff_delimiter(self._ahead)

    def __iter__(self) -> Iterator[str]:
        row, pending = self.row, 0
        for line in chain(self._ahead, iter(self._readline, "")):
            self.number += 1
            pending = pending + len(line) if row else len(line)
            if len(line) > MAX_LINE:
                reason = f"一行超过 {MAX_LINE:,} 个字符"
                raise source_error(self._path, reason, self.number)
            if pending > MAX_PENDING:
                raise source_error(self._path, "引号没有闭合，或一行数据过长", self.opened())
            row.append(line)
            yield line
        self.exhausted = True

    def _declared(self) -> str:
        """Take away the line `sep=;` that Excel understands, and return its delimiter."""
        found = _SEPARATOR_LINE.fullmatch(self._ahead[0]) if self._ahead else None
        if found is None:
            return ""
        if found[1] not in DELIMITERS:
            raise source_error(self._path, "不支持 sep= 所指定的分隔符", 1)
        del self._ahead[0]
        self.number = 1
        return found[1]

    def opened(self) -> int:
        """Return the number of the line on which the last quote of the row in progress opened."""
        quoted, at_start, opened = False, True, 0
        for index, line in enumerate(self.row):
            for mark in _MARK.findall(line):
                if quoted:
                    quoted = mark != '"'
                elif mark == '"' and at_start:
                    quoted, opened = True, index
                at_start = not quoted and mark in (self.delimiter, "\n", "\r", "\r\n")
        return self.number - len(self.row) + opened + 1


def _raw_rows(source: SourceFile, stream: TextIO) -> Iterator[RawRow]:
    lines = _Lines(source.path, stream)
    reader = csv.reader(lines, delimiter=lines.delimiter, strict=True)
    while True:
        start = lines.number + 1
        lines.row.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield RawRow(start, (), _malformed(source.path, lines))
            continue
        if not is_blank(cells):
            yield RawRow(start, cells)


def _malformed(path: Path, lines: _Lines) -> str:
    """Return the fault of a line the csv module refused; the next line starts a new row.

    Raises SourceError when more than one line went into the row: rows may be hidden in it.
    """
    if lines.exhausted or len(lines.row) > 1:
        reason = f"引号没有闭合（读到第 {lines.number} 行）"
        raise source_error(path, reason, lines.opened())
    if len(lines.row[0]) > MAX_CELL:
        return f"有单元格超过 {MAX_CELL:,} 个字符，或引号之后有多余的字符"
    return "引号之后有多余的字符"
