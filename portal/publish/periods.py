"""From when until when a record is public by each term that covers it. Pure functions over policy.

`last day = min(the source's own end, start + maximum)`, inclusive, months by the Civil Code.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import msgspec

from portal.calendar import add_months, next_year_on
from portal.catalog_model import Catalog, CreditList, Severity, Term
from portal.publish.penalty_class import PenaltyFacts
from portal.publish.wording import says
from portal.records import NO_END, EventState, StoredRecord, SubjectKind

_COUNTED_FROM = {"published_on": "公布"}


@dataclass(frozen=True, slots=True)
class Case:
    """A record with what its terms depend on: kind protected as, penalties, severity, events."""

    record: StoredRecord
    kind: SubjectKind
    decided_on: date
    penalties: PenaltyFacts
    severity: Severity | None
    events: EventState

    def day(self, field: str) -> date | None:
        """Return the date in a field of the record, or None."""
        text = self.record.values.get(field)
        return date.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True)
class Period:
    """What one term says of one record; `most` is the last day it would allow by itself."""

    since: date
    until: date
    most: date
    rule: str
    basis: str


def covering_terms(case: Case, catalog: Catalog) -> list[Term]:
    """Return the terms that cover a record, those of its list in place of the class's open one."""
    regimes = regimes_for(case.decided_on, catalog)
    found = [
        term
        for term in catalog.terms_by_class.get(case.record.class_code, ())
        if (not term.regime or term.regime in regimes) and _covers(term, case)
    ]
    entry = catalog.lists_by_code.get(case.record.values.get("list_code", ""))
    if entry is None or (entry.term_months is None and not entry.until_month_day):
        return found
    own = [_list_term(entry, term, case) for term in found if not term.withheld]
    return [term for term in found if not term.open] + own


def regimes_for(decided_on: date, catalog: Catalog) -> frozenset[str]:
    """Return the codes of the regimes that judge a decision of that day.

    The transition to the present regime is policy: for an earlier decision the regime of its day,
    the present one, or both (the shorter). A decision older than all is judged by the present one.
    """
    ordered = sorted(catalog.regimes, key=lambda regime: regime.in_force_from)
    present = ordered[-1]
    if decided_on >= present.in_force_from or catalog.transition == "new":
        return frozenset((present.code,))
    old = {
        regime.code
        for regime in ordered
        if regime.in_force_from <= decided_on <= (regime.in_force_to or NO_END)
    }
    if catalog.transition == "old" and old:
        return frozenset(old)
    return frozenset(old | {present.code})


def periods(case: Case, catalog: Catalog, terms: list[Term]) -> Iterator[Period | None]:
    """Yield what each term says; None where the date it counts from is missing."""
    for term in terms:
        yield _period(case, catalog, term)


def _covers(term: Term, case: Case) -> bool:
    values = case.record.values
    return (
        (term.severity is None or case.severity in term.severity)
        and (term.kinds is None or case.kind in term.kinds)
        and (not term.only_types or case.penalties.are_only(term.only_types))
        and (term.when is None or says(values, term.when))
        and (term.unless is None or not says(values, term.unless))
    )


def _list_term(entry: CreditList, term: Term, case: Case) -> Term:
    """Return the term of the list itself, in the words of its own rule."""
    start = entry.term_start if case.record.values.get(entry.term_start) else "decided_on"
    counted_from = _COUNTED_FROM.get(start, "列入")
    months, name = entry.term_months, entry.name
    for variant in entry.variants:
        if (months is None or variant.months < months) and says(case.record.values, variant.when):
            months, name = variant.months, f"{entry.name}（{variant.name}）"
    if months is None:
        words = f"{name}：公示至{counted_from}次年{_month_day(entry.until_month_day)}"
    else:
        words = f"{name}：自{counted_from}之日起最长公示{months}个月"
    return msgspec.structs.replace(
        term,
        start=start,
        months=months,
        months_by_type={},
        until_month_day="" if months is not None else entry.until_month_day,
        open=False,
        extendable=entry.extendable,
        extension_months=entry.extension_months,
        name=words,
        basis=entry.basis,
    )


def _month_day(text: str) -> str:
    month, day = text.split("-")
    return f"{int(month)}月{int(day)}日"


def _period(case: Case, catalog: Catalog, term: Term) -> Period | None:
    since = case.day(term.start)
    if since is None or any(case.day(name) is None for name in term.needs):
        return None
    most, rule = _maximum(case, catalog, term, since)
    moved = _moved_end(case, catalog, term, since)
    if moved > most:
        most, rule = moved, f"{rule}；依决定延长"
    until = most
    for name in term.ends:
        own_end = case.day(name)
        if own_end is not None and max(own_end, moved) < until:
            until = max(own_end, moved)
            how = "依决定延长" if moved > own_end else "来源给出的截止日期更早，从其规定"
            rule = f"{term.name}；{how}"
    return Period(since, until, most, rule, term.basis)


def _maximum(
    case: Case, catalog: Catalog, term: Term, since: date, more: int = 0
) -> tuple[date, str]:
    """Return the last day that a term allows, `more` months later than it says, and its rule."""
    if term.until_month_day:
        return add_months(next_year_on(since, term.until_month_day), more), term.name
    if term.months is None:
        return NO_END, term.name
    by_type = (term.months_by_type.get(code, 0) for code in case.penalties.types)
    months, rule = max((term.months, *by_type)), term.name
    for minimum in catalog.minimums:
        if (
            minimum.record_class == case.record.class_code
            and term.regime in minimum.regimes
            and minimum.months > months
            and says(case.record.values, minimum.where)
        ):
            months, rule = minimum.months, minimum.name
    return add_months(since, months + more), rule


def _moved_end(case: Case, catalog: Catalog, term: Term, since: date) -> date:
    """Return the day to which an event moved the end, within the term's limit; else `date.min`."""
    until = case.events.extended_until
    if until is None or term.extension_months is None:
        return date.min
    return min(until, _maximum(case, catalog, term, since, term.extension_months)[0])
