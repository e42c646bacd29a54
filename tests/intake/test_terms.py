from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.calendar import add_months
from portal.intake.terms import end_of_term

START = date(2025, 11, 30)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1年", "2026-11-30"),
        ("3年", "2028-11-30"),
        ("三年", "2028-11-30"),
        ("十年", "2035-11-30"),
        ("三个月", "2026-02-28"),
        ("3个月", "2026-02-28"),
        ("１２ 个月", "2026-11-30"),
        ("十八个月", "2027-05-30"),
        ("半年", "2026-05-30"),
        ("一年半", "2027-05-30"),
        ("1年6个月", "2027-05-30"),
        ("两年", "2027-11-30"),
        ("90天", "2026-02-28"),
        ("九十九年", "9999-12-31"),
    ],
)
def test_terms(text: str, day: str) -> None:
    assert end_of_term(text, START) == day


@pytest.mark.parametrize(
    "text", ["", "2026-11-30", "长期", "3月", "年", "2026年", "1年前", "半", "43649"]
)
def test_what_is_no_term(text: str) -> None:
    assert end_of_term(text, START) == ""


@pytest.mark.parametrize("text", ["0年", "0个月", "0天", "一二年", "十十年"])
def test_impossible_terms_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="期限") as refusal:
        end_of_term(text, START)
    assert text not in str(refusal.value)


@given(st.integers(1, 99), st.integers(1, 99))
def test_digits_and_numerals_say_the_same(years: int, months: int) -> None:
    def numeral(number: int) -> str:
        digits = " 一二三四五六七八九"
        tens, ones = divmod(number, 10)
        ten = (digits[tens] if tens > 1 else "") + "十" if tens else ""
        return ten + digits[ones].strip()

    end = end_of_term(f"{years}年{months}个月", START)
    assert end == end_of_term(f"{numeral(years)}年{numeral(months)}个月", START)
    expected = add_months(START, 12 * years + months)
    assert end == ("9999-12-31" if expected.year >= 2099 else expected.isoformat())
