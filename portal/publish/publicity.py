"""May a record be shown, since when, until when, and by which rule. Pure functions over policy.

`show_until = min(the source's own end, start + maximum, list removed, repaired)`, inclusive.
Whatever no term covers is withheld: the portal does not guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec

from portal.calendar import add_months
from portal.catalog_model import Catalog, CreditList, Term
from portal.publish.persons import may_be_minor, protected_kind
from portal.records import NO_END, StoredRecord, SubjectKind


@dataclass(frozen=True, slots=True)
class Public:
    """A record that may be shown: first and last day (inclusive), the rule in words, its source."""

    since: date
    until: date
    rule: str
    basis: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """A record that may not be shown; `reason` is a code of the catalogue's reasons."""

    reason: str


Decision = Public | Withheld

_ENDED_STATES = {
    "revoked": "revoked",
    "invalid": "revoked",
    "removed": "removed",
    "repaired": "repaired",
    "shielded": "shielded",
}


@dataclass(frozen=True, slots=True)
class _Period:
    """What one term says of one record; `most` is the last day it would allow by itself."""

    since: date
    until: date
    most: date
    rule: str
    basis: str


def decide(record: StoredRecord, catalog: Catalog, today: date) -> Decision:
    """Decide on the publicity of one record as of `today` (Asia/Shanghai)."""
    values = record.values
    decided_on = _day(values.get("decided_on"))
    if decided_on is None:
        return Withheld("undated")
    kind = protected_kind(record.subject, values.get("representative", ""))
    reason = (
        _ended(record, today)
        or _reference_only(record, catalog)
        or _person_withheld(record, catalog, kind, decided_on)
        or _sealed(record, catalog)
    )
    if reason:
        return Withheld(reason)
    terms = [term for term in catalog.terms if _covers(term, record, kind, decided_on)]
    for term in terms:
        if term.withheld:
            return Withheld(term.withheld)
    return _shortest(_periods(record, catalog, terms), _removal(record), today)


def _shortest(periods: Iterable[_Period | None], removed_on: date | None, today: date) -> Decision:
    found = list(periods)
    if not found:
        return Withheld("no_term")
    known = [period for period in found if period is not None]
    if len(known) < len(found):
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
    return Public(shortest.since, until, shortest.rule, shortest.basis)


def _ended(record: StoredRecord, today: date) -> str:
    removed_on = _removal(record)
    if removed_on is not None and removed_on <= today:
        return "removed"
    return _ENDED_STATES.get(record.values.get("status", ""), "")


def _removal(record: StoredRecord) -> date | None:
    return _day(record.values.get("removed_on"))


def _reference_only(record: StoredRecord, catalog: Catalog) -> str:
    code = record.values.get("list_code", "")
    if not code:
        return ""
    entry = catalog.lists_by_code.get(code)
    # A list that has left the catalogue since its rows came is not public either.
    return "reference_only" if entry is None or entry.reference_only else ""


def _person_withheld(
    record: StoredRecord, catalog: Catalog, kind: SubjectKind, decided_on: date
) -> str:
    if kind is not SubjectKind.PERSON:
        return ""
    if may_be_minor(record, decided_on):
        return "minor_person"
    rule = catalog.classes_by_code[record.class_code].persons.show
    allowed = rule == "always" or (
        rule == "with_basis" and bool(record.values.get("disclosure_basis"))
    )
    return "" if allowed else "natural_person"


def _sealed(record: StoredRecord, catalog: Catalog) -> str:
    policy = catalog.sealed
    if record.class_code not in policy.classes:
        return ""
    basis = record.values.get("legal_basis", "")
    clear = any(word in basis for word in policy.clear_words)
    rest = basis
    for word in policy.clear_words:
        rest = rest.replace(word, "")
    if any(word in rest for word in policy.words):
        return "sealed"
    authority = record.values.get("authority", "")
    police = any(word in authority for word in policy.authority_words)
    return "ambiguous_basis" if police and not clear else ""


def _covers(term: Term, record: StoredRecord, kind: SubjectKind, decided_on: date) -> bool:
    conduct = record.values.get("disruption", "")
    return (
        term.record_class == record.class_code
        and (term.severity is None or record.values.get("severity", "") in term.severity)
        and (term.kinds is None or kind in term.kinds)
        and (term.decided_from is None or term.decided_from <= decided_on)
        and (term.decided_to is None or decided_on <= term.decided_to)
        and not any(words in conduct for words in term.except_conduct)
    )


def _periods(
    record: StoredRecord, catalog: Catalog, terms: Iterable[Term]
) -> Iterable[_Period | None]:
    """Yield what each term says; None where a date it counts from is missing."""
    entry = catalog.lists_by_code.get(record.values.get("list_code", ""))
    for term in terms:
        yield _period(record, term)
        if entry is not None and entry.term_months is not None:
            yield _period(record, _list_term(record, entry, term))


def _list_term(record: StoredRecord, entry: CreditList, term: Term) -> Term:
    """Return the term of the list itself, in the words of its own rule."""
    start = entry.term_start if record.values.get(entry.term_start) else "decided_on"
    return msgspec.structs.replace(
        term,
        start=start,
        months=entry.term_months,
        name=f"{entry.name}：自列入之日起最长公示{entry.term_months}个月",
        basis=entry.basis,
    )


def _period(record: StoredRecord, term: Term) -> _Period | None:
    since = _day(record.values.get(term.start))
    if since is None:
        return None
    until = most = NO_END if term.months is None else add_months(since, term.months)
    rule = term.name
    for name in term.ends:
        own_end = _day(record.values.get(name))
        if own_end is not None and own_end < until:
            until = own_end
            rule = f"{term.name}；来源给出的截止日期更早，从其规定"
    return _Period(since, until, most, rule, term.basis)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
