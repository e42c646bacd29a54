"""JSON Lines: one object per line. A bad line is a fault of that line alone."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from portal.intake.json_values import headings_of, object_row
from portal.intake.source_file import MAX_LINE, SourceFile, open_text, source_error
from portal.records import SourceRow

BLANKS = " \t\r\n\ufeff"
"""What may stand around a JSON value: its white space, and a byte order mark."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def jsonl_headings(source: SourceFile) -> tuple[str, ...]:
    """Return the keys of the first line that is an object. Raises SourceError."""
    headings = headings_of(jsonl_rows(source))
    if not headings:
        raise source_error(source.path, "没有一行是 JSON 对象")
    return headings


def jsonl_rows(source: SourceFile) -> Iterator[SourceRow]:
    """Yield a row per line that is not blank. Raises SourceError when a line is too long."""
    with open_text(source) as stream:
        number = 0
        while line := stream.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise source_error(source.path, f"一行超过 {MAX_LINE:,} 个字符", number)
            text = line.strip(BLANKS)
            if text:
                yield _row(number, text)


def decode_line(text: str) -> object:
    """Return one JSON value: objects as tuples of pairs, whole numbers as their text.

    Raises ValueError when the text is no JSON, and for what could not be stored: half of a
    surrogate pair, NaN, an exponent beyond all bounds.
    """
    try:
        value: object = _DECODER.decode(text)
    except RecursionError:
        raise ValueError from None
    if _SURROGATE.search(text):
        _refuse_halves(value)
    return value


def _row(number: int, text: str) -> SourceRow:
    try:
        return object_row(number, decode_line(text))
    except ValueError:
        return SourceRow(number, {}, "不是有效的 JSON")


def _refuse_halves(value: object) -> None:
    if isinstance(value, str):
        value.encode()  # UnicodeEncodeError is a ValueError
    elif isinstance(value, tuple | list):
        for item in value:
            _refuse_halves(item)


def _fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError from None


def _constant(text: str) -> object:
    raise ValueError(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=tuple, parse_float=_fraction, parse_int=str, parse_constant=_constant
)
