"""The gate over everything that will be published: does a personal number stand in it?

It finds only numbers that prove themselves, by the same detector that scrubbing uses; so it is
silent over scrubbed text, and over amounts, codes, dates, digests and document numbers. A mask that
fits a few thousand persons proves itself too: the check character finds the one among them.
"""

from dataclasses import dataclass

from portal.publish.personal_numbers import find_numbers, find_weak_masks


@dataclass(frozen=True, slots=True)
class Leak:
    """A personal number at `text[start:end]`; `kind` is `id`, `phone` or `card`. Holds no value."""

    kind: str
    start: int
    end: int


def find_leaks(text: str) -> list[Leak]:
    """Return the personal numbers in a text, in order.

    ID numbers with a valid date and check character in any formatting, fifteen-digit ones with a
    valid date after a marker or as the whole of a value (the text itself, or quoted in JSON),
    masked ones that fewer than 100,000 numbers fit, mobile numbers, and bank cards with a valid
    check digit and an issuer's prefix.
    """
    spans = find_numbers(text, certain_only=True) + find_weak_masks(text)
    found = [Leak(span.kind.value, span.start, span.end) for span in spans]
    return sorted(found, key=lambda leak: (leak.start, leak.end))
