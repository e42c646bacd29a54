"""Take personal data out of free text before it is published.

Penalty facts, duties, permit contents and reasons for listing are written by hand and name
informants, creditors, ID numbers and phones. What is removed leaves a fixed token without digits;
what is masked gets the one shape of its kind. Amounts, case and document numbers, articles, credit
codes, dates, standards and authorities' landlines stay as they are.
"""

from collections.abc import Collection

from portal.publish.digit_runs import plain_digits
from portal.publish.masks import mask_id
from portal.publish.personal_contacts import (
    ACCOUNT_REMOVED,
    PHONE_REMOVED,
    scrub_births,
    scrub_contacts,
    scrub_homes,
    scrub_plates,
)
from portal.publish.personal_names import mask_names
from portal.publish.personal_numbers import NumberKind, NumberSpan, find_numbers

_PASSES = 8
"""A pass may bring together what stood apart; in practice the second changes nothing."""


def scrub(text: str, *, subject_names: Collection[str] = ()) -> str:
    """Return free text without the personal data of anybody.

    Names in `subject_names` are left to the caller, who knows whether the subject may be named.
    Scrubbing scrubbed text changes nothing. Linear in the length of the text; never raises.
    """
    for _ in range(_PASSES):
        scrubbed = _scrub_once(text, subject_names)
        if scrubbed == text:
            break
        text = scrubbed
    return text


def _scrub_once(text: str, subject_names: Collection[str]) -> str:
    """Return text after every rule was applied once, contacts first: they may hold numbers."""
    text = scrub_births(scrub_contacts(text))
    text = _replace(text, find_numbers(text))
    return mask_names(scrub_homes(scrub_plates(text)), subject_names)


def scrub_number(text: str) -> str:
    """Return a document or certificate number, or a name, with personal numbers in it hidden.

    Some certificates carry their holder's ID number as their own. ID numbers with a slip in them
    and those that a source masked its own way are hidden too; only what its length alone could make
    a bank card stays, for so could it make a certificate.
    """
    for _ in range(_PASSES):
        spans = [s for s in find_numbers(text) if s.certain or s.kind is not NumberKind.CARD]
        if not spans:
            break
        scrubbed = _replace(text, spans)
        if scrubbed == text:
            break
        text = scrubbed
    return text


def _replace(text: str, spans: list[NumberSpan]) -> str:
    """Return text with each span masked or removed according to its kind."""
    parts: list[str] = []
    done = 0
    for span in spans:
        parts += (text[done : span.start], _shown(span.kind, text[span.start : span.end]))
        done = span.end
    return "".join(parts) + text[done:]


def _shown(kind: NumberKind, value: str) -> str:
    """Return what may be shown in place of a number."""
    if kind is NumberKind.ID:
        return mask_id(plain_digits(value))
    return PHONE_REMOVED if kind is NumberKind.PHONE else ACCOUNT_REMOVED
