"""Find the numbers of persons in running text: ID numbers, mobile phones, bank cards.

The one detector that both the scrubber and the leak gate use, so that what the gate would refuse
is what the scrubber removes. Numbers are met in any dress: spaces, dashes, full-width and other
digits, Chinese numerals, upstream masks. Time is linear: every pattern is bounded or has nothing
to go back for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from portal.identifiers import (
    fold_code,
    id_birth_date,
    is_id_number,
    is_old_id_number,
    is_uscc,
)
from portal.publish.bank_cards import has_issuer_prefix, is_card
from portal.publish.digit_runs import CHECK_X, DIGIT, SEPARATOR, DigitRun, digit_runs, is_latin
from portal.publish.masks import FEWEST_CANDIDATES, MASK_CHARACTERS, candidates

_MASK = re.escape(MASK_CHARACTERS) + "XxＸｘ"

_ID_WINDOW = re.compile(
    r"(?=([1-9]\d{5}(?:18[5-9]|19\d|20\d)\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]))"
)
_MOBILE = re.compile(r"(?:(?:00)?86|0)?1[3-9]\d{9}")
_MOBILE_GROUPS = frozenset(
    {(3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (4, 3, 4), (5, 6), (6, 5), (3, 2, 2, 2, 2), (3, 4, 2, 2)}
    | {(3, 2, 3, 3), (1,) * 11}
)
_OLD_ID_GROUPS = frozenset({(15,), (6, 6, 3)})
_UNIT = re.compile(r"(?:\.\d{1,6})?\s?(?:元|万|亿|美元|吨|平方|公斤|千克|kg|㎡|立方|株|[%％])")
_CALLING_CODE = re.compile(r"[+＋]?(?:00)?86[-\s)）]{0,2}$|[+＋]$")
_CONTACT_LETTERS = re.compile(
    r"(?:tel|phone|mobile|mob|vx|wx|wechat|weixin|qq|dh|sj|tx)?", re.IGNORECASE
)

_ID_WORD = (
    "身份证|身份證|公民身份|身份号码|身份编号|证件号|證件號|护照|通行证|台胞证|军官证|"
    "士官证|警官证|居住证|居留证|"
    "社会保障号|社会保障卡|社保卡|社保号|驾驶证号|驾照号"
)
_JOIN = r"(?:号码?|號碼?|证号|编号|件|复印件|信息|[为是系:：()（）\s、\"“”'=#【\[])"
_MARKED = re.compile(
    rf"(?:{_ID_WORD})({_JOIN}{{0,8}})"
    rf"([A-Za-zＡ-Ｚａ-ｚ]{{0,3}}[{DIGIT}](?:[{SEPARATOR}]{{0,3}}[{DIGIT}{_MASK}])+[{CHECK_X}]?)"
)
_ID_MARK_BEFORE = re.compile(rf"(?:{_ID_WORD}){_JOIN}{{0,8}}$")
_CREDIT_CODE_BEFORE = re.compile(rf"(?:信用代码|机构代码|代码){_JOIN}{{0,4}}$")
_NOUN_BEFORE = re.compile(
    r"(?:编号|编码|证号|文号|注册号|登记号|许可证|备案号|批号|单号|订单|代码|条码|条形码|"
    r"序列号|流水号|合同号|发票|案号"
    r"|票号|许可|备案|登记证|运单|工单)(?:号码?|[第为是:：(（\s]){0,4}[A-Za-z]{0,6}$"
)
_MASKED = re.compile(
    rf"(?<!\d)\d{{1,14}}(?:[ -]?[{_MASK}]{{2,18}}){{1,4}}"
    rf"(?:[ -]?\d{{1,8}}){{0,3}}(?:[{_MASK}]{{1,18}}\d{{0,8}}){{0,2}}"
)
_MASKED_HINT = re.compile(rf"\d[ -]?[{_MASK}]{{2}}")

_OLD_ID, _ID, _PHONE = 15, 18, 11
_LONGEST = 19
_LONGEST_WORD = 24
_MASKED_ID_LENGTHS = range(14, 21)
_MASKED_PHONE_LENGTHS = range(10, 13)
_UNMARKED_MINIMUM = 14
_SHORTEST_NUMBER = 6
_LATEST_UNMARKED_BIRTH = 2005


class NumberKind(StrEnum):
    """What a number is: of an identity document, of a mobile phone, of a bank card."""

    ID = "id"
    PHONE = "phone"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class NumberSpan:
    """A number found at `text[start:end]`.

    `certain` is False where only its surroundings or its length speak for it (a wrong check
    character, an upstream mask): reason enough to mask it, not to stop a publication.
    """

    kind: NumberKind
    start: int
    end: int
    certain: bool = True


def find_numbers(text: str, *, certain_only: bool = False) -> list[NumberSpan]:
    """Return the personal numbers in a text, in order and without overlap.

    With `certain_only`, those alone that prove themselves: an ID number by its date and check
    character (15 digits: by its date after a marker, or where it is the whole text or the whole of
    a value in JSON), a mobile number, a card by its check digit.
    """
    spans = [span for run in digit_runs(text) for span in _in_run(run)]
    if certain_only:
        return _apart([span for span in spans if span.certain])
    spans.extend(_marked(text))
    if _MASKED_HINT.search(text):
        spans.extend(_masked(text))
    return _apart(spans)


def find_weak_masks(text: str) -> list[NumberSpan]:
    """Return the ID numbers in a text that a source masked so that too few persons fit them."""
    if not _MASKED_HINT.search(text):
        return []
    return [
        span
        for span in _masked(text)
        if span.kind is NumberKind.ID
        and candidates(text[span.start : span.end]) < FEWEST_CANDIDATES
    ]


def _apart(spans: list[NumberSpan]) -> list[NumberSpan]:
    """Return spans in order without overlap: certain ones go first, then earlier and longer ones.

    ID numbers that overlap each other become one: the digits shown of the first would otherwise
    still be digits of the second.
    """
    kept: list[NumberSpan] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        last = kept[-1] if kept else None
        if last is None or span.start >= last.end:
            kept.append(span)
        elif last.kind is span.kind is NumberKind.ID and last.certain == span.certain:
            kept[-1] = replace(last, end=max(last.end, span.end))
        elif span.certain and not last.certain:
            kept[-1] = span
    return kept


def _in_run(run: DigitRun) -> Iterator[NumberSpan]:
    """Yield the numbers in one run of digits."""
    starts = frozenset(run.starts)
    yield from _citizen_ids(run, starts)
    for first, begin in enumerate(run.starts[:-1]):
        sizes: list[int] = []
        for end in run.starts[first + 1 : first + _PHONE + 2]:
            if end - begin > _LONGEST:
                break
            sizes.append(end - begin - sum(sizes))
            span = _number_at(run, begin, end, tuple(sizes))
            if span:
                yield span


def _citizen_ids(run: DigitRun, starts: frozenset[int]) -> Iterator[NumberSpan]:
    """Yield the 18-character ID numbers of a run, even inside a longer number."""
    for match in _ID_WINDOW.finditer(run.digits):
        begin, end = match.start(), match.start() + _ID
        if not _is_whole(run, begin, end, starts):
            continue
        number = match[1]
        if is_id_number(number):
            if not _is_credit_code(run, begin, number):
                yield NumberSpan(NumberKind.ID, run.places[begin], run.end(end))
        elif _is_likely_id(run, begin, end, starts, number):
            yield NumberSpan(NumberKind.ID, run.places[begin], run.end(end), certain=False)


def _is_whole(run: DigitRun, begin: int, end: int, starts: frozenset[int]) -> bool:
    """Tell whether a window lies in one group, or covers whole groups: dates must not add up."""
    touching = run.end(end) - run.places[begin] == end - begin
    return touching or (begin in starts and (end in starts or run.digits[end - 1] == "X"))


def _is_credit_code(run: DigitRun, begin: int, number: str) -> bool:
    """Tell whether a valid ID number is a valid credit code too, and meant as one."""
    if not is_uscc(number):
        return False
    return number[:2] in {"91", "92", "93"} or bool(_CREDIT_CODE_BEFORE.search(run.before(begin)))


def _is_likely_id(run: DigitRun, begin: int, end: int, starts: frozenset[int], number: str) -> bool:
    """Tell whether an unmarked number with a wrong check character is an ID with a slip in it."""
    birth = id_birth_date(number)
    return (
        birth is not None
        and birth.year <= _LATEST_UNMARKED_BIRTH
        and begin in starts
        and end in starts
        and not is_uscc(number)
        and run.stands_alone(begin, end)
        and not _has_noun(run, begin)
    )


def _has_noun(run: DigitRun, begin: int) -> bool:
    """Tell whether a word such as 许可证编号 stands before a number: not a person's then."""
    return _NOUN_BEFORE.search(run.before(begin)) is not None


