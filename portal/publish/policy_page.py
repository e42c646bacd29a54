"""The page that states every publicity rule in force here, written from the catalogue alone."""

from collections.abc import Iterable, Sequence

from portal.catalog_model import Catalog, CreditList, RecordClass, Term, Wording

_TRANSITION = {
    "shorter": "by the regime of their day and by the present one, whichever ends sooner",
    "old": "by the regime of their day alone",
    "new": "by the present regime alone",
}
_SHOW = {
    "never": "never shown",
    "with_basis": "shown only with a legal basis or consent on the record",
    "always": "shown",
}
_NAME = {"full": "full name", "surname": "surname and `**`"}


def render(catalog: Catalog) -> str:
    """Return docs/publicity.md: Markdown of the classes' terms, lists, minimums, sources, reasons.

    The same catalogue gives the same text.
    """
    parts = (
        _opening(),
        _regimes(catalog),
        *(_class(record_class, catalog) for record_class in catalog.classes),
        _minimums(catalog),
        _severity(catalog),
        _lists(catalog),
        _sealed(catalog),
        _states(catalog),
        _timeliness(catalog),
        _reasons(catalog),
    )
    return "\n\n".join(parts) + "\n"


def _opening() -> str:
    return """# Publicity rules

Written by `python -m portal policy-page` from `portal/catalog/`; change the catalogue, not this.

A record is public from the day its term counts from until the earliest of: the source's own end,
the end of every term that covers it, the day before its removal from a list. The last day is
included. Months are those of the Civil Code (Art. 201 to 203): the start day does not count, a
period ends on the corresponding day or on the month's last. A source's end beyond the maximum is
capped, an earlier one is honoured; a far-future date is never "permanent" where there is a maximum.
What no term covers is not public. A pending reconsideration or lawsuit suspends nothing; a stay of
execution does."""


def _regimes(catalog: Catalog) -> str:
    rows = [
        (
            regime.code,
            regime.in_force_from.isoformat(),
            regime.in_force_to.isoformat() if regime.in_force_to else "",
            regime.basis,
        )
        for regime in sorted(catalog.regimes, key=lambda regime: regime.in_force_from)
    ]
    return _section(
        "Regimes for penalties",
        _table(("Regime", "Decided from", "to", "Source"), rows),
        f"Transition: `{catalog.transition}`. Decisions made before the present regime are judged "
        f"{_TRANSITION[catalog.transition]}. No source settles it: to be confirmed.",
    )


def _class(record_class: RecordClass, catalog: Catalog) -> str:
    persons = record_class.persons
    rows = [
        (term.name, _covers(term), _says(term, catalog), _source(term))
        for term in catalog.terms_by_class.get(record_class.code, ())
    ]
    return _section(
        f"{record_class.title} `{record_class.code}`",
        f"Natural persons: {_SHOW[persons.show]}"
        + ("" if persons.show == "never" else f", {_NAME[persons.name]}")
        + "; a minor never.",
        _table(("Rule", "Covers", "Says", "Source"), rows),
    )


def _covers(term: Term) -> str:
    conditions = []
    if term.regime:
        conditions.append(f"regime `{term.regime}`")
    if term.severity is not None:
        conditions.append("severity " + ", ".join(term.severity))
    if term.kinds is not None:
        conditions.append("subject " + ", ".join(term.kinds))
    if term.only_types:
        conditions.append("no penalty but " + ", ".join(term.only_types))
    if term.when is not None:
        conditions.append(_wording(term.when))
    if term.unless is not None:
        conditions.append(f"not: {_wording(term.unless)}")
    return "; ".join(conditions) or "all"


def _says(term: Term, catalog: Catalog) -> str:
    if term.withheld:
        return f"not public: {catalog.reasons[term.withheld]}"
    ends = "; ends at " + ", ".join(f"`{name}`" for name in term.ends) if term.ends else ""
    if term.open:
        return f"no maximum{ends}"
    more = "".join(f"; {code} {months} months" for code, months in term.months_by_type.items())
    return (
        _length(term.months, term.until_month_day, term.start, term.extension_months) + ends + more
    )


def _length(months: int | None, month_day: str, start: str, extension: int | None) -> str:
    length = f"{months} months from" if months else f"until {month_day} of the year after"
    extended = f", extendable by up to {extension} months" if extension else ""
    return f"{length} `{start}`{extended}"


