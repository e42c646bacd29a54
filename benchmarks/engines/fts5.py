"""SQLite FTS5 over pairs of characters, through apsw; filters and facets by ordinary tables."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Self

import apsw

from benchmarks.city import Subject
from benchmarks.engines.bigrams import BETWEEN, pairs, record_text, spaced
from benchmarks.engines.engine import FACETS, PAGE, Answer, Question, all_facets
from search_index.company_name import parts_of
from search_index.query import Filters
from search_index.schema import name_order, record_order
from search_index.text import fold_name

_FILE = "index.sqlite"
_TEXT = f"fts5(text, content='', tokenize=\"ascii tokenchars '.{BETWEEN}'\")"
_KEPT = "until, decided, class, list, authority, region"
_ORDERED = "SELECT row_number() OVER (ORDER BY place, row)"
_STAGE = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
CREATE TEMP TABLE staged_names (place INTEGER, text, row INTEGER, until INTEGER, code);
CREATE TEMP TABLE staged_records (place INTEGER, text, row INTEGER, {_KEPT});
"""
_STAGED_NAME = "INSERT INTO staged_names VALUES (?, ?, ?, ?, ?)"
_STAGED_RECORD = "INSERT INTO staged_records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_WRITE = f"""
CREATE TABLE names (id INTEGER PRIMARY KEY, row INTEGER, until INTEGER, code);
CREATE TABLE records (id INTEGER PRIMARY KEY, row INTEGER, {_KEPT});
CREATE VIRTUAL TABLE names_text USING {_TEXT};
CREATE VIRTUAL TABLE records_text USING {_TEXT};
INSERT INTO names {_ORDERED}, row, until, code FROM staged_names;
INSERT INTO records {_ORDERED}, row, {_KEPT} FROM staged_records;
INSERT INTO names_text (rowid, text) {_ORDERED}, spaced(text) FROM staged_names;
INSERT INTO records_text (rowid, text) {_ORDERED}, spaced(text) FROM staged_records;
INSERT INTO names_text (names_text) VALUES ('optimize');
INSERT INTO records_text (records_text) VALUES ('optimize');
CREATE INDEX names_code ON names (code);
CREATE INDEX records_class ON records (class);
CREATE INDEX records_list ON records (list);
CREATE INDEX records_authority ON records (authority);
CREATE INDEX records_region ON records (region);
CREATE INDEX records_decided ON records (decided);
ANALYZE;
"""  # noqa: S608 - no value of a row stands in it
_MAPPED = 1 << 40
_STEPS = 1000


class Fts5:
    """One database: full-text tables whose row ids are the order of results, and plain tables."""

    def __init__(self, connection: Any, today: date) -> None:
        """Use `open`."""
        self._connection, self._today = connection, today.toordinal()

    @classmethod
    def build(cls, folder: Path, subjects: Iterable[Subject]) -> None:
        """Write the database; through temporary tables, since FTS5 wants rows in their order."""
        connection = apsw.Connection(str(folder / _FILE))
        connection.create_scalar_function("spaced", _spaced, 1, deterministic=True)
        connection.execute(_STAGE).fetchall()
        with connection:
            for subject in subjects:
                connection.execute(_STAGED_NAME, _name_row(subject))
                connection.executemany(_STAGED_RECORD, _record_rows(subject))
        with connection:
            connection.execute(_WRITE).fetchall()
        connection.close()

    @classmethod
    def open(cls, folder: Path, today: date) -> Self:
        """Open the database for reading, mapped into memory."""
        connection = apsw.Connection(str(folder / _FILE), apsw.SQLITE_OPEN_READONLY)
        connection.execute(f"PRAGMA mmap_size = {_MAPPED}").fetchall()
        # Python runs now and then inside a long statement, so that a time limit can end it.
        connection.set_progress_handler(lambda: False, _STEPS)
        return cls(connection, today)

    def answer(self, question: Question) -> Answer:
        """Answer a question."""
        if question.seek == "records":
            return self._answer_records(question)
        values = (question.text, self._today)
        source, order = "names WHERE code = ? AND until >= ?", "id"
        if question.seek != "code":
            joined = "names_text JOIN names ON id = names_text.rowid"
            source = f"{joined} WHERE names_text MATCH ? AND until >= ?"
            order = "names_text.rowid" if question.seek == "name" else "rank"
            parts = _phrases(question) if question.seek == "name" else _any_pair(question)
            values = (parts, self._today)
        return Answer(self._total(source, values), self._rows(source, values, order))

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def _answer_records(self, question: Question) -> Answer:
        conditions, values = _narrowed(question.filters)
        conditions, values = ["until >= ?", *conditions], [self._today, *values]
        source, order = "records", "id"
        if question.text:
            source = "records_text JOIN records ON id = records_text.rowid"
            order = "records_text.rowid"
            conditions, values = (
                ["records_text MATCH ?", *conditions],
                [_phrases(question), *values],
            )
        source += " WHERE " + " AND ".join(conditions)
        rows = self._rows(source, values, order)
        if not question.facets:
            return Answer(self._total(source, values), rows)
        counted = " UNION ALL ".join(
            f"SELECT '{facet}', {facet}, count(*) FROM found GROUP BY {facet}"  # noqa: S608
            for facet in FACETS
        )
        columns = ", ".join(FACETS)
        found = self._connection.execute(
            f"WITH found AS MATERIALIZED (SELECT {columns} FROM {source}) {counted}",  # noqa: S608
            values,
        ).fetchall()
        total = sum(count for facet, _, count in found if facet == FACETS[0])
        return Answer(total, rows, all_facets(found))

    def _total(self, source: str, values: Any) -> int:
        counted = self._connection.execute(f"SELECT count(*) FROM {source}", values)  # noqa: S608
        return int(counted.fetchall()[0][0])

    def _rows(self, source: str, values: Any, order: str) -> list[int]:
        sql = f"SELECT row FROM {source} ORDER BY {order} LIMIT {PAGE}"  # noqa: S608
        return [row for (row,) in self._connection.execute(sql, values)]


def _spaced(*texts: Any) -> str:
    return spaced(*texts)


def _phrases(question: Question) -> str:
    return " AND ".join(f'"{" ".join(pairs(word))}"' for word in question.words)


def _any_pair(question: Question) -> str:
    return " OR ".join(f'"{pair}"' for word in question.words for pair in pairs(word))


def _narrowed(filters: Filters) -> tuple[list[str], list[str | int]]:
    first, last = filters.decided_from, filters.decided_to
    given: dict[str, str | int] = {
        "class = ?": filters.class_code,
        "list = ?": filters.list_code,
        "authority = ?": filters.authority,
        "region = ?": filters.region,
        "decided >= ?": first.toordinal() if first else 0,
        "decided <= ?": last.toordinal() if last else 0,
    }
    kept = {condition: value for condition, value in given.items() if value}
    return list(kept), list(kept.values())


def _name_row(subject: Subject) -> tuple[str | int, ...]:
    name, folded = subject.name, fold_name(subject.name.name)
    place = name_order(folded, parts_of(folded), name)
    return place, folded, name.row, name.until.toordinal(), subject.uscc


def _record_rows(subject: Subject) -> list[tuple[str | int | None, ...]]:
    return [
        (
            record_order(record.decided_on, record.public_id),
            record_text(subject, record),
            record.row,
            record.until.toordinal(),
            record.decided_on.toordinal() if record.decided_on else None,
            record.class_code,
            record.list_code,
            record.authority,
            record.region,
        )
        for record in subject.records
    ]
