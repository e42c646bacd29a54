"""Write rows as CSV, JSON, JSON Lines or XLSX, the same bytes for the same rows."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from portal.sample.layouts import Layout
from portal.sample.sheet_writer import write_sheet

Cell = str | date | None


class Line(NamedTuple):
    """The cells of a row; `broken` where the row as such shall not fit its file."""

    cells: Sequence[Cell]
    broken: bool


def write_file(path: Path, layout: Layout, lines: Iterable[Line]) -> None:
    """Write a file of that layout. Raises OSError."""
    _WRITERS[layout.format](path, layout, lines)


def _write_csv(path: Path, layout: Layout, lines: Iterable[Line]) -> None:
    with path.open("w", encoding=layout.encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(layout.headings)
        writer.writerows(line.cells if not line.broken else line.cells[:-2] for line in lines)


def _write_json_lines(path: Path, layout: Layout, lines: Iterable[Line]) -> None:
    with path.open("w", encoding=layout.encoding, newline="\n") as stream:
        for text, broken in _objects(layout, lines):
            stream.write((text[: len(text) // 2] if broken else text) + "\n")


def _write_json(path: Path, layout: Layout, lines: Iterable[Line]) -> None:
    with path.open("w", encoding=layout.encoding, newline="\n") as stream:
        opening = "[\n"
        for text, _ in _objects(layout, lines):
            stream.write(opening + text)
            opening = ",\n"
        stream.write("\n]\n")


def _objects(layout: Layout, lines: Iterable[Line]) -> Iterator[tuple[str, bool]]:
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for cells, broken in lines:
        yield encode(dict(zip(layout.headings, cells, strict=True))), broken


def _write_sheet(path: Path, layout: Layout, lines: Iterable[Line]) -> None:
    write_sheet(path, layout.headings, (line.cells for line in lines))


_WRITERS: dict[str, Callable[[Path, Layout, Iterable[Line]], None]] = {
    "csv": _write_csv,
    "jsonl": _write_json_lines,
    "json": _write_json,
    "xlsx": _write_sheet,
}
