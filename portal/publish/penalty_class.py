"""What the penalties of a decision are, and how severe the dishonesty is. Pure functions.

The severity (轻微、一般、严重) is the line authority's and comes with the record (NDRC Order 36).
Where it does not, the policy's rules decide, and never for `serious`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from portal.catalog_model import MILDEST_FIRST, Catalog, Penalties, Severity, SeverityRule
from portal.publish.wording import plain, texts
from portal.records import StoredRecord

_MARKS = re.compile(r"[\W_\0]+")


@dataclass(frozen=True, slots=True)
class PenaltyFacts:
    """The penalties of one decision.

    `types` are codes of the policy's types, `unknown` tells that some words are none of them,
    `amount` is the sum of all amounts in 万元.
    """

    types: frozenset[str] = frozenset()
    unknown: bool = False
    amount: Decimal = Decimal(0)

    def are_only(self, types: tuple[str, ...]) -> bool:
        """Tell whether there are penalties, all of them known and among `types`."""
        return bool(self.types) and not self.unknown and self.types.issubset(types)


def penalty_facts(values: Mapping[str, str], policy: Penalties) -> PenaltyFacts:
    """Return the penalties that the fields of a record tell of.

    A sum or a licence is a penalty too where the words leave it out: 警告 beside a fine of 0.2 is
    no mere warning. Zero is no sum.
    """
    found = {
        kind.code
        for kind in policy.types
        if any(_is_something(text) for text in texts(values, kind.evidence))
    }
    rest = plain("；".join(texts(values, policy.type_fields)))
    for word, code in policy.words:
        if word in rest:
            found.add(code)
            rest = rest.replace(word, "；")
    for word in policy.joiners:
        rest = rest.replace(word, "")
    amount = sum(
        (_number(t) or Decimal(0) for t in texts(values, policy.amount_fields)), Decimal(0)
    )
    return PenaltyFacts(frozenset(found), bool(_MARKS.sub("", rest)), amount)


def severity_of(record: StoredRecord, facts: PenaltyFacts, catalog: Catalog) -> Severity | None:
    """Return the severity a record is judged by; None in classes that know none.

    The source's own word, else the mildest rule that fits.
    """
    rules = [r for r in catalog.severity_rules if r.record_class == record.class_code]
    if not rules:
        return None
    own = record.values.get("severity")
    allowed = {own} if own in MILDEST_FIRST else {r.severity for r in rules if _fits(r, facts)}
    return next((severity for severity in MILDEST_FIRST if severity in allowed), None)


def _fits(rule: SeverityRule, facts: PenaltyFacts) -> bool:
    return (not rule.only_types or facts.are_only(rule.only_types)) and (
        rule.amount_up_to is None or facts.amount <= rule.amount_up_to
    )


def _is_something(text: str) -> bool:
    return _number(text) != 0


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
