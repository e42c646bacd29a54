"""From rows of plain cells to source rows: find the headings, hold every row against them."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from portal.errors import SourceError
from portal.intake.source_file import MAX_CELL, MAX_COLUMNS, masked, source_error
from portal.records import SourceRow

TITLE_LOOKAHEAD = 5
"""How many rows below a title the headings may stand."""

_LEAST_HEADINGS = 3
_EDGES = " \t\r\n\v\f\"'“”‘’\u00a0\u3000\ufeff\u200b\u200c\u200d\u2060"


class RawRow(NamedTuple):
    """A row before the headings are known: where it starts, its cells, what is wrong with it."""

    line: int
    cells: Sequence[str]
    fault: str = ""


def clean_heading(text: str) -> str:
    """Return a heading without the byte order mark, spaces and quotes around it."""
    return text.strip(_EDGES)


def is_blank(cells: Sequence[str]) -> bool:
    """Tell whether a row holds nothing: such a row is no row."""
    text = "".join(cells)
    return not text or text.isspace()


def cell_fault(cells: Sequence[str]) -> str:
    """Return what is wrong with the size of a row's cells, or nothing."""
    if cells and max(map(len, cells)) > MAX_CELL:
        column = next(i for i, cell in enumerate(cells, 1) if len(cell) > MAX_CELL)
        return f"第 {column} 列超过 {MAX_CELL:,} 个字符"
    return ""


def split_headings(path: Path, rows: Iterator[RawRow]) -> tuple[tuple[str, ...], Iterator[RawRow]]:
    """Return the headings (an empty text where a column has none) and the rows below them.

    The headings are the first row; where that holds a single cell and one of the next five rows
    holds three or more, it is a title and that later row has the headings.
    Raises SourceError when there are none, too many, or the same one twice.
    """
    first = next(rows, None)
    if first is None:
        raise source_error(path, "没有表头，也没有数据")
    if _filled(first.cells) == 1:
        ahead: list[RawRow] = []
        for row in islice(rows, TITLE_LOOKAHEAD):
            ahead.append(row)
            if not row.fault and _filled(row.cells) >= _LEAST_HEADINGS:
                first, ahead = row, []
                break
        rows = chain(ahead, rows)
    return _headings(path, first), rows


def named_rows(
    headings: Sequence[str], rows: Iterator[RawRow], *, ragged: bool = False
) -> Iterator[SourceRow]:
    """Yield rows with their cells under the headings; a row that does not fit has a fault.

    `ragged`: the format leaves out empty cells at the end, so missing ones are empty.
    """
    width = len(headings)
    unnamed = [i for i, heading in enumerate(headings) if not heading]
    for line, cells, fault in rows:
        if not fault and len(cells) != width:
            cells, fault = _fitted(cells, width, ragged)  # noqa: PLW2901 - the row, made to fit
        fault = fault or cell_fault(cells)  # noqa: PLW2901 - idem
        if fault:
            yield SourceRow(line, {}, fault)
            continue
        named = dict(zip(headings, cells, strict=True))
        if unnamed:
            named.pop("", None)
            stray = next((i for i in unnamed if cells[i].strip()), None)
            if stray is not None:
                yield SourceRow(line, {}, f"第 {stray + 1} 列有内容，但没有表头")
                continue
        yield SourceRow(line, named)


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if clean_heading(cell))


def _headings(path: Path, row: RawRow) -> tuple[str, ...]:
    if row.fault:
        raise source_error(path, f"表头无法读取：{row.fault}", row.line)
    headings = [clean_heading(cell) for cell in row.cells]
    while headings and not headings[-1]:
        headings.pop()
    if not headings:
        raise source_error(path, "没有表头", row.line)
    if len(headings) > MAX_COLUMNS:
        raise source_error(path, f"有 {len(headings)} 列，最多 {MAX_COLUMNS} 列", row.line)
    seen: set[str] = set()
    for heading in filter(None, headings):
        if heading in seen:
            raise _duplicate(path, heading, row.line)
        seen.add(heading)
    return tuple(headings)


def _duplicate(path: Path, heading: str, line: int) -> SourceError:
    return source_error(path, f"表头“{masked(heading)}”出现了不止一次", line)


def _fitted(cells: Sequence[str], width: int, ragged: bool) -> tuple[Sequence[str], str]:
    if len(cells) > width and is_blank(cells[width:]):
        return cells[:width], ""
    if len(cells) < width and ragged:
        return [*cells, *[""] * (width - len(cells))], ""
    return cells, f"有 {len(cells)} 列，表头有 {width} 列"
