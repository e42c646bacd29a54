"""The gate that a sealed snapshot passes before it goes live: no personal value in its files.

Databases are read row by row, every text of every table, so that no page boundary hides a value;
after that every file is read as it lies on the disk. What is looked for are the registry's own raw
values, in any spelling, and in the databases and the manifest also whatever looks like an ID
number, a mobile phone or a bank card. A finding names the record and the field, or the file, and
never shows a value: not even a name that could be one.
"""

import re
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from portal.publish.leaks import find_leaks
from portal.publish.personal_values import DIVIDER, may_be_personal
from portal.publish.raw_values import RawValues
from portal.publish.row_texts import PLAIN_NAME, plain_text, texts_of_row
from portal.publish.spelled_numbers import digit_strings, masked_numbers
from portal.publish.traces import Traces
from portal.snapshots import DATABASE, MANIFEST
from search_index.schema import CHARACTER_COLUMNS

MOST_FAULTS = 20
"""More findings than this help nobody: the first show where to look."""

_KINDS = {"id": "证件号码", "phone": "手机号码", "card": "银行卡号"}
_RAW = "登记库里的个人号码"
_SQLITE = b"SQLite format 3\x00"
_BLOCK = 1 << 20
_OVERLAP = 512
_REMEMBERED = 100_000
_REPEATED = 20_000
_BATCH = 4
_TWO_BYTES = tuple(f".{column}.col" for column in CHARACTER_COLUMNS)
_PUBLIC_ID = re.compile(r"[a-z2-7]{24}")
_PLAIN_FILE = re.compile(r"(?:(?!\d{7})[A-Za-z0-9_./]){1,80}", re.ASCII)
_OWN_MASK = re.compile(r"\d{4}\*{10}\d{3}[\dX]|\d{4}\*{8}\d{3}", re.ASCII)
_NUMBERED_BY = {"person_keys": "record"}
_OWNERS = {"records": "记录", "entities": "主体"}


@dataclass(frozen=True, slots=True)
class AlreadyRead:
    """What of a snapshot passed the gate in the one it was made from, and stands there unchanged.

    `files` are its names there and here, `rows` the last one of each table of the records.
    """

    files: Collection[str] = ()
    rows: Mapping[str, int] | None = None


EVERYTHING = AlreadyRead()
"""Nothing was read before."""


def scan(
    folder: Path,
    raw: RawValues | None = None,
    *,
    traces: Traces | None = None,
    passed: AlreadyRead = EVERYTHING,
) -> list[str]:
    """Return where personal values stand in a snapshot's files, in words; empty means nowhere.

    Without `raw` only the patterns are looked for. At most twenty findings are returned. What has
    `passed` is not read again. `traces` take note of every text that is read.
    """
    gate = _Gate(raw if raw is not None and len(raw) else None, traces)
    return list(islice(dict.fromkeys(_findings(folder, gate, passed)), MOST_FAULTS))


def shown_file(name: str) -> str:
    """Return the name of a file as a message may show it: `***` where it could be a value."""
    return name if _PLAIN_FILE.fullmatch(name) else "***"


def _findings(folder: Path, gate: "_Gate", passed: AlreadyRead) -> Iterator[str]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        shown = shown_file(name)
        if gate.finds(name):
            yield f"文件名 {shown} 中有个人号码"
        if name in passed.files:
            continue
        rows = passed.rows if name == DATABASE else None
        found = list(islice(_in_content(path, name, shown, gate, rows), MOST_FAULTS))
        yield from found
        # Of a database that is mostly as it was, the new rows have been read one by one.
        raw = gate.raw if not found and rows is None else None
        if raw is not None and any(map(raw.stand_in, _texts_of(path))):
            yield f"文件 {shown} 中有{_RAW}"


def _in_content(
    path: Path, name: str, shown: str, gate: "_Gate", passed: Mapping[str, int] | None
) -> Iterator[str]:
    """Yield the findings in what a file means: the rows of a database, the text of the manifest."""
    if _is_database(path):
        yield from _database(path, shown, gate, passed or {})
    elif name == MANIFEST:
        for what in gate.finds(path.read_bytes().decode("utf-8", "replace")):
            yield f"文件 {shown} 中有{what}"


