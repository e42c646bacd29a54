"""Values of source cells: every shape seen in real files, brought to one canonical text.

Each reader takes the cell's text (not empty) and returns canonical text, or "" where the cell means
"nothing"; it raises ValueError with a reason in words that never repeats the value.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from portal import identifiers
from portal.clock import SHANGHAI
from portal.records import NO_END

EARLIEST, LATEST = date(1949, 10, 1), date(2100, 12, 31)

_EMPTY = frozenset(
    {"", "暂无", "无", "N/A", "NA", "/", "\\", "-", "--", "—", "——", "NULL", "NONE", "空", "NAN"}
)
_LONGEST_EMPTY = max(map(len, _EMPTY))
_OPEN_ENDED = frozenset({"长期", "长期有效", "永久", "永久有效", "无固定期限", "不限", "9999"})
FAR_FUTURE = 2099
"""From this year on an end date means no end."""

_EXCEL_EPOCH = date(1899, 12, 30)
_EXCEL_SERIALS = range(18000, 73051)  # 1949 to 2099: no other five digits are a date
_ZERO_YEARS = (1899, 1900)
_IMPOSSIBLE = ((0, 0, 0), (1, 1, 1))
_FIRST_TWOFOLD = date(2031, 10, 5)  # ten digits that begin with a year are an epoch from here on
_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_TIME = re.compile(
    r"[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AP]M))?(?: ?(Z|[+-]\d{2}:?\d{2}))?$"
)
_MONEY = re.compile(r"(-?\d+(?:,\d{3})*(?:\.\d+)?)(万元|元|万)?")
_SEPARATORS = re.compile(r"[；;、，,|\n]+")
_NAME_NOISE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]+")
_SPACES = re.compile(r"[ \t\u00a0\u3000\r\f\v]+")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MASKED_ID = re.compile(r"[0-9A-Z]{1,14}[*X]{3,17}[0-9X]{0,6}")


def is_empty(text: str) -> bool:
    """Tell whether a cell means "nothing". Zero is a value."""
    plain = text.strip()
    return len(plain) <= _LONGEST_EMPTY and plain.upper() in _EMPTY


def read_text(text: str) -> str:
    """Return free text without control and invisible characters; wording and width are kept."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    plain = _CONTROL.sub("", _NAME_NOISE.sub("", text))
    return _SPACES.sub(" ", plain).strip()


def read_name(text: str) -> str:
    """Return a name as published, without invisible characters and doubled spaces."""
    return read_text(text.replace("\n", " "))


def read_list(text: str) -> str:
    """Return the parts of an enumeration joined by `；`."""
    parts = (read_text(part) for part in _SEPARATORS.split(text))
    return "；".join(part for part in parts if part and not is_empty(part))


def read_date(text: str, today: date | None = None) -> str:
    """Return a date as `YYYY-MM-DD`; "" for the dummies 1899/1900 day zero, 0000-00-00, 0001-01-01.

    Accepts year-first and month-first orders with any separator, eight digits, epoch seconds and
    milliseconds, spreadsheet serial numbers, and a time of day behind. A moment with a zone, like
    an epoch, is read in Asia/Shanghai. Ten digits that read as a day with an hour are that day;
    where it lies after `today`, an epoch may be meant as well, and they are refused.
    """
    day = _parse_date(text, today)
    if day is None:
        return ""
    if not EARLIEST <= day <= LATEST:
        raise ValueError("日期超出合理范围")
    return day.isoformat()


def read_past_date(text: str, today: date) -> str:
    """Return a date that must not lie in the future."""
    day = read_date(text, today)
    if day and day > today.isoformat():
        raise ValueError("日期在未来")
    return day


