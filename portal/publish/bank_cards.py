"""Tell bank card numbers from other long numbers (ISO/IEC 7812-1)."""

import re

from portal.identifiers import is_uscc

_CARD_START = re.compile(r"62(?!0\d)|955[89]|4[0789]|5[5-9]|60|68|69")
_DATE_WITHIN = re.compile(r"(?:\d{6})?(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_CARD_LENGTHS = range(16, 20)
_CARD_GROUP = 4


def is_card(digits: str, sizes: tuple[int, ...]) -> bool:
    """Tell whether digits can be a bank card: Luhn, 16 to 19, not a code or a dated number.

    `sizes` are the lengths of the groups they are written in: one, or all of four but the last.
    """
    grouped = all(size == _CARD_GROUP for size in sizes[:-1]) and sizes[-1] <= _CARD_GROUP
    if len(digits) not in _CARD_LENGTHS or not (len(sizes) == 1 or grouped):
        return False
    return (
        digits[0] in "34569"
        and not _DATE_WITHIN.match(digits)
        and not is_uscc(digits)
        and _luhn(digits)
    )


def _luhn(digits: str) -> bool:
    """Tell whether the last digit fits the others by the Luhn formula (ISO/IEC 7812-1)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def has_issuer_prefix(digits: str) -> bool:
    """Tell whether a card number begins as the cards issued in China do, not as a region code."""
    return _CARD_START.match(digits) is not None
