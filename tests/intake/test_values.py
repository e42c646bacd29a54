import inspect
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake import values as reading
from tests import world


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019-07-03", "2019-07-03"),
        ("2019/7/3", "2019-07-03"),
        ("2019.7.3", "2019-07-03"),
        ("03/31/2018", "2018-03-31"),
        ("31/03/2018", "2018-03-31"),
        ("2019年07月13日", "2019-07-13"),
        ("20190709", "2019-07-09"),
        ("２０１９－０７－０３", "2019-07-03"),
        ("2019-07-03 00:00:00", "2019-07-03"),
        ("2019-07-03T16:20:00+08:00", "2019-07-03"),
        ("1562169600", "2019-07-04"),  # 2019-07-03 16:00 UTC is midnight in Shanghai
        ("1562169599", "2019-07-03"),
        ("1562169600000", "2019-07-04"),
        ("43649", "2019-07-03"),
        ("2019-07-02T16:00:00.000Z", "2019-07-03"),
        ("2019-07-02T16:00:00Z", "2019-07-03"),
        ("2019-07-02T15:59:59Z", "2019-07-02"),
        ("2019-07-02 16:00:00+00:00", "2019-07-03"),
        ("2019-07-03T01:00:00+0900", "2019-07-03"),
        ("2019-07-03T00:59:00+09:00", "2019-07-02"),
        ("2019-07-02T20:00:00-05:00", "2019-07-03"),
        ("2019/7/2T16:00Z", "2019-07-03"),
        ("1562083200", "2019-07-03"),
        ("2019-07-03 23:59:59.999", "2019-07-03"),
        ("7/3/2019 11:30:00 PM", "2019-07-03"),
        ("2019-07-03 12:00 AM", "2019-07-03"),
        ("20190703 08:30", "2019-07-03"),
        ("2019071300", "2019-07-13"),
        ("2019071323", "2019-07-13"),
        ("2019071399", "2033-12-25"),  # no such hour: an epoch
        ("0000-00-00", ""),
        ("0000-00-00 00:00:00", ""),
        ("0000/00/00", ""),
        ("00000000", ""),
        ("0001-01-01", ""),
        ("0001-01-01T00:00:00Z", ""),
        ("1970-01-01", "1970-01-01"),
        ("1899-12-31", ""),
        ("1900-01-00", None),
        ("0", ""),
    ],
)
def test_date_shapes(text: str, day: str | None) -> None:
    if day is None:
        with pytest.raises(ValueError, match="日期不存在"):
            reading.read_date(text)
    else:
        assert reading.read_date(text) == day


@pytest.mark.parametrize(
    "text",
    ["2019-02-30", "昨天", "2019", "13/13/2018", "1234", "20191301", "9" * 13, "2019-07-03 25:99",
     "2019-07-03T24:00:00Z", "2019-07-03 12:60", "2019-07-03 12:00:61", "2019-07-03 13:00 AM",
     "2019-07-03T12:00:00+25:00", "1562083200 10:00", "2033071300", "0000-01-01", "0001-01-02",
     "2999-12-31"],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="日期") as refusal:
        reading.read_date(text)
    assert text not in str(refusal.value)


def test_ten_digits_that_may_mean_two_days_to_come_are_refused() -> None:
    assert reading.read_date("2026112200", world.TODAY) == "2026-11-22"
    for read in (reading.read_date, reading.read_end_date, reading.read_past_date):
        with pytest.raises(ValueError, match="两种读法"):
            read("2026112300", world.TODAY)


@pytest.mark.parametrize(
    "text",
    ["长期", "2099-12-31", "2099/12/31", "9999-12-31", "长期有效", "永久", "2999-12-31",
     "2100-01-01", "2099年1月1日", "29991231", "9999-12-31T23:59:59Z", "2999-12-31 00:00:00"],
)  # fmt: skip
def test_long_term_is_no_end(text: str) -> None:
    assert reading.read_end_date(text) == "9999-12-31"


