"""May a record be shown, since when, until when, and by which rule. Pure functions over policy.

`show_until = min(the source's own end, start + maximum, list removed, repaired)`, inclusive.
Whatever no term covers is withheld: the portal does not guess. A pending reconsideration or lawsuit
changes nothing (an objection is only noted); a stay of execution withholds while it lasts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from portal.catalog_model import Catalog, PersonRule
from portal.headings import fold_heading
from portal.publish.penalty_class import PenaltyFacts, penalty_facts, severity_of
from portal.publish.periods import Case, Period, covering_terms, periods
from portal.publish.persons import may_be_minor, protected_kind
from portal.publish.sealing import sealing_reason
from portal.records import EventState, StoredRecord, SubjectKind

_DENIALS = ("不", "未", "没", "无", "否")
"""A word on the basis that begins so denies it."""


@dataclass(frozen=True, slots=True)
class Public:
    """A record that may be shown: first and last day (inclusive), the rule in words, its source.

    `severity` is minor, general or serious, as the record was judged, or empty in classes that know
    none.
    """

    since: date
    until: date
    rule: str
    basis: str
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A record that may not be shown; `reason` is a code of the catalogue's reasons."""

    reason: str


Decision = Public | Withheld
NO_EVENTS = EventState()


def decide(
    record: StoredRecord, catalog: Catalog, today: date, *, events: EventState = NO_EVENTS
) -> Decision:
    """Decide on the publicity of one record as of `today` (Asia/Shanghai).

    The first reason found is the one given, in the order: class out of the catalogue, undated,
    events, removal, state, list, person, sealed, a term that withholds, the calendar.
    """
    if record.class_code not in catalog.classes_by_code:
        return Withheld("out_of_catalog")
    case = _case(record, catalog, events)
    if case is None:
        return Withheld("undated")
    removed_on = case.day("removed_on")
    reason = (
        _event_reason(events)
        or ("removed" if removed_on is not None and removed_on <= today else "")
        or catalog.states.get(record.values.get("status", ""), "")
        or _list_reason(record, catalog)
        or _person_reason(case, catalog)
        or sealing_reason(record.class_code, record.values, catalog.sealed)
    )
    if reason:
        return Withheld(reason)
    terms = covering_terms(case, catalog)
    withheld = [term.withheld for term in terms if term.withheld]
    if withheld:
        return Withheld(min(withheld))
    return _shortest(periods(case, catalog, terms), removed_on, today, case.severity or "")


def _case(record: StoredRecord, catalog: Catalog, events: EventState) -> Case | None:
    """Gather what the rules look at; None for a record without the day of its decision."""
    values = record.values
    if not values.get("decided_on"):
        return None
    facts = PenaltyFacts()
    if record.class_code == catalog.penalties.record_class:
        facts = penalty_facts(values, catalog.penalties)
    return Case(
        record=record,
        kind=protected_kind(record.subject, values.get("representative", "")),
        decided_on=date.fromisoformat(values["decided_on"]),
        penalties=facts,
        severity=severity_of(record, facts, catalog),
        events=events,
    )


def _shortest(
    found: Iterable[Period | None], removed_on: date | None, today: date, severity: str
) -> Decision:
    every = list(found)
    if not every:
        return Withheld("no_term")
    known = [period for period in every if period is not None]
    if len(known) < len(every):
        return Withheld("undated")
    # Where the source's own end decides, the strictest term is the one to name.
    shortest = min(known, key=lambda period: (period.until, period.most, period.rule))
    until = shortest.until
    if removed_on is not None:
        until = min(until, removed_on - timedelta(days=1))
    if until < today:
        return Withheld("expired")
    if shortest.since > today:
        return Withheld("not_started")
    return Public(shortest.since, until, shortest.rule, shortest.basis, severity)


def _event_reason(events: EventState) -> str:
    reasons = {
        "repaired": events.repaired,
        "revoked": events.withdrawn,
        "removed": events.deleted_by_court,
        "shielded": events.shielded,
        "stayed": events.stayed,
    }
    return next((reason for reason, happened in reasons.items() if happened), "")


def _list_reason(record: StoredRecord, catalog: Catalog) -> str:
    code = record.values.get("list_code", "")
    if not code:
        return ""
    entry = catalog.lists_by_code.get(code)
    # A list that has left the catalogue since its rows came is not public either.
    if entry is None:
        return "out_of_catalog"
    return "reference_only" if entry.reference_only else ""


def _person_reason(case: Case, catalog: Catalog) -> str:
    if case.kind is not SubjectKind.PERSON:
        return ""
    if may_be_minor(case.record, case.decided_on):
        return "minor_person"
    rule = catalog.classes_by_code[case.record.class_code].persons
    if rule.show == "always" or (rule.show == "with_basis" and _has_basis(case, catalog, rule)):
        return ""
    return "natural_person"


def _has_basis(case: Case, catalog: Catalog, rule: PersonRule) -> bool:
    words = catalog.basis_words
    given = fold_heading(case.record.values.get("disclosure_basis", ""))
    if given in {fold_heading(word) for word in words.no}:
        return False
    if given in {fold_heading(word) for word in words.yes}:
        return rule.consent
    return len(given) >= words.shortest and not given.startswith(_DENIALS)