def read_end_date(text: str, today: date | None = None) -> str:
    """Return an end date; 长期, and days of the year 2099 or later, mean no end."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain in _OPEN_ENDED:
        return NO_END.isoformat()
    day = _parse_date(plain, today)
    if day is not None and day.year >= FAR_FUTURE:
        return NO_END.isoformat()
    return read_date(plain, today)


def _parse_date(text: str, today: date | None) -> date | None:
    """Return the day that a cell names, in whatever shape; None for a dummy."""
    try:
        if len(text) == 10 and text[4] == text[7] == "-" and text[0] != "0":  # noqa: PLR2004
            day: date | None = date.fromisoformat(text)
        else:
            day = _parse_shape(unicodedata.normalize("NFKC", text).strip(), today)
    except _NoDateError:
        raise
    except (ValueError, OverflowError) as error:
        raise ValueError("日期不存在") from error
    return None if day is None or day.year in _ZERO_YEARS else day


class _NoDateError(ValueError):
    """What a cell is, when it is no date."""


def _parse_shape(text: str, today: date | None) -> date | None:
    time = _TIME.search(text)
    plain = text[: time.start()] if time else text
    if match := _YEAR_FIRST.fullmatch(plain):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    elif match := _YEAR_LAST.fullmatch(plain):
        month, day, year = int(match[1]), int(match[2]), int(match[3])
        if month > 12:  # noqa: PLR2004
            month, day = day, month
    elif plain.isascii() and plain.isdigit() and (time is None or len(plain) == 8):  # noqa: PLR2004
        if len(plain) != 8:  # noqa: PLR2004
            return _parse_digits(plain, today)
        year, month, day = int(plain[:4]), int(plain[4:6]), int(plain[6:])
    else:
        raise _NoDateError("不是日期")
    if (year, month, day) in _IMPOSSIBLE:
        return None
    return _in_shanghai(date(year, month, day), time) if time else date(year, month, day)


def _in_shanghai(day: date, time: re.Match[str]) -> date:
    """Return the day in Asia/Shanghai of a time of day, which may name its zone."""
    hour, minute, second, half, zone = time.groups()
    hours = int(hour)
    if half == "PM" and hours < 12:  # noqa: PLR2004
        hours += 12
    elif half == "AM" and hours >= 12:  # noqa: PLR2004
        hours -= 12
        if hours:
            raise _NoDateError("日期中的时间不存在")
    try:
        moment = datetime(day.year, day.month, day.day, hours, int(minute), int(second or 0))  # noqa: DTZ001
    except ValueError:
        raise _NoDateError("日期中的时间不存在") from None
    if not zone or day.year == NO_END.year:
        return day
    offset = timedelta(0)
    if zone != "Z":
        digits = zone[1:].replace(":", "")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    zoned = moment.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset))
    return zoned.astimezone(SHANGHAI).date()


def _parse_digits(digits: str, today: date | None) -> date:
    match len(digits):
        case 5 if int(digits) in _EXCEL_SERIALS:
            return _EXCEL_EPOCH + timedelta(days=int(digits))
        case 10 if (day := _day_with_hour(digits)) is not None:
            if day >= _FIRST_TWOFOLD or (today is not None and day > today):
                raise _NoDateError("十位数字的日期有两种读法")
            return day
        case 10 | 13:
            seconds = int(digits) / (1 if len(digits) == 10 else 1000)  # noqa: PLR2004
            return datetime.fromtimestamp(seconds, UTC).astimezone(SHANGHAI).date()
    if digits in ("0", "1"):
        return _EXCEL_EPOCH
    raise _NoDateError("不是日期")


def _day_with_hour(digits: str) -> date | None:
    """Return the day of `YYYYMMDDhh`, or None where the digits cannot be one."""
    try:
        moment = datetime.strptime(digits, "%Y%m%d%H")  # noqa: DTZ007
    except ValueError:
        return None
    return moment.date() if EARLIEST <= moment.date() <= LATEST else None


def read_money(text: str) -> str:
    """Return an amount in 万元 as decimal(18,6) text without trailing zeros.

    A unit written in the cell is obeyed: `2000元` is 0.2.
    """
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").replace("¥", "")
    match = _MONEY.fullmatch(plain)
    if match is None:
        raise ValueError("不是金额")
    try:
        amount = Decimal(match[1].replace(",", ""))
    except InvalidOperation as error:
        raise ValueError("不是金额") from error
    if match[2] == "元":
        amount /= 10_000
    if amount == 0:
        return "0"
    if amount < 0:
        raise ValueError("金额为负数")
    if amount >= Decimal(10) ** 12 or amount != amount.quantize(Decimal("0.000001")):
        raise ValueError("金额超出 decimal(18,6) 的范围")
    return f"{amount.normalize():f}"


def _refuse_damaged(text: str) -> None:
    if identifiers.is_damaged_number(text):
        raise ValueError("号码已被电子表格损坏成科学计数")


@lru_cache(maxsize=4_000)
def read_uscc(text: str) -> str:
    """Return a folded, valid unified social credit code; "" for the all-zero dummy."""
    _refuse_damaged(text)
    code = identifiers.fold_code(text)
    if not code.strip("0X"):
        return ""
    if not identifiers.is_uscc(code):
        raise ValueError("统一社会信用代码校验不通过")
    return code


def read_org_code(text: str) -> str:
    """Return a folded, valid organisation code; "" for the all-zero dummy."""
    _refuse_damaged(text)
    code = identifiers.fold_code(text)
    if not code.strip("0X"):
        return ""
    if not identifiers.is_org_code(code):
        raise ValueError("组织机构代码校验不通过")
    return code


def read_code(text: str) -> str:
    """Return a folded code of a kind that has no check rule here."""
    _refuse_damaged(text)
    return identifiers.fold_code(text)


def read_code_list(text: str) -> str:
    """Return several codes, folded, joined by `；`."""
    return "；".join(read_code(part) for part in _SEPARATORS.split(text) if not is_empty(part))


def read_document_number(text: str) -> str:
    """Return a document number as written, invisible characters removed."""
    _refuse_damaged(text)
    return read_text(text)


_HIDING = str.maketrans(dict.fromkeys("＊✕✖•●○◯□■#＃∗⁎﹡✱·・‧∙…", "*") | {"х": "X", "Х": "X"})
_HIDING_RUN = re.compile(r"(?<=[0-9A-Z*])[X*]{3,}(?=[0-9X]|$)|[X×]{3,}")


def read_id_number(text: str, id_type: str = "") -> str:
    """Return a folded ID number; "" for a word such as 未知 or one repeated character.

    One that the source masked is kept masked: whatever hides three digits and more becomes stars.
    An 18- or 15-digit number of no other stated type must be a valid citizen's number.
    """
    _refuse_damaged(text)
    number = identifiers.fold_code(text.upper().translate(_HIDING))
    number = _HIDING_RUN.sub(lambda run: "*" * len(run[0]), number).replace("×", "X")
    if len(set(number)) <= 1 or not any(c.isdigit() for c in number):
        return ""
    if "*" in number:
        if not _MASKED_ID.fullmatch(number):
            raise ValueError("证件号码的遮盖方式无法识别")
        return number
    citizen = not id_type or "身份证" in id_type
    digits = number[:-1].isdigit() and number.isascii()
    if citizen and digits and len(number) == identifiers.ID_LENGTH:
        if not identifiers.is_id_number(number):
            raise ValueError("身份证号码校验不通过")
    elif citizen and digits and len(number) == identifiers.OLD_ID_LENGTH:
        if not identifiers.is_old_id_number(number):
            raise ValueError("身份证号码中的出生日期不存在")
    elif citizen and id_type:
        raise ValueError("身份证号码的位数不对")
    return number