def _number_at(run: DigitRun, begin: int, end: int, sizes: tuple[int, ...]) -> NumberSpan | None:
    """Return the phone, old ID or card that whole groups of a run make up, or None."""
    digits = run.digits[begin:end]
    if len(digits) < _PHONE or digits[-1] == "X":
        return None
    if _MOBILE.fullmatch(digits) and _is_phone(run, begin, end, sizes):
        return NumberSpan(NumberKind.PHONE, _with_calling_code(run, begin), run.end(end))
    if sizes in _OLD_ID_GROUPS and is_old_id_number(digits) and run.stands_alone(begin, end):
        marked = run.is_value(begin, end) or _ID_MARK_BEFORE.search(run.before(begin)) is not None
        # One old ID in ten passes the check of a registration number: only a word tells them apart.
        if marked or not _has_noun(run, begin):
            return NumberSpan(NumberKind.ID, run.places[begin], run.end(end), certain=marked)
    if is_card(digits, sizes) and run.stands_alone(begin, end) and not _has_noun(run, begin):
        certain = has_issuer_prefix(digits)
        return NumberSpan(NumberKind.CARD, run.places[begin], run.end(end), certain)
    return None


def _is_phone(run: DigitRun, begin: int, end: int, sizes: tuple[int, ...]) -> bool:
    """Tell whether mobile-like digits are grouped and surrounded as a phone, not as an amount."""
    place, after = run.places[begin], run.end(end)
    if len(sizes) > 1:
        extra = end - begin - _PHONE
        if extra and sizes[0] == extra:
            return _is_phone(run, begin + extra, end, sizes[1:])
        ends = [begin + sum(sizes[:count]) for count in range(1, len(sizes))]
        gaps = {run.text[run.end(cut) : run.places[cut]] for cut in ends}
        if sizes not in _MOBILE_GROUPS or len(gaps) > 1 or (gaps == {"."} and sizes != (3, 4, 4)):
            return False
    if _UNIT.match(run.text, after) or (
        place > 1 and run.text[place - 1] == "." and run.text[place - 2].isdigit()
    ):
        return False
    return _has_contact_letters(run.text, place, after)