class _Gate:
    """Looks at texts: quickly at many at once, closely at those that are not innocent."""

    def __init__(self, raw: RawValues | None, traces: Traces | None = None) -> None:
        self.raw = raw
        self._traces = traces
        self._innocent: set[str] = set()
        self._repeated: set[str] = set()

    def is_clean(self, text: str) -> bool:
        """Tell whether nothing can stand in a text; where in doubt, no."""
        runs = digit_strings(text)
        if self._traces is not None:
            self._traces.note(text, runs)
        unknown = [run for run in runs if run not in self._innocent]
        if any(map(may_be_personal, unknown)):
            return False
        if len(self._innocent) < _REMEMBERED:
            self._innocent.update(unknown)
        if not all(map(_OWN_MASK.fullmatch, masked_numbers(text))):
            return False
        return self.raw is None or not self.raw.stand_in(text, runs)

    def are_clean(self, rows: Sequence[Sequence[Any]]) -> bool:
        """Tell whether nothing can stand in some rows; what many repeat is looked at once."""
        texts = [
            value if value.__class__ is str else plain_text(value)
            for row in rows
            for value in row
            if value not in self._repeated
        ]
        joined = DIVIDER.join(texts)
        # What JSON writes with a backslash could hide a number from this look.
        if "\\" in joined or not self.is_clean(joined):
            return False
        if len(self._repeated) < _REPEATED:
            self._repeated.update(texts)
        return True

    def finds(self, text: str) -> list[str]:
        """Return what stands in a text that must not be public, in words."""
        if self.is_clean(text):
            return []
        found = [f"疑似{_KINDS[leak.kind]}" for leak in find_leaks(text)]
        if not found and self.raw is not None and self.raw.stand_in(text):
            found = [_RAW]
        return list(dict.fromkeys(found))


def _is_database(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_SQLITE)) == _SQLITE


def _texts_of(path: Path) -> Iterator[str]:
    """Yield a file's bytes as text, in blocks that overlap by more than any number is long."""
    encoding = "utf-16-le" if path.name.endswith(_TWO_BYTES) else "utf-8"
    with path.open("rb") as stream:
        rest = b""
        while block := stream.read(_BLOCK):
            rest += block
            yield rest.decode(encoding, "replace")
            rest = rest[-_OVERLAP:]


def _database(path: Path, shown: str, gate: _Gate, passed: Mapping[str, int]) -> Iterator[str]:
    """Yield the findings in the rows of a database."""
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            schema = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            for kind, table, sql in schema:
                if gate.finds(f"{table} {sql}"):
                    yield f"文件 {shown} 的表结构中有个人号码"
                elif kind == "table":
                    yield from _table(connection, table, gate, passed.get(table))
    except sqlite3.Error:
        yield f"文件 {shown} 无法逐条检查"


def _table(
    connection: sqlite3.Connection, table: str, gate: _Gate, passed: int | None
) -> Iterator[str]:
    """Yield the findings in one table after the rows that passed, each text looked at once."""
    quoted = table.replace('"', '""')
    after = "" if passed is None else f" WHERE {_NUMBERED_BY.get(table, 'id')} > {passed}"
    # Quoted, from the schema; the rest is ours.
    rows = connection.execute(f'SELECT * FROM "{quoted}"{after}')  # noqa: S608
    columns = [column[0] for column in rows.description]
    shown = [name if PLAIN_NAME.fullmatch(name) else "***" for name in columns]
    place = columns.index("public_id") if "public_id" in columns else -1
    number = 0
    while batch := rows.fetchmany(_BATCH):
        all_clean = gate.are_clean(batch)
        for row in batch:
            number += 1
            if all_clean or gate.are_clean([row]):
                continue
            public_id = row[place] if place >= 0 else ""
            known = isinstance(public_id, str) and _PUBLIC_ID.fullmatch(public_id)
            record = public_id if known else f"第{number}行"
            for column, what in _in_row(shown, row, gate):
                yield f"{_OWNERS.get(table, '其他表')} {record} 的 {column} 中有{what}"


def _in_row(columns: Sequence[str], row: Sequence[Any], gate: _Gate) -> Iterator[tuple[str, str]]:
    """Yield the fields of a row in which something stands, and what."""
    for text, column in texts_of_row(columns, row).items():
        for what in gate.finds(text):
            yield column, what
