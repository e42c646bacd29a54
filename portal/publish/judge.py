"""The decision on each record of the registry, with its events and its neighbours in view.

`publicity` decides on one record by itself; here come what events did to it, whole lists that no
longer hold it, and a black list that stands against a red one.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from portal.catalog_model import Catalog
from portal.intake.registry_reader import RegistryReader
from portal.publish.events import EventLog, state_of
from portal.publish.identity import SubjectLinks
from portal.publish.publicity import Decision, Public, Withheld, decide
from portal.records import NO_END, EventState, RecordEvent, StoredRecord
from portal.working_days import add_working_days

REGISTER_CLASS = "code_assignment"
"""The class whose records are the registrar's word on names and codes."""

IN_CONFLICT = Withheld("red_black_conflict")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was decided on a record, and by which events."""

    decision: Decision
    state: EventState
    events: tuple[RecordEvent, ...]


class Judge:
    """Decides on the records of one consistent view of the registry, as of one day.

    With `ids`, only records with one of these registry ids are asked for: all of each subject.
    """

    def __init__(
        self,
        reader: RegistryReader,
        catalog: Catalog,
        links: SubjectLinks,
        today: date,
        *,
        events: Iterable[RecordEvent] | None = None,
        ids: Collection[int] | None = None,
    ) -> None:
        self._catalog = catalog
        self._links = links
        self._today = today
        self._log = EventLog(reader.events() if events is None else events)
        colors = {c.code: c.list_color for c in catalog.classes if c.list_color}
        self._red = {code for code, color in colors.items() if color == "red"}
        black = [code for code, color in colors.items() if color == "black"]
        self._blacklisted = {
            links.entity_key(record)
            for record in (reader.newest_first(black, ids) if black else ())
            if isinstance(self._by_itself(record).decision, Public)
        }

    def judge(self, record: StoredRecord) -> Judgement:
        """Decide on a record."""
        judgement = self._by_itself(record)
        if (
            record.class_code in self._red
            and isinstance(judgement.decision, Public)
            and self._links.entity_key(record) in self._blacklisted
        ):
            return Judgement(IN_CONFLICT, judgement.state, judgement.events)
        return judgement

    def changes_on(self, record: StoredRecord, judgement: Judgement) -> date | None:
        """Return the next day on which a judgement could be another one, with nothing delivered.

        A record that is not public yet is asked again every day.
        """
        days = [event.effective_on for event in judgement.events]
        if removed_on := record.values.get("removed_on"):
            days.append(date.fromisoformat(removed_on))
        # What stands against a red entry is another record; its own days run on meanwhile.
        decision = judgement.decision
        own = self._by_itself(record).decision if decision == IN_CONFLICT else decision
        if own == Withheld("not_started"):
            days.append(self._today + timedelta(days=1))
        elif isinstance(own, Public) and own.until < NO_END:
            days.append(own.until + timedelta(days=1))
        return min((day for day in days if day > self._today), default=None)

    def _by_itself(self, record: StoredRecord) -> Judgement:
        events = tuple(self._log.of(record))
        state = state_of(
            events,
            record.values.get("decided_on", ""),
            self._catalog.events,
            self._today,
            self._deadline,
        )
        if record.absent:
            return Judgement(Withheld("absent"), state, events)
        return Judgement(decide(record, self._catalog, self._today, events=state), state, events)

    def _deadline(self, start: date, days: int) -> date:
        return add_working_days(start, days, self._catalog.calendar.table)


def subject_links(reader: RegistryReader) -> SubjectLinks:
    """Return which codes of the registry lead to which subject."""
    former_codes, living = [], set()
    for assigned in reader.assignments(REGISTER_CLASS):
        if assigned.status == "valid":
            living.add(assigned.uscc)
        if assigned.former_codes:
            former_codes += [(code, assigned.uscc) for code in _parts(assigned.former_codes)]
    return SubjectLinks(reader.credit_codes(), former_codes, living)


def _parts(text: str) -> list[str]:
    return [part for part in text.split("；") if part]


def flags_of(state: EventState) -> dict[str, str]:
    """Return what a published record notes of its events."""
    flags = {}
    if state.objection_since is not None:
        flags["objection"] = state.objection_due.isoformat() if state.objection_due else ""
    if state.corrected_on is not None:
        flags["corrected"] = state.corrected_on.isoformat()
    return flags