def _has_contact_letters(text: str, start: int, end: int) -> bool:
    """Tell whether the Latin letters that touch a number, if any, announce a contact (`tel`)."""
    left, right = start, end
    while left > 0 and start - left < _LONGEST_WORD and is_latin(text[left - 1]):
        left -= 1
    while right < len(text) and right - end < _LONGEST_WORD and is_latin(text[right]):
        right += 1
    before, after = text[left:start], text[end:right]
    return bool(_CONTACT_LETTERS.fullmatch(before) and _CONTACT_LETTERS.fullmatch(after))


def _with_calling_code(run: DigitRun, begin: int) -> int:
    """Return the place where a phone number begins, its country code included."""
    match = _CALLING_CODE.search(run.before(begin)[-8:])
    return run.places[begin] - (len(match[0]) if match else 0)


def _marked(text: str) -> Iterator[NumberSpan]:
    """Yield what stands after a marker such as 身份证号, valid or not."""
    for match in _MARKED.finditer(text):
        start, end = match.span(2)
        size = len(fold_code(match[2]))
        weak = size < _UNMARKED_MINIMUM and "号" not in match[0]
        if size >= _SHORTEST_NUMBER and not weak and not _is_code_at(text, start):
            yield NumberSpan(NumberKind.ID, start, end, certain=False)


def _is_code_at(text: str, start: int) -> bool:
    """Tell whether a credit code begins at `start`."""
    return is_uscc(fold_code(text[start : start + _ID]))


def _masked(text: str) -> Iterator[NumberSpan]:
    """Yield ID and phone numbers that a source masked in its own way."""
    for match in _MASKED.finditer(text):
        size = len(re.sub(r"[ -]", "", match[0]))
        if size in _MASKED_ID_LENGTHS and not _is_code_at(text, match.start()):
            yield NumberSpan(NumberKind.ID, *match.span(), certain=False)
        elif size in _MASKED_PHONE_LENGTHS and match[0][0] == "1" and match[0][1:2] in "3456789":
            yield NumberSpan(NumberKind.PHONE, *match.span(), certain=False)
