"""The texts in a row of a database, JSON taken apart, with the field that each stands in."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from portal.publish.personal_values import SHORTEST_TOKEN

PLAIN_NAME = re.compile(r"[a-z][a-z_]{0,39}")
"""A name that can be no value, and so may be shown."""


def texts_of_row(columns: Sequence[str], row: Sequence[Any]) -> dict[str, str]:
    """Return text → the field it stands in, `column` or `column.name`; short ones left out."""
    texts: dict[str, str] = {}
    for column, value in zip(columns, row, strict=True):
        _collect(column, value, texts)
    return texts


def plain_text(value: Any) -> str:
    """Return the text that a value of a database stands for."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _collect(column: str, value: Any, texts: dict[str, str]) -> None:
    """Add the texts of a value, JSON taken apart, to text → the field it stands in."""
    text = plain_text(value)
    inner = _json(text) if text[:1] in ("{", "[") else None
    if isinstance(inner, dict | list):
        _collect_inner(column, inner, texts)
    elif len(text) >= SHORTEST_TOKEN:
        texts.setdefault(text, column)


def _collect_inner(column: str, inner: Any, texts: dict[str, str]) -> None:
    if isinstance(inner, dict):
        for name, value in inner.items():
            plain = PLAIN_NAME.fullmatch(name)
            texts.setdefault(name, column)
            _collect_inner(f"{column}.{name}" if plain else column, value, texts)
    elif isinstance(inner, list):
        for value in inner:
            _collect_inner(column, value, texts)
    else:
        _collect(column, inner, texts)


def _json(text: str) -> Any:
    """Return what a JSON text holds, or None where it is none."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
