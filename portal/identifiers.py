"""Identifiers of organisations, persons and documents: fold to one spelling, then check.

Implements GB 32100-2015 (unified social credit code), GB 11714 (organisation code),
GS 15-2006 (business registration number) and GB 11643 (citizen's ID number). Pure functions.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_LENGTH = 18
ORG_CODE_LENGTH = 9
REGISTRATION_LENGTH = 15
ID_LENGTH = 18
OLD_ID_LENGTH = 15

_USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_USCC_VALUES = {character: value for value, character in enumerate(USCC_ALPHABET)}
_USCC_SHAPE = re.compile(rf"[1-9ANY][{USCC_ALPHABET}]\d{{6}}[{USCC_ALPHABET}]{{10}}", re.ASCII)

_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORG_SHAPE = re.compile(r"[0-9A-Z]{8}[0-9X]", re.ASCII)

_ID_WEIGHTS = tuple(pow(2, 17 - i, 11) for i in range(17))
_ID_CHECKS = "10X98765432"
_ID_SHAPE = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_BIRTH_YEARS = range(1880, 2100)
_OLD_ID_SHAPE = re.compile(r"[1-9]\d{14}", re.ASCII)

_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_CODE_NOISE = re.compile(rf"[\s\-_.·‐-―−{_INVISIBLE}]+")
_SPACE = re.compile(rf"[\s{_INVISIBLE}]+")
_DASHES = re.compile("[‐-―−﹣ー]")
_OPENING, _CLOSING = "〔[【〖{<〈《「『﹝（", "〕]】〗}>〉》」』﹞）"
_BRACKETS = str.maketrans(_OPENING + _CLOSING, "(" * len(_OPENING) + ")" * len(_CLOSING))
_NUL = "\0"
_DAMAGED = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE | re.ASCII)


def fold_code(text: str) -> str:
    """Return a code in its one spelling: half width, upper case, no spaces, dashes or dots."""
    if text.isascii() and text.isalnum():  # nearly all are: nothing to do but the case
        return text.upper()
    return _composed(_CODE_NOISE.sub("", unicodedata.normalize("NFKC", text)))


def is_damaged_number(text: str) -> bool:
    """Tell whether a spreadsheet turned a long number into floating point (`4.31003E+17`)."""
    return _DAMAGED.fullmatch(unicodedata.normalize("NFKC", text).strip()) is not None


def uscc_check_character(first17: str) -> str:
    """Return the 18th character of a unified social credit code (GB 32100-2015, 6.4).

    Raises KeyError when `first17` holds a character outside the alphabet.
    """
    total = sum(_USCC_VALUES[c] * w for c, w in zip(first17, _USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def is_uscc(code: str) -> bool:
    """Tell whether a folded code is a valid unified social credit code.

    One ID number in thirty has, by chance, the check character of a credit code. A number that is
    a valid ID is believed to be a credit code only if the organisation code inside it is valid
    too: a company missed once in a million is less harm than a person's number published.
    """
    if _USCC_SHAPE.fullmatch(code) is None or uscc_check_character(code[:17]) != code[17]:
        return False
    return not is_id_number(code) or is_org_code(org_code_of(code))


def org_code_check_character(first8: str) -> str:
    """Return the check character of an organisation code (GB 11714: modulus 11, 10 is X)."""
    total = sum(int(c, 36) * w for c, w in zip(first8, _ORG_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def is_org_code(code: str) -> bool:
    """Tell whether a folded code (no dash) is a valid nine-character organisation code."""
    return _ORG_SHAPE.fullmatch(code) is not None and org_code_check_character(code[:8]) == code[8]


def org_code_of(uscc: str) -> str:
    """Return the organisation code inside a credit code: its positions 9 to 17."""
    return uscc[8:17]


def region_of(uscc: str) -> str:
    """Return the six-digit registering region inside a credit code: its positions 3 to 8."""
    return uscc[2:8]


def registration_check_digit(first14: str) -> str:
    """Return the last digit of a business registration number (GS 15-2006: MOD 11,10)."""
    product = 10
    for digit in first14:
        product = (product + int(digit)) % 10 or 10
        product = product * 2 % 11
    return str((11 - product) % 10)


def is_registration_number(code: str) -> bool:
    """Tell whether a folded code is a valid fifteen-digit business registration number."""
    shape = len(code) == REGISTRATION_LENGTH and code.isascii() and code.isdigit()
    return shape and registration_check_digit(code[:14]) == code[14]


def id_check_character(first17: str) -> str:
    """Return the 18th character of a citizen's ID number (GB 11643)."""
    return _ID_CHECKS[sum(int(c) * w for c, w in zip(first17, _ID_WEIGHTS, strict=True)) % 11]


def id_birth_date(number: str) -> date | None:
    """Return the birth date inside a folded 15- or 18-digit ID number, or None if it has none."""
    if _ID_SHAPE.fullmatch(number):
        digits = number[6:14]
    elif _OLD_ID_SHAPE.fullmatch(number):
        digits = "19" + number[6:12]
    else:
        return None
    if int(digits[:4]) not in _BIRTH_YEARS:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def is_id_number(number: str) -> bool:
    """Tell whether a folded 18-character number is a valid ID: shape, date that exists, check.

    The region prefix is not looked up: prefixes of dissolved regions stay valid for life.
    """
    return (
        _ID_SHAPE.fullmatch(number) is not None
        and id_birth_date(number) is not None
        and id_check_character(number[:17]) == number[17]
    )


def is_old_id_number(number: str) -> bool:
    """Tell whether a folded 15-digit number can be an ID of the first generation.

    It has no check digit: only its birth date tells it from a business registration number.
    """
    return _OLD_ID_SHAPE.fullmatch(number) is not None and id_birth_date(number) is not None


def upgrade_old_id(number: str) -> str:
    """Return the 18-character form of a 15-digit ID number (all its holders were born in 19xx)."""
    first17 = number[:6] + "19" + number[6:]
    return first17 + id_check_character(first17)


def fold_document_number(text: str) -> str:
    """Return a document or case number in its one spelling, for comparing, never for display.

    Half width, upper case, no spaces, and every kind of bracket around the year made round:
    the same decision arrives as 〔2019〕, [2019], 【2019】, (2019) and （2019）.
    """
    plain = _SPACE.sub("", unicodedata.normalize("NFKC", text))
    return _composed(_DASHES.sub("-", plain.translate(_BRACKETS)))


def fold_document_numbers(texts: Sequence[str]) -> list[str]:
    """Return what `fold_document_number` makes of each, at once: NUL composes with nothing."""
    together = fold_document_number(_NUL.join(texts)).split(_NUL)
    return together if len(together) == len(texts) else list(map(fold_document_number, texts))


def _composed(text: str) -> str:
    """Return text in upper case, composed anew: a removed space may have parted an accent."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
