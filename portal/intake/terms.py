"""Terms in words, as columns headed 公示期限 hold them, and the day on which they end."""

import re
import unicodedata
from datetime import date, timedelta

from portal.calendar import MONTHS_A_YEAR, add_months
from portal.intake.values import FAR_FUTURE
from portal.records import NO_END

HALF_A_YEAR = 6

_DURATION = re.compile(
    r"(?:(?P<years>[\d一二两三四五六七八九十]{1,3})年(?P<half>半)?)?"
    r"(?:(?P<months>[\d一二两三四五六七八九十]{1,3})个月)?"
)
_DAYS = re.compile(r"(\d{1,4})[天日]")
_NUMERALS = {"一": 1, "二": 2, "两": 2, **{c: n for n, c in enumerate("三四五六七八九", start=3)}}


def end_of_term(text: str, start: date) -> str:
    """Return the last day of a term (`1年`, `三个月`, `一年六个月`, `90天`) after `start`.

    Returns "" for what is no term. Raises ValueError for a term of nothing.
    """
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    if days := _DAYS.fullmatch(plain):
        months, rest = 0, int(days[1])
    elif plain == "半年":
        months, rest = HALF_A_YEAR, 0
    else:
        found = _DURATION.fullmatch(plain)
        if found is None or not plain:
            return ""
        years, half, extra = found["years"], found["half"], found["months"]
        months, rest = (
            MONTHS_A_YEAR * _numeral(years) + HALF_A_YEAR * bool(half) + _numeral(extra),
            0,
        )
    if not months and not rest:
        raise ValueError("期限为零")
    end = start + timedelta(days=rest) if rest else add_months(start, months)
    return (NO_END if end.year >= FAR_FUTURE else end).isoformat()


def _numeral(text: str | None) -> int:
    """Return a number below a hundred, in digits or Chinese numerals."""
    if not text:
        return 0
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if any(len(part) > 1 or part not in ("", *_NUMERALS) for part in (tens, ones)):
        raise ValueError("不是期限")
    return (_NUMERALS.get(tens, 1) * 10 if ten else 0) + _NUMERALS.get(ones, 0)
