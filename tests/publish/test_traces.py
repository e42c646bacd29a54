"""Traces stand in for texts: what the gate would find in a text leaves them, in any spelling."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.publish.digests import DigestArray, DigestKey
from portal.publish.raw_values import RawValues
from portal.publish.spelled_numbers import digit_strings
from portal.publish.traces import Traces
from portal.records import SubjectKind
from tests import world
from tests.publish.test_leak_gate import (
    CARD,
    CHAT,
    ENDING_IN_X,
    HAN,
    MAIL,
    PASSPORT,
    PHONE,
    PROTECTED,
    SUBJECT,
    WRITTEN,
    spelled,
    stored,
)

BROKEN = SUBJECT[:17] + ("0" if SUBJECT[17] != "0" else "1")
NUMBERS = (SUBJECT, ENDING_IN_X, BROKEN, "380102850412123", PASSPORT, "W38010027", "38010027391")
ACCOUNT = CHAT.upper()
TEXTS = {PHONE: f"电话{PHONE}", CARD: f"卡号{CARD}", MAIL: f"邮箱{MAIL}", ACCOUNT: f"微信：{CHAT}"}


def noted(*texts: str) -> Traces:
    traces = Traces(DigestKey(b"k" * 32), DigestArray())
    for text in texts:
        traces.note(text, digit_strings(text))
    return traces


def holding(value: str) -> RawValues:
    raw = RawValues()
    if value in TEXTS:
        raw.add(stored({"facts": TEXTS[value]}))
    else:
        raw.add(stored({}, kind=SubjectKind.PERSON, id_number=value))
    assert len(raw) > 0
    return raw


@pytest.mark.parametrize("value", [*NUMBERS, *TEXTS])
def test_a_value_in_a_text_may_be_there_and_one_in_none_is_not(value: str) -> None:
    assert noted("经查，当事人", f"与{value}有关").may_hold(value)
    assert not noted("经查，当事人", world.uscc(3), "2026-04-12").may_hold(value)


@settings(max_examples=400)
@given(st.data(), st.sampled_from([*NUMBERS, *TEXTS]), HAN, HAN)
def test_whatever_the_gate_finds_has_left_its_traces(
    data: st.DataObject, value: str, before: str, after: str
) -> None:
    written = data.draw(spelled(value)) if value not in (MAIL, ACCOUNT) else value
    around = "".join(data.draw(st.lists(WRITTEN, max_size=3)))
    text = before + around + written + after
    if holding(value).stand_in(text):
        assert noted(text).may_hold(value)


@settings(max_examples=200)
@given(st.lists(st.tuples(PROTECTED, st.sampled_from("，。；、 \n和（")), max_size=12))
def test_codes_dates_and_digests_raise_no_doubt(parts: list[tuple[str, str]]) -> None:
    traces = noted("".join(token + after for token, after in parts))
    assert not any(traces.may_hold(value) for value in (SUBJECT, PHONE, CARD, MAIL, ACCOUNT))
