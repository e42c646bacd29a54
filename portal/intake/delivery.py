"""One delivery into the registry: records, versions and counts, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from portal.intake.keys import match_keys, scope_key
from portal.intake.registry_tables import deliveries, records, versions
from portal.records import ValidRecord


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """What storing a batch did: records that are new, changed, or known as they are."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "StoreCounts") -> "StoreCounts":
        return StoreCounts(
            self.new + other.new, self.updated + other.updated, self.unchanged + other.unchanged
        )


class Delivery:
    """One delivery in progress."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.id = 0

    def open(
        self, digest: str, file_name: str, class_code: str, received_at: datetime, day: date
    ) -> None:
        """Note the arrival of a file; `day` is the delivery day in Asia/Shanghai."""
        result = self.connection.execute(
            insert(deliveries).values(
                digest=digest,
                file_name=file_name,
                class_code=class_code,
                received_at=received_at.isoformat(timespec="seconds"),
                delivered_on=day.isoformat(),
            )
        )
        key = result.inserted_primary_key
        assert key is not None  # noqa: S101  (every backend returns it for an integer key)
        self.id = key[0]

    def close(self, rows_read: int, counts: StoreCounts, rejected: int, absent: int = 0) -> None:
        """Note the counts of the delivery."""
        self.connection.execute(
            update(deliveries)
            .where(deliveries.c.id == self.id)
            .values(
                rows_read=rows_read,
                rows_new=counts.new,
                rows_updated=counts.updated,
                rows_unchanged=counts.unchanged,
                rows_rejected=rejected,
                rows_absent=absent,
            )
        )

    def store(self, batch: Sequence[ValidRecord]) -> StoreCounts:
        """Keep a batch: a new record, a new version of a changed one, nothing for a known one."""
        known = self._known([record.key for record in batch])
        fresh: dict[bytes, list[ValidRecord]] = {}
        changed: dict[bytes, list[ValidRecord]] = {}
        unchanged = 0
        latest = {key: row_hash for key, (_, _, row_hash) in known.items()}
        for record in batch:
            if latest.get(record.key) == record.row_hash:
                unchanged += 1
                continue
            latest[record.key] = record.row_hash
            (changed if record.key in known else fresh).setdefault(record.key, []).append(record)
        self._insert_records(fresh)
        identities = {key: (id_, number) for key, (id_, number, _) in known.items()}
        identities |= {key: (id_, 0) for key, id_ in self._ids(list(fresh)).items()}
        self._insert_versions({**fresh, **changed}, identities)
        self._bring_back([record.key for record in batch if record.key in known])
        self._advance(changed, identities)
        repeats = sum(len(copies) - 1 for copies in fresh.values())
        updated = repeats + sum(len(copies) for copies in changed.values())
        return StoreCounts(new=len(fresh), updated=updated, unchanged=unchanged)

    def _bring_back(self, keys: Sequence[bytes]) -> None:
        """Records that a whole list had lost are there again."""
        self.connection.execute(
            update(records)
            .where(records.c.key.in_(keys), records.c.absent_since.is_not(None))
            .values(absent_since=None)
        )

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, tuple[int, int, bytes]]:
        query = (
            select(records.c.key, records.c.id, records.c.current, versions.c.row_hash)
            .join_from(
                records,
                versions,
                (versions.c.record_id == records.c.id) & (versions.c.number == records.c.current),
            )
            .where(records.c.key.in_(keys))
        )
        return {row[0]: (row[1], row[2], row[3]) for row in self.connection.execute(query)}

    def _ids(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        query = select(records.c.key, records.c.id).where(records.c.key.in_(keys))
        return {row[0]: row[1] for row in self.connection.execute(query)}

    def _insert_records(self, fresh: dict[bytes, list[ValidRecord]]) -> None:
        if fresh:
            self.connection.execute(
                insert(records),
                [
                    {
                        "key": key,
                        "class_code": copies[-1].class_code,
                        **_pointers(copies[-1], len(copies)),
                    }
                    for key, copies in fresh.items()
                ],
            )

    def _insert_versions(
        self,
        groups: dict[bytes, list[ValidRecord]],
        identities: dict[bytes, tuple[int, int]],
    ) -> None:
        rows = [
            self._version_row(copy, *identities[key], step)
            for key, copies in groups.items()
            for step, copy in enumerate(copies, start=1)
        ]
        if rows:
            self.connection.execute(insert(versions), rows)

    def _version_row(
        self, record: ValidRecord, record_id: int, before: int, step: int
    ) -> dict[str, Any]:
        subject = record.subject
        return {
            "record_id": record_id,
            "number": before + step,
            "delivery_id": self.id,
            "line": record.line,
            "row_hash": record.row_hash,
            "subject_kind": subject.kind.value,
            "subject_name": subject.name,
            "uscc": subject.uscc,
            "org_code": subject.org_code,
            "registration": subject.registration,
            "id_type": subject.id_type,
            "id_number": subject.id_number,
            "fields": msgspec.json.encode(record.values),
        }

    def _advance(
        self,
        changed: dict[bytes, list[ValidRecord]],
        identities: dict[bytes, tuple[int, int]],
    ) -> None:
        if changed:
            self.connection.execute(
                update(records)
                .where(records.c.id == bindparam("record"))
                .values({name: bindparam(f"new_{name}") for name in _POINTERS}),
                [
                    {
                        "record": identities[key][0],
                        **{
                            f"new_{name}": value
                            for name, value in _pointers(
                                copies[-1], identities[key][1] + len(copies)
                            ).items()
                        },
                    }
                    for key, copies in changed.items()
                ],
            )


_POINTERS = ("current", "decided_on", "by_code", "by_name", "scope")


def _pointers(record: ValidRecord, version: int) -> dict[str, Any]:
    """Return the columns of a record that follow its current version."""
    values = record.values
    day = values.get("decided_on", "")
    keys = match_keys(record.class_code, values.get("document_number", ""), day, record.subject)
    return {
        "current": version,
        "decided_on": day,
        "by_code": keys.by_code,
        "by_name": keys.by_name,
        "scope": scope_key(record.class_code, values),
    }
