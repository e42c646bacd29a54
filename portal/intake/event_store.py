"""Events in the registry: kept once, matched with their records, or waiting for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, or_, select, update

from portal.intake.delivery import Delivery, StoreCounts
from portal.intake.keys import MatchKeys, folded, same_authority
from portal.intake.registry_tables import events, is_current, records, versions
from portal.records import RecordEvent, Rejection

NO_RECORD = "没有对应的记录；事件已保留，待记录送达后生效"
SAME = "same."
"""Before the name of a field of the record, in the values of an event about that one record."""

AMBIGUOUS = "对应多个同名主体的记录，须写明统一社会信用代码或者证件号码"


def store_events(
    delivery: Delivery, batch: Sequence[RecordEvent]
) -> tuple[StoreCounts, list[Rejection]]:
    """Keep a batch of events; return the counts, and a rejection for each that meets no record.

    An event that meets none is kept all the same, and tried again at each later delivery.
    """
    connection = delivery.connection
    digests = [event.digest for event in batch]
    query = select(events.c.digest, events.c.matched_in).where(events.c.digest.in_(digests))
    known = {row[0]: row[1] for row in connection.execute(query)}
    new = unchanged = 0
    waiting = []
    for event in batch:
        if known.get(event.digest) is not None:
            unchanged += 1
            continue
        fault = _fault(connection, event)
        if event.digest not in known:
            _insert(delivery, event, matched=not fault)
            known[event.digest] = None if fault else delivery.id
        elif not fault:
            _set_matched(delivery, event.digest)
            known[event.digest] = delivery.id
        if fault:
            waiting.append(Rejection(event.line, "", fault))
        else:
            new += 1
    return StoreCounts(new=new, unchanged=unchanged), waiting


def match_waiting(delivery: Delivery) -> int:
    """Try the waiting events again, now that records have come; return how many met theirs."""
    matched = 0
    for event in list(_read(delivery.connection, waiting=True)):
        if not _fault(delivery.connection, event):
            _set_matched(delivery, event.digest)
            matched += 1
    return matched


def matched_events(connection: Connection) -> Iterator[RecordEvent]:
    """Return the events that have met a record, in order of arrival."""
    return _read(connection, waiting=False)


def waiting_count(connection: Connection) -> int:
    """Return how many events wait for their record."""
    return sum(1 for _ in _read(connection, waiting=True))


def meets(event: RecordEvent, class_code: str, keys: MatchKeys, values: Mapping[str, str]) -> bool:
    """Tell whether an event speaks of the record with these keys and values."""
    return (
        event.class_code in ("", class_code)
        and MatchKeys(event.by_code, event.by_name).meets(keys)
        and same_authority(event.values, values)
        and all(
            folded(values.get(name.removeprefix(SAME), "")) == text
            for name, text in event.values.items()
            if name.startswith(SAME)
        )
    )


def _fault(connection: Connection, event: RecordEvent) -> str:
    found = list(_records_of(connection, event))
    if not found:
        return NO_RECORD
    if len({row.by_code or row.key for row in found}) > 1:
        return AMBIGUOUS
    return ""


def _records_of(connection: Connection, event: RecordEvent) -> Iterable[Any]:
    condition = [records.c.by_name == event.by_name]
    if event.by_code:
        condition.append(records.c.by_code == event.by_code)
    query = (
        select(
            records.c.key,
            records.c.by_code,
            records.c.by_name,
            records.c.class_code,
            versions.c.fields,
        )
        .join_from(
            records,
            versions,
            is_current,
        )
        .where(or_(*condition))
    )
    for row in connection.execute(query):
        values = msgspec.json.decode(row.fields, type=dict[str, str])
        if meets(event, row.class_code, MatchKeys(row.by_code, row.by_name), values):
            yield row


def _insert(delivery: Delivery, event: RecordEvent, *, matched: bool) -> None:
    delivery.connection.execute(
        insert(events).values(
            digest=event.digest,
            delivery_id=delivery.id,
            line=event.line,
            kind=event.kind,
            effective_on=event.effective_on.isoformat(),
            class_code=event.class_code,
            by_code=event.by_code,
            by_name=event.by_name,
            fields=msgspec.json.encode(event.values),
            matched_in=delivery.id if matched else None,
        )
    )


def _set_matched(delivery: Delivery, digest: bytes) -> None:
    delivery.connection.execute(
        update(events).where(events.c.digest == digest).values(matched_in=delivery.id)
    )


def _read(connection: Connection, *, waiting: bool) -> Iterator[RecordEvent]:
    empty = events.c.matched_in.is_(None) if waiting else events.c.matched_in.is_not(None)
    for row in connection.execute(select(events).where(empty).order_by(events.c.id)):
        yield RecordEvent(
            kind=row.kind,
            line=row.line,
            effective_on=date.fromisoformat(row.effective_on),
            class_code=row.class_code,
            by_code=row.by_code,
            by_name=row.by_name,
            values=msgspec.json.decode(row.fields, type=dict[str, str]),
            digest=row.digest,
        )
