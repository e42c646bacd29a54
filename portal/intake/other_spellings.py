"""Records that an earlier delivery may have spelt otherwise: without a code, with another mask."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from pyroaring import BitMap
from sqlalchemy import Connection, or_, select

from portal.catalog_model import RecordClass
from portal.intake.keys import MatchKeys, key_parts, same_authority, same_subject
from portal.intake.registry_tables import is_current, records, versions
from portal.records import Subject, SubjectKind, ValidRecord


class Spelling(NamedTuple):
    """A record of the registry with what its current version says."""

    id: int
    number: int
    row_hash: bytes
    key: bytes
    by_code: bytes
    by_name: bytes
    subject: Subject
    values: Mapping[str, str]


class OtherSpellings:
    """Finds the records of one class that rows of one delivery may continue.

    `last` is the highest id of a record that was there before it: rows of one file are never
    spellings of each other.
    """

    def __init__(self, connection: Connection, record_class: RecordClass, last: int) -> None:
        self._connection = connection
        self._class = record_class
        self._before = records.c.id <= last, records.c.class_code == record_class.code
        self._any = last > 0

    def keys_met(self, matches: Sequence[MatchKeys]) -> set[bytes]:
        """Return those match keys under which there is some record."""
        if not self._any or not matches:
            return set()
        found: set[bytes] = set()
        for column, keys in (
            (records.c.by_code, {match.by_code for match in matches} - {b""}),
            (records.c.by_name, {match.by_name for match in matches}),
        ):
            found.update(
                self._connection.scalars(select(column).where(column.in_(keys), *self._before))
            )
        return found

    def of(self, matches: Sequence[MatchKeys]) -> Mapping[bytes, Sequence[Spelling]]:
        """Return the records under these match keys, by key."""
        names = {match.by_name for match in matches}
        codes = {match.by_code for match in matches} - {b""}
        found: dict[bytes, list[Spelling]] = defaultdict(list)
        for spelling in self._read(names, codes) if self._any else ():
            for key in {spelling.by_code, spelling.by_name} - {b""}:
                found[key].append(spelling)
        return found

    def sole(
        self, record: ValidRecord, candidates: Sequence[Spelling], taken: BitMap
    ) -> Spelling | None:
        """Return the one record that a row may continue, or None where there is none, or several.

        Number, list, day and so on must agree, authority and subject as far as both sides say.
        """
        parts = key_parts(self._class, record.values)
        meeting = {
            spelling.id: spelling
            for spelling in candidates
            if spelling.id not in taken
            and same_authority(record.values, spelling.values)
            and same_subject(record.subject, spelling.subject)
            and parts == key_parts(self._class, spelling.values)
        }
        return next(iter(meeting.values())) if len(meeting) == 1 else None

    def _read(self, names: set[bytes], codes: set[bytes]) -> list[Spelling]:
        query = (
            select(
                records.c.id,
                records.c.current,
                versions.c.row_hash,
                records.c.key,
                records.c.by_code,
                records.c.by_name,
                versions.c.subject_kind,
                versions.c.subject_name,
                versions.c.uscc,
                versions.c.org_code,
                versions.c.registration,
                versions.c.id_type,
                versions.c.id_number,
                versions.c.fields,
            )
            .join_from(
                records,
                versions,
                is_current,
            )
            .where(or_(records.c.by_name.in_(names), records.c.by_code.in_(codes)), *self._before)
            .order_by(records.c.id)
        )
        return [
            Spelling(
                *row[:6],
                subject=Subject(SubjectKind(row[6]), *row[7:13]),
                values=msgspec.json.decode(row[13], type=dict[str, str]),
            )
            for row in self._connection.execute(query)
        ]
