"""What the events of a record amount to, on the day of publishing. Pure, over the event policy."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from portal.catalog_model import EventKind, EventPolicy
from portal.errors import CalendarError
from portal.intake.event_store import meets
from portal.intake.keys import MatchKeys
from portal.records import EventState, RecordEvent, StoredRecord

_STATE_OF_REASON = {
    "repaired": "repaired",
    "revoked": "withdrawn",
    "removed": "deleted_by_court",
    "shielded": "shielded",
    "stayed": "stayed",
}
Deadline = Callable[[date, int], date]
"""The working day that is so many working days after a day. Raises CalendarError."""


class EventLog:
    """All events that have met a record; gives those of one, in the order they took effect."""

    def __init__(self, events: Iterable[RecordEvent]) -> None:
        self._by_key: dict[bytes, list[RecordEvent]] = defaultdict(list)
        for event in events:
            for key in {event.by_code, event.by_name} - {b""}:
                self._by_key[key].append(event)

    def of(self, record: StoredRecord) -> list[RecordEvent]:
        """Return the events that speak of a record: also of one re-sent under other spellings."""
        found = {
            event.digest: event
            for key in (record.by_code, record.by_name)
            for event in self._by_key.get(key, ())
        }
        if not found:
            return []
        keys = MatchKeys(record.by_code, record.by_name)
        meeting = (
            event
            for event in found.values()
            if meets(event, record.class_code, keys, record.values)
        )
        return sorted(meeting, key=lambda event: event.effective_on)


def state_of(
    events: Iterable[RecordEvent],
    decided_on: str,
    policy: EventPolicy,
    today: date,
    deadline: Deadline,
) -> EventState:
    """Return what events, in order, amount to for a record decided on a day (ISO text).

    An event of the future has no effect yet. One that withholds does not touch a decision made
    after it where its kind is renewable. The calendar may not know the year of an objection's
    deadline: it is then left open.
    """
    kinds = {kind.code: kind for kind in policy.kinds}
    active: dict[str, RecordEvent] = {}
    for event in events:
        kind = kinds.get(event.kind)
        if kind is None or event.effective_on > today:
            continue
        if kind.effect == "lift":
            for lifted in kind.lifts:
                active.pop(lifted, None)
        elif not (_is_renewed(kind, event, decided_on)):
            active[kind.code] = event
    return _state(active, kinds, policy, deadline)


def _is_renewed(kind: EventKind, event: RecordEvent, decided_on: str) -> bool:
    renewable = kind.effect == "withhold" and kind.renewable
    return renewable and decided_on > event.effective_on.isoformat()


def _state(
    active: Mapping[str, RecordEvent],
    kinds: Mapping[str, EventKind],
    policy: EventPolicy,
    deadline: Deadline,
) -> EventState:
    ends = {
        _STATE_OF_REASON[kinds[code].reason] for code in active if kinds[code].effect == "withhold"
    }
    flagged = {kinds[code].flag: event.effective_on for code, event in active.items()}
    extensions = [
        date.fromisoformat(event.values["until"])
        for code, event in active.items()
        if kinds[code].effect == "extend"
    ]
    opened = flagged.get("objection")
    return EventState(
        **dict.fromkeys(ends, True),
        extended_until=max(extensions, default=None),
        objection_since=opened,
        objection_due=_due(opened, policy.objection_days, deadline),
        corrected_on=flagged.get("corrected"),
    )


def _due(opened: date | None, days: int, deadline: Deadline) -> date | None:
    if opened is None:
        return None
    try:
        return deadline(opened, days)
    except CalendarError:
        return None
