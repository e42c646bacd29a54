"""JSON: an array of objects, or an object that holds such an array, read element by element."""

import re
import sys
from collections.abc import Iterator
from itertools import chain
from typing import TextIO

import ijson

from portal.intake.json_lines import BLANKS, decode_line
from portal.intake.json_values import NESTED, Pairs, headings_of, object_row
from portal.intake.source_file import (
    MAX_LINE,
    BoundedReader,
    Format,
    SourceFile,
    open_text,
    readable,
    source_error,
)
from portal.records import SourceRow

WRAPPER_KEYS = frozenset({"data", "records", "rows", "result", "results", "list", "items"})
"""Keys, in lower case, under which (one in another, if need be) the array of rows may stand."""

MAX_DIGITS = min(4_000, sys.get_int_max_str_digits() or 4_000)
"""Digits in a row that a JSON array may have (Python reads no integer of more than 4,300)."""

Event = tuple[str, object]

_CHUNK = 1 << 16
_DIGITS = "0123456789"
_ENDLESS = re.compile(rf"[0-9]{{{MAX_DIGITS + 1}}}")
_NO_ARRAY = "JSON 对象中没有记录数组（如 data、records）"
_ROW_OR_END = frozenset({"start_map", "end_array"})
_OPENING = frozenset({"start_map", "start_array"})
_CLOSING = frozenset({"end_map", "end_array"})
_BROKEN = (ijson.JSONError, ArithmeticError, ValueError)


def json_headings(source: SourceFile) -> tuple[str, ...]:
    """Return the keys of the first element that is an object. Raises SourceError."""
    headings = headings_of(json_rows(source))
    if not headings:
        raise source_error(source.path, "数组中没有一个 JSON 对象")
    return headings


def json_rows(source: SourceFile) -> Iterator[SourceRow]:
    """Yield a row per element of the array of rows; `line` is the number of the element.

    Raises SourceError, also in the middle: where the text is no JSON or is cut off (what came
    before is then not to be trusted either), and where an element is too long.
    """
    with open_text(source) as stream:
        reader = _reader(source, stream)
        number = 0
        try:
            events = ijson.basic_parse(reader, buf_size=_CHUNK)
            arrays = _row_arrays(events)
            first = next(arrays, None)
            if first is None:
                raise source_error(source.path, _NO_ARRAY)
            for value in _elements(first, events):
                number += 1
                reader.row_finished()
                yield object_row(number, value)
            if next(arrays, None) is not None:
                raise source_error(source.path, "JSON 对象中有不止一个记录数组")
            for _ in events:  # what follows must be JSON to its end
                pass
        except _BROKEN:
            reason = f"第 {number} 个元素之后不是有效的 JSON，或文件不完整"
            raise source_error(source.path, reason) from None


def object_format(source: SourceFile) -> Format:
    """Tell a file that begins with `{` apart: JSON Lines, or one object around an array of rows.

    Raises SourceError when it is a single object, over several lines, without such an array.
    """
    whole_line, more = _first_line(source)
    if whole_line and more:
        return Format.JSONL
    with open_text(source) as stream:
        events = ijson.basic_parse(_reader(source, stream), buf_size=_CHUNK, multiple_values=True)
        try:
            if next(_row_arrays(events), None) is not None:
                return Format.JSON
            single = more and next(events, None) is None
        except _BROKEN:
            return Format.JSONL
    if single:
        raise source_error(source.path, _NO_ARRAY)
    return Format.JSONL


def _first_line(source: SourceFile) -> tuple[bool, bool]:
    """Tell whether the first line is JSON as it stands, and whether another one follows."""
    with open_text(source) as stream:
        texts = (line.strip(BLANKS) for line in iter(lambda: stream.readline(MAX_LINE), ""))
        first, second = next(filter(None, texts), ""), next(filter(None, texts), "")
    try:
        decode_line(first)
    except ValueError:
        return False, bool(second)
    return True, bool(second)


def _reader(source: SourceFile, stream: TextIO) -> BoundedReader:
    """Return the text as UTF-8, the only encoding that ijson reads."""
    return BoundedReader(source.path, _Text(source, stream).read)


class _Text:
    """The text of a source as ijson may see it: without a mark, and without endless integers.

    One beyond Python's limit of digits crashes ijson's C reader, and the process with it.
    """

    def __init__(self, source: SourceFile, stream: TextIO) -> None:
        self._path = source.path
        self._stream = stream
        self._begun = False
        self._ended = False
        self._open = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes. Raises ValueError at such an integer, once all before is read."""
        if self._ended:
            raise ValueError
        with readable(self._path):
            text = self._stream.read(size)
        if size and not self._begun:
            text, self._begun = text.removeprefix("\ufeff"), True
        before = self._before_endless(text)
        if before is not None:
            text, self._ended = before, True
            if not text:
                raise ValueError
        return text.encode()

    def _before_endless(self, text: str) -> str | None:
        """Return the text before a run of too many digits, or None where there is no such run."""
        rest = text.lstrip(_DIGITS)
        self._open += len(text) - len(rest)
        if self._open > MAX_DIGITS:
            return ""
        if not rest:
            return None
        self._open = len(rest) - len(rest.rstrip(_DIGITS))
        found = _ENDLESS.search(rest)
        return None if found is None else text[: len(text) - len(rest) + found.start()]


def _row_arrays(events: Iterator[Event]) -> Iterator[Event]:
    """Yield the first event inside each array of rows; its elements are taken before going on.

    The outermost array is one, whatever it holds; within an object one that begins with an
    object, or is empty, and that only wrapper keys lead to. Ends with the outermost value.
    """
    depth, key = 0, ""
    for event, value in events:
        if event == "map_key":
            key = str(value).lower()
        elif event == "start_map" and (not depth or key in WRAPPER_KEYS):
            depth += 1
        elif event == "start_array" and (not depth or key in WRAPPER_KEYS):
            first = next(events)
            if not depth or first[0] in _ROW_OR_END:
                yield first
            else:
                _skip(events, first)
        elif event in _OPENING:
            _skip(events, next(events))
        elif event == "end_map":
            depth -= 1
            if not depth:
                return


def _skip(events: Iterator[Event], first: Event) -> None:
    """Go on to the end of the array or object whose first inner event is `first`."""
    depth = 1
    for event, _ in chain([first], events):
        depth += (event in _OPENING) - (event in _CLOSING)
        if not depth:
            return


def _elements(first: Event, events: Iterator[Event]) -> Iterator[object]:
    event, value = first
    while event != "end_array":
        if event == "start_map":
            yield _pairs(events)
        elif event == "start_array":
            _skip(events, next(events))
            yield []
        else:
            yield value
        event, value = next(events)


def _pairs(events: Iterator[Event]) -> Pairs:
    """Return the object that has just begun; what is nested deeper than a list is not kept."""
    pairs: list[tuple[str, object]] = []
    for event, key in events:
        if event == "end_map":
            break
        inner, value = next(events)
        if inner == "start_array":
            value = _list(events)
        elif inner == "start_map":
            _skip(events, next(events))
            value = NESTED
        pairs.append((str(key), value))
    return tuple(pairs)


def _list(events: Iterator[Event]) -> list[object]:
    values: list[object] = []
    for event, value in events:
        if event == "end_array":
            break
        if event in _OPENING:
            _skip(events, next(events))
            values.append(NESTED)
        else:
            values.append(value)
    return values
