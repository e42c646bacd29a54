"""The shapes in which personal names and numbers may be shown.

One shape per kind: two sources that hide different digits of one number must not add up, so a
number that arrives masked is masked again. Pure functions over text; nothing here raises.
"""

import re
import unicodedata
from datetime import date, timedelta

from portal import names
from portal.identifiers import fold_code
from portal.surnames import compound_surname

HAN = names.HAN
"""Han characters, for use inside a regular expression's brackets."""

MASK_CHARACTERS = names.MASK_CHARACTERS
"""Characters that sources use to hide digits; the letters x and X do so only in runs."""

STAR = "*"
HIDDEN_NAME = STAR * 2
HIDDEN_NUMBER = STAR * 10
"""What stands for a number of unknown kind: no character of it, not even its length."""

FEWEST_CANDIDATES = 100_000
"""A masked number that fits fewer persons than this is not hidden."""

_OLD, _NEW = 15, 18
_DOCUMENT_MINIMUM = 6
_MASKED_LENGTHS = range(16, 21)
_STARRED = str.maketrans(dict.fromkeys(MASK_CHARACTERS, STAR) | {"Х": "X", "х": "X"})
_SPELLED_MASK = re.compile(r"(?<=\d)X{2,}(?=[\dX]|$)")
_CITIZEN = re.compile(r"\d{17}[\dX]", re.ASCII)
_CITIZEN_OLD = re.compile(r"\d{15}", re.ASCII)
_VISIBLE = re.compile(r"([0-9A-Z]*)\*(?:.*\*)?([0-9A-Z]*)", re.ASCII)
_CITIZEN_TYPE = re.compile("身份|居住证|居留|户口")
_TAIWAN_TYPE = re.compile("台胞|台湾|臺灣")

_CHECKS = 11
_YEARS = tuple(map(str, range(1926, 2026)))
_DAYS = tuple(f"{date(2024, 1, 1) + timedelta(days=n):%m%d}" for n in range(366))

_PLATE = re.compile(r"(\w)([A-Z])([A-Z0-9*]{3,6}[挂学警港澳领试超]?)")
_PLATE_TAIL = 2


def mask_id(number: str, id_type: str = "") -> str:
    """Return an ID number in the one shape of its kind.

    18 characters: 4 + 10 stars + 4 (citizens, residence permits of Hong Kong, Macao and Taiwan,
    permanent residence); 15 digits: 4 + 8 stars + 3. A document that `id_type` names as another
    one keeps its first character and last two (Taiwan travel permit: the last two alone). A number
    that a source masked gets the same shape, with at most what both show. Anything else: stars.
    """
    folded = fold_code(number.translate(_STARRED)).translate(_STARRED)
    if not folded:
        return ""
    folded = _SPELLED_MASK.sub(_stars_of, folded)
    if _CITIZEN.fullmatch(folded):
        return folded[:4] + STAR * 10 + folded[-4:]
    kind = unicodedata.normalize("NFKC", id_type).strip()
    citizen = not kind or _CITIZEN_TYPE.search(kind) is not None
    if citizen and _CITIZEN_OLD.fullmatch(folded):
        return folded[:4] + STAR * 8 + folded[-3:]
    visible = _VISIBLE.fullmatch(folded)
    if citizen and visible:
        return _remasked(visible[1], visible[2], len(folded))
    if citizen or len(folded) < _DOCUMENT_MINIMUM or not folded.replace(STAR, "").isalnum():
        return HIDDEN_NUMBER
    first = "" if _TAIWAN_TYPE.search(kind) else folded[0]
    return first + STAR * 6 + folded[-2:]


def _stars_of(match: re.Match[str]) -> str:
    """Return as many stars as a run of X hides digits; a last single X may be a check character."""
    return STAR * len(match[0])


def _remasked(head: str, tail: str, length: int) -> str:
    """Return a number that arrived masked in the shape of its length, showing no more than it."""
    if not (head or tail) or not (length == _OLD or length in _MASKED_LENGTHS):
        return HIDDEN_NUMBER
    hidden, last = (8, 3) if length == _OLD else (10, 4)
    return head[:4].ljust(4, STAR) + STAR * hidden + tail[-last:].rjust(last, STAR)


def candidates(masked: str) -> int:
    """Return how many ID numbers fit what a masked one shows: its region, birth date and check.

    Counts every region and the births of the last hundred years. Fifteen characters are an ID of
    the first generation; where the stars do not stand for one digit each, what is before and behind
    them is taken for the beginning and the end of eighteen.
    """
    folded = fold_code(masked.translate(_STARRED)).translate(_STARRED)
    folded = _SPELLED_MASK.sub(_stars_of, folded)
    if len(folded) == _OLD:
        return _ways(folded[:6] + "19" + folded[6:] + STAR, checked=False)
    if len(folded) != _NEW:
        head, tail = folded.split(STAR, 1)[0], folded.rsplit(STAR, 1)[-1]
        folded = head + STAR * max(1, _NEW - len(head) - len(tail)) + tail
    return _ways(folded[:_NEW], checked=folded[-1] != STAR)


def _ways(masked: str, *, checked: bool) -> int:
    """Return in how many ways 18 characters can be filled in, one in eleven with a known check."""
    region, year, day, serial = masked[:6], masked[6:10], masked[10:14], masked[14:17]
    digits = region.count(STAR) + serial.count(STAR)
    total: int = 10**digits * _fitting(year, _YEARS) * _fitting(day, _DAYS)
    return -(-total // _CHECKS) if checked else total


def _fitting(masked: str, known: tuple[str, ...]) -> int:
    """Return how many of the known texts fit a masked one; none of them counts as one."""
    pattern = re.compile(masked.replace(STAR, "."))
    return sum(1 for text in known if pattern.fullmatch(text)) or 1


def mask_name(name: str) -> str:
    """Return a person's name as surname and `**`, whatever its length.

    Compound surnames stay whole; double-parent surnames and names with a middle dot keep their
    first character; Latin names their initial. Masked names (张某某, 张*) get the same shape, and
    so does the name in 经营者张三 or 张三（个体工商户）.
    """
    plain = names.personal_part(name)
    if not plain:
        return ""
    compound = compound_surname(plain)
    if compound and len(plain) > len(compound):
        return compound + HIDDEN_NAME
    first = unicodedata.normalize("NFKC", plain[0]) if plain[0] > "\uff00" else plain[0]
    return first + HIDDEN_NAME if first.isalpha() else HIDDEN_NAME


def mask_plate(plate: str) -> str:
    """Return a licence plate as province, city letter, three stars, last two: `湘L***45`.

    The same shape for seven and eight characters; stars alone for what is no plate.
    """
    folded = fold_code(plate.translate(_STARRED)).replace("•", "")
    if not folded:
        return ""
    match = _PLATE.fullmatch(folded)
    return match[1] + match[2] + STAR * 3 + match[3][-_PLATE_TAIL:] if match else STAR * 3