def _source(rule: Term | CreditList) -> str:
    since = f", in force {rule.source_date.isoformat()}" if rule.source_date else ""
    return f"{rule.basis}{since}" + ("" if rule.confirmed else " (to be confirmed)")


def _minimums(catalog: Catalog) -> str:
    rows = [
        (
            m.name,
            ", ".join(m.regimes),
            _wording(m.where),
            f"at least {m.months} months",
            m.basis,
        )
        for m in catalog.minimums
    ]
    return _section(
        "Minimums",
        "They raise a maximum that would be shorter, never an earlier end of the source.",
        _table(("Rule", "Regimes", "Covers", "Says", "Source"), rows),
    )


def _severity(catalog: Catalog) -> str:
    rows = [
        (
            rule.name,
            (", ".join(rule.only_types) or "any penalty")
            + ("" if rule.amount_up_to is None else f"; up to {rule.amount_up_to} 万元"),
            rule.severity,
            rule.basis,
        )
        for rule in catalog.severity_rules
    ]
    types = [(k.code, k.title, "、".join(k.words)) for k in catalog.penalties.types]
    return _section(
        "Severity of a penalty",
        "The class is the line authority's and comes with the record. Where it does not, the "
        "mildest of these rules that fits decides; none says serious.",
        _table(("Rule", "Only", "Severity", "Source"), rows),
        "Several penalties in one decision: the longest of their terms.",
        _table(("Type", "Title", "Words"), types),
    )


def _lists(catalog: Catalog) -> str:
    rows = [
        (entry.name, entry.color, catalog.families[entry.family], _list_says(entry), _source(entry))
        for entry in catalog.lists
    ]
    return _section(
        "Lists",
        "Only these lists are taken; their own term stands in place of the class's open one.",
        _table(("List", "Color", "Family", "Says", "Source"), rows),
    )


def _list_says(entry: CreditList) -> str:
    if entry.reference_only:
        return "never public: for government reference only"
    if entry.term_months is None and not entry.until_month_day:
        return "no maximum; ends as the source says"
    says = _length(
        entry.term_months, entry.until_month_day, entry.term_start, entry.extension_months
    )
    return says + "".join(
        f"; {v.name} {v.months} months ({_wording(v.when)})" for v in entry.variants
    )


def _sealed(catalog: Catalog) -> str:
    policy = catalog.sealed
    return _section(
        "Sealed",
        f"{policy.name} ({policy.basis}).",
        f"- In {_fields(policy.fields)}: {'、'.join(policy.words)} seal the record.\n"
        f"- In {_fields(policy.mention_fields)} the same words make it ambiguous.\n"
        f"- In {_fields(policy.authority_fields)}: {'、'.join(policy.authority_words)} make it "
        "ambiguous, unless its basis has one of the clear words.\n"
        f"- Clear words: {'、'.join(policy.clear_words)}.\n"
        "- What is ambiguous is not public.",
    )


def _states(catalog: Catalog) -> str:
    rows = [(f"`{state}`", catalog.reasons[reason]) for state, reason in catalog.states.items()]
    return _section("States that end publicity", _table(("State of the source", "Reason"), rows))


def _timeliness(catalog: Catalog) -> str:
    rule = catalog.timeliness
    years = ", ".join(map(str, catalog.calendar.years)) or "none"
    return _section(
        "Timeliness",
        f"{rule.name} ({rule.basis}): {rule.days} working days, counted for "
        f"{_fields(rule.classes)}. Measured per authority, never a reason to reject.",
        f"Years added to the calendar: {years}; single days: {len(catalog.calendar.days)}.",
    )


def _reasons(catalog: Catalog) -> str:
    rows = [(f"`{code}`", words) for code, words in catalog.reasons.items()]
    return _section("Reasons for not being public", _table(("Code", "Words"), rows))


def _wording(wording: Wording) -> str:
    but = f" (but not {'、'.join(wording.ignoring)})" if wording.ignoring else ""
    return f"{_fields(wording.fields)} with {'、'.join(wording.words)}{but}"


def _fields(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _section(title: str, *parts: str) -> str:
    return "\n\n".join((f"## {title}", *filter(None, parts)))


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(
        "| " + " | ".join(c.replace("|", "\\|") for c in line) + " |" for line in lines
    )