def test_an_end_before_that_is_an_end() -> None:
    assert reading.read_end_date("2098-12-31") == "2098-12-31"
    assert reading.read_end_date("0000-00-00") == reading.read_end_date("1899-12-31") == ""


def test_a_decision_in_the_future_is_refused() -> None:
    assert reading.read_past_date("2026-11-22", world.TODAY) == "2026-11-22"
    with pytest.raises(ValueError, match="未来"):
        reading.read_past_date("2026-11-23", world.TODAY)


@given(st.dates(date(1950, 1, 1), date(2098, 12, 31)))
def test_every_written_shape_of_a_day_reads_the_same(day: date) -> None:
    shapes = (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month:02}月{day.day:02}日",
        f"{day:%Y%m%d}",
        f"{day.month:02}/{day.day:02}/{day.year}",
    )
    assert {reading.read_date(shape) for shape in shapes} == {day.isoformat()}


@pytest.mark.parametrize("text", ["", " ", "暂无", "无", "N/A", "n/a", "/", "null", "-", "——"])
def test_cells_that_mean_nothing(text: str) -> None:
    assert reading.is_empty(text)


@pytest.mark.parametrize("text", ["0", "0.00", "无锡", "N"])
def test_cells_that_mean_something(text: str) -> None:
    assert not reading.is_empty(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("0.2", "0.2"), ("0.200000", "0.2"), ("2000元", "0.2"), ("1,234.5", "1234.5"), ("0", "0"),
     ("-0", "0"), ("-0.00", "0"), ("0.000", "0"), ("３万元", "3"),
     ("0.000001", "0.000001"), ("100", "100"), ("¥20000元", "2")],
)  # fmt: skip
def test_money_is_in_ten_thousand_yuan(text: str, amount: str) -> None:
    assert reading.read_money(text) == amount


@pytest.mark.parametrize("text", ["-1", "0.0000001", "二千", "1e5", "1" * 13])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="金额"):
        reading.read_money(text)


def test_codes_are_checked_and_never_repaired() -> None:
    assert reading.read_uscc("91110108551385082q") == "91110108551385082Q"
    assert reading.read_uscc("00000000000000000X") == ""
    for damaged in ("911101O8551385082Q", "91110108551385082P"):
        with pytest.raises(ValueError, match="校验"):
            reading.read_uscc(damaged)
    with pytest.raises(ValueError, match="电子表格"):
        reading.read_uscc("4.31003E+17")
    with pytest.raises(ValueError, match="电子表格"):
        reading.read_document_number("4.31003E+17")


def test_id_numbers() -> None:
    number = world.id_number(1)
    assert reading.read_id_number(number.lower()) == number
    assert reading.read_id_number("3801021985****0018") == "3801021985****0018"
    assert reading.read_id_number("H12345678", "港澳居民来往内地通行证") == "H12345678"
    wrong = number[:17] + ("0" if number[17] != "0" else "1")
    for text in (wrong, "4.31003E+17"):
        with pytest.raises(ValueError, match=r"校验|损坏") as refusal:
            reading.read_id_number(text)
        assert text not in str(refusal.value)


def test_invisible_characters_leave_names() -> None:
    assert reading.read_name("\ufeff澄州\u200b市\u202e蓝穗\u00a0\u00a0公司\n") == "澄州市蓝穗 公司"


SOURCE = inspect.getsource(reading)


@given(st.text(max_size=60))
def test_readers_return_or_refuse_without_repeating_the_value(text: str) -> None:
    for read in (
        reading.read_date,
        reading.read_end_date,
        reading.read_money,
        reading.read_uscc,
        reading.read_org_code,
        reading.read_id_number,
        reading.read_code_list,
        reading.read_list,
        reading.read_text,
    ):
        try:
            assert isinstance(read(text), str)
        except ValueError as error:
            assert f'"{error}"' in SOURCE, "a reason is a fixed text"
