"""Publicity that a delivered state ended stays ended: the state is kept as an event of its own.

A record that came as repaired, revoked, removed or shielded may be sent again without its state.
The event written beside the version that said so outlives it, until another event lifts it, or a
later decision under the same number takes its place.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, insert, select, update

from portal.catalog_model import EventKind, EventPolicy, RecordClass
from portal.intake.delivery import Delivery
from portal.intake.event_store import SAME
from portal.intake.keys import key_parts, row_digest
from portal.intake.registry_tables import events
from portal.records import ValidRecord

REMOVED = "removed"
"""The state of an entry that has a day of removal, whatever its state says."""

Values = Mapping[str, str]


class Noted(NamedTuple):
    """An event that stands for a delivered state; `values` are its own."""

    id: int
    kind: str
    values: Values


class _Due(NamedTuple):
    """An event to be noted: its kind, its day, and the day of the decision it speaks of."""

    kind: EventKind
    day: str
    of_day: str


class Endings:
    """Keeps such events for the records of one class, in one delivery."""

    def __init__(self, delivery: Delivery, policy: EventPolicy, record_class: RecordClass) -> None:
        self._delivery = delivery
        self._class = record_class
        self._kinds = {kind.code: kind for kind in policy.kinds}
        self._by_status = {status: kind for kind in policy.kinds for status in kind.statuses}
        self._today = delivery.day.isoformat()
        self._new: list[dict[str, Any]] = []
        self._moved: list[dict[str, Any]] = []

    def kind_of(self, record: ValidRecord) -> EventKind | None:
        """Return the kind of event that the state of a record amounts to today, if any."""
        values = record.values
        kind = self._by_status.get(values.get("status", ""))
        removed_on = values.get("removed_on", "")
        if kind is None and removed_on and removed_on <= self._today:
            kind = self._by_status.get(REMOVED)
        return kind

    def note(self, record_id: int, record: ValidRecord, by_code: bytes, kind: EventKind) -> None:
        """Note that a record's publicity has ended; `by_code` is the code it goes by."""
        due = _Due(kind, self._today, record.values["decided_on"])
        self._add(record_id, record, by_code, due)

    def noted(self, ids: Sequence[int]) -> Mapping[int, Sequence[Noted]]:
        """Return what is noted of records, in the order in which it came."""
        query = (
            select(events.c.record_id, events.c.id, events.c.kind, events.c.fields)
            .where(events.c.record_id.in_(ids))
            .order_by(events.c.id)
        )
        found: dict[int, list[Noted]] = defaultdict(list)
        for record_id, event_id, kind, fields in self._delivery.connection.execute(query):
            values = msgspec.json.decode(fields, type=dict[str, str])
            found[record_id].append(Noted(event_id, kind, values))
        return found

    def follow(
        self,
        record_id: int,
        before: Values,
        record: ValidRecord,
        by_code: bytes,
        noted: Sequence[Noted],
    ) -> bool:
        """Note what a new version means for its record; tell whether anything is noted of it.

        `before` are the values of the version it replaces, `by_code` the code it goes by now.
        """
        for event in noted:  # an event finds its record by what the current version says
            values = {name: event.values[name] for name in _OF_EVENT} | self._place(record)
            self._moved.append(
                {"event": event.id, "code": by_code, "place": msgspec.json.encode(values)}
            )
        due = list(self._due(before, record, noted))
        for ending in due:
            self._add(record_id, record, by_code, ending)
        return bool(noted or due)

    def flush(self) -> None:
        """Write what was noted."""
        connection = self._delivery.connection
        if self._moved:
            connection.execute(
                update(events)
                .where(events.c.id == bindparam("event"))
                .values(by_code=bindparam("code"), fields=bindparam("place")),
                self._moved,
            )
        if self._new:
            connection.execute(insert(events), self._new)
        self._moved, self._new = [], []

    def _due(self, before: Values, record: ValidRecord, noted: Sequence[Noted]) -> Iterable[_Due]:
        kind = self.kind_of(record)
        decided_on, last = record.values["decided_on"], before["decided_on"]
        if kind is not None:
            yield _Due(kind, self._today, decided_on)
            return
        removal, planned = self._by_status.get(REMOVED), self._forgotten(before, record, noted)
        if removal is not None and planned and decided_on <= last:
            yield _Due(removal, planned, last)
        elif decided_on != last:
            yield from self._renewed(decided_on, last, noted)

    def _forgotten(self, before: Values, record: ValidRecord, noted: Sequence[Noted]) -> str:
        """Return the day of removal that only the version before gave, unless it is noted."""
        planned = "" if record.values.get("removed_on") else before.get("removed_on", "")
        known = (
            event.values["decided_on"]
            for event in noted
            if event.kind in self._kinds and REMOVED in self._kinds[event.kind].statuses
        )
        return "" if any(day >= planned for day in known) else planned

    def _renewed(self, decided_on: str, last: str, noted: Sequence[Noted]) -> Iterable[_Due]:
        """A later decision lifts what ended an earlier one; the earlier one, back again, ends."""
        ended = {event.kind: event.values for event in noted if self._ends(event.kind)}
        for code, values in ended.items():
            kind, of_day = self._kinds[code], values["record_decided_on"]
            lift = next((k for k in self._kinds.values() if self._renews(k, code)), None)
            if lift is None or not kind.renewable:
                continue
            if last <= of_day < decided_on:
                yield _Due(lift, max(self._today, values["decided_on"]), decided_on)
                return
            if decided_on <= of_day < last:
                yield _Due(kind, self._today, of_day)

    def _ends(self, code: str) -> bool:
        return code in self._kinds and self._kinds[code].effect == "withhold"

    def _renews(self, lift: EventKind, code: str) -> bool:
        renewable = all(self._kinds[lifted].renewable for lifted in lift.lifts)
        return lift.effect == "lift" and code in lift.lifts and renewable

    def _add(self, record_id: int, record: ValidRecord, by_code: bytes, due: _Due) -> None:
        values = {
            "event_kind": due.kind.code,
            "decided_on": due.day,
            "record_decided_on": due.of_day,
        } | self._place(record)
        origin = {"record": str(record_id), "delivery": str(self._delivery.id)}
        self._new.append(
            {
                "digest": row_digest(values | origin),
                "delivery_id": self._delivery.id,
                "line": record.line,
                "kind": due.kind.code,
                "effective_on": due.day,
                "class_code": record.class_code,
                "by_code": by_code,
                "by_name": b"",  # of this very record, never of another subject of its name
                "fields": msgspec.json.encode(values),
                "record_id": record_id,
                "matched_in": self._delivery.id,
            }
        )

    def _place(self, record: ValidRecord) -> dict[str, str]:
        """Return what tells a record from others of the same number and subject."""
        values = record.values
        named = ("authority", "authority_code", "document_number")
        parts = key_parts(self._class, values)
        return {name: values[name] for name in named if name in values} | {
            SAME + part: text for part, text in parts.items()
        }


_OF_EVENT = ("event_kind", "decided_on", "record_decided_on")
