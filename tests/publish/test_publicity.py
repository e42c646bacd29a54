import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.calendar import add_months
from portal.catalog import load_catalog
from portal.catalog_model import Catalog
from portal.intake.columns import recognise
from portal.intake.validate import RowValidator
from portal.intake.values import read_end_date
from portal.publish.publicity import NO_EVENTS, Public, Withheld, decide
from portal.publish.wording import mentions
from portal.records import (
    NO_END,
    EventState,
    Rejection,
    SourceRow,
    StoredRecord,
    ValidRecord,
)
from tests import world

CATALOG = load_catalog()
T = TypeVar("T")


def stored(cells: Mapping[str, str]) -> StoredRecord:
    """Read a row; an end before the decision, which intake refuses, must not deceive the rules."""
    end = cells.get("CF_GSJZQ", "")
    sound = {name: text for name, text in cells.items() if name != "CF_GSJZQ"}
    validator = RowValidator(CATALOG, recognise(list(sound), CATALOG), world.TODAY)
    record = validator.check(SourceRow(1, sound))
    assert isinstance(record, ValidRecord), record
    values = dict(record.values) | ({"ends_on": read_end_date(end)} if end else {})
    return StoredRecord(record.key, record.class_code, record.subject, values, world.TODAY, 1)


def decided(
    cells: Mapping[str, str],
    today: date = world.TODAY,
    catalog: Catalog = CATALOG,
    events: EventState = NO_EVENTS,
) -> Public | Withheld:
    return decide(stored(cells), catalog, today, events=events)


def shown(
    cells: Mapping[str, str],
    today: date = world.TODAY,
    catalog: Catalog = CATALOG,
    events: EventState = NO_EVENTS,
) -> Public:
    decision = decided(cells, today, catalog, events)
    assert isinstance(decision, Public), decision
    return decision


def until(
    cells: Mapping[str, str],
    today: date = world.TODAY,
    catalog: Catalog = CATALOG,
    events: EventState = NO_EVENTS,
) -> date:
    return shown(cells, today, catalog, events).until


def with_terms(class_code: str, **changes: object) -> Catalog:
    """The catalogue with every dated term of a class changed."""
    terms = [
        msgspec.structs.replace(term, **changes)
        if term.record_class == class_code and term.months
        else term
        for term in CATALOG.terms
    ]
    return msgspec.structs.replace(CATALOG, terms=tuple(terms))


def with_transition(choice: str) -> Catalog:
    return msgspec.structs.replace(CATALOG, transition=choice)


def person(
    row: world.Row, prefix: str = "CF", birth: str = "19850412", **changes: str
) -> world.Row:
    subject = {
        f"{prefix}_XDR_MC": "佟晓岚",
        f"{prefix}_XDR_LB": "自然人",
        f"{prefix}_XDR_SHXYM": "",
        f"{prefix}_XDR_ZJHM": world.id_number(3, birth),
    }
    return row | subject | changes


def test_a_penalty_without_a_class_is_general_never_serious() -> None:
    assert until(world.penalty()) == date(2027, 6, 1)
    assert until(world.penalty() | {"CF_SXCD": "一般"}) == date(2027, 6, 1)
    assert until(world.penalty() | {"CF_SXCD": "严重"}) == date(2029, 6, 1)
    assert decided(world.penalty() | {"CF_SXCD": "轻微"}) == Withheld("minor_dishonesty")


def test_the_source_end_is_honoured_when_earlier_and_capped_when_later() -> None:
    assert until(world.penalty() | {"CF_GSJZQ": "2026-12-01"}) == date(2026, 12, 1)
    assert until(world.penalty() | {"CF_GSJZQ": "2099-12-31"}) == date(2027, 6, 1)


def test_the_rule_named_is_the_one_in_force() -> None:
    def basis(day: str, **more: str) -> str:
        decision = decided(world.penalty(CF_JDRQ=day) | more, date.fromisoformat(day))
        assert isinstance(decision, Public)
        return decision.basis

    assert "2025年第36号" in basis("2026-06-01", CF_GSJZQ="2026-12-01")
    assert "2025年第36号" in basis("2026-04-01")
    serious = decided(world.penalty(CF_JDRQ="2026-03-31") | {"CF_SXCD": "严重"})
    assert isinstance(serious, Public)
    assert serious.until == date(2029, 3, 31)


def test_the_last_day_is_inclusive() -> None:
    row = world.penalty() | {"CF_GSJZQ": "2026-12-01"}
    assert until(row, date(2026, 12, 1)) == date(2026, 12, 1)
    assert decided(row, date(2026, 12, 2)) == Withheld("expired")


def test_the_term_counts_months_not_days() -> None:
    assert until(world.penalty(CF_JDRQ="2026-02-28")) == date(2027, 2, 28)
    leap = until(world.penalty(CF_JDRQ="2024-02-29"), date(2025, 2, 28))
    assert leap == date(2025, 2, 28)


def test_revoked_and_repaired_records_are_withheld() -> None:
    states = {"1": "revoked", "撤销": "revoked", "已修复": "repaired"}
    for state, reason in states.items():
        assert decided(world.penalty() | {"CF_ZT": state}) == Withheld(reason)
    assert isinstance(decided(world.penalty() | {"CF_ZT": "异议"}), Public)
    assert decided(world.permit(XK_ZT="2")) == Withheld("revoked")


def test_a_permit_of_an_organisation_stays_after_its_validity() -> None:
    row = world.permit(XK_YXQZI="2026-11-21")
    assert until(row) == NO_END
    own = person(row, "XK") | {"XK_GKYJ": "《行政许可法》第四十条"}
    assert decided(own) == Withheld("expired")
    assert until(own | {"XK_YXQZI": "2026-11-22"}) == date(2026, 11, 22)


def test_natural_persons_need_a_basis() -> None:
    row = person(world.penalty())
    assert decided(row) == Withheld("natural_person")
    assert isinstance(decided(row | {"CF_GKYJ": "《食品安全法》第一百一十三条"}), Public)
    assert decided(person(world.permit(), "XK")) == Withheld("natural_person")
    assert isinstance(decided(world.debtor()), Public)


def test_minors_are_never_published() -> None:
    row = person(world.penalty(), birth="20080602") | {"CF_GKYJ": "《食品安全法》第一百一十三条"}
    assert decided(row) == Withheld("minor_person")
    adult = person(world.penalty(), birth="20080601") | {"CF_GKYJ": "《食品安全法》第一百一十三条"}
    assert isinstance(decided(adult), Public)
    assert decided(world.debtor(age="17")) == Withheld("minor_person")
    assert decided(world.debtor(cardNum="3801022010****0018")) == Withheld("minor_person")


@pytest.mark.parametrize(
    ("basis", "authority", "outcome"),
    [
        ("《中华人民共和国治安管理处罚法》第四十三条", world.POLICE, "sealed"),
        ("治安管理处罚法第二十六条", world.BUREAU, "sealed"),
        ("《消防法》第六十条、《治安管理处罚法》第三十条", world.POLICE, "sealed"),
        ("《中华人民共和国消防法》第六十条", world.POLICE, ""),
        ("《旅馆业治安管理办法》第十五条", world.POLICE, ""),
        ("有关规定", world.POLICE, "ambiguous_basis"),
        ("", world.POLICE, "ambiguous_basis"),
        ("有关规定", world.BUREAU, ""),
    ],
)
def test_public_security_records_are_sealed_by_their_basis(
    basis: str, authority: str, outcome: str
) -> None:
    decision = decided(world.penalty(CF_YJ=basis, CF_CFJG=authority))
    assert decision == Withheld(outcome) if outcome else isinstance(decision, Public)


def test_lists_for_reference_only_are_withheld() -> None:
    assert decided(world.listing(名单名称="行业协会失信会员名单")) == Withheld("reference_only")


def test_a_list_that_left_the_catalogue_is_withheld() -> None:
    lists = tuple(entry for entry in CATALOG.lists if entry.code != "market-regulation")
    catalog = msgspec.structs.replace(CATALOG, lists=lists)
    assert decided(world.listing(), catalog=catalog) == Withheld("out_of_catalog")


def test_list_terms() -> None:
    assert until(world.listing()) == date(2029, 5, 20)
    assert until(world.listing() | {"公布截止日期": "2027-01-01"}) == date(2027, 1, 1)
    assert until(world.listing(名单名称="统计严重失信企业名单")) == date(2027, 5, 20)
    assert until(world.honour()) == date(2027, 4, 9)
    models = world.honour(名单名称="诚信典型", 荣誉有效期至="长期")
    assert until(models) == NO_END


def test_removal_from_a_list() -> None:
    assert decided(world.listing() | {"移出日期": "2026-11-22"}) == Withheld("removed")
    assert until(world.listing() | {"移出日期": "2026-11-24"}) == date(2026, 11, 23)
    assert decided(world.listing() | {"名单状态": "已移出"}) == Withheld("removed")


def test_debtor_terms_by_conduct() -> None:
    assert until(world.debtor()) == date(2028, 2, 10)
    first = world.debtor(disruptTypeName="有履行能力而拒不履行生效法律文书确定义务")
    assert until(first) == NO_END


def test_a_class_without_a_term_is_withheld() -> None:
    catalog = msgspec.structs.replace(CATALOG, terms=())
    assert decided(world.penalty(), catalog=catalog) == Withheld("no_term")


def test_every_reason_has_words() -> None:
    own = {"expired", "revoked", "removed", "repaired", "shielded", "stayed", "reference_only"}
    own |= {"natural_person", "minor_person", "sealed", "ambiguous_basis", "no_term"}
    own |= {"not_started", "undated", "out_of_catalog"}
    own |= {term.withheld for term in CATALOG.terms if term.withheld}
    assert own <= set(CATALOG.reasons)
    assert all(CATALOG.reasons.values())


def test_a_class_that_left_the_catalogue_is_withheld() -> None:
    classes = tuple(c for c in CATALOG.classes if c.code != "penalty")
    catalog = msgspec.structs.replace(CATALOG, classes=classes)
    assert decided(world.penalty(), catalog=catalog) == Withheld("out_of_catalog")


def test_a_record_without_its_day_is_withheld() -> None:
    record = stored(world.penalty())
    values = {name: text for name, text in record.values.items() if name != "decided_on"}
    undated = dataclasses.replace(record, values=values)
    assert decide(undated, CATALOG, world.TODAY) == Withheld("undated")


# Regimes and transition


@pytest.mark.parametrize(
    ("decided_on", "severity", "shorter", "old", "new"),
    [
        ("2019-06-30", "", "2020-06-30", "2020-06-30", "2020-06-30"),
        ("2019-07-01", "", "2020-07-01", "2020-07-01", "2020-07-01"),
        ("2019-07-01", "严重", "2022-07-01", "2022-07-01", "2022-07-01"),
        ("2023-04-30", "", "2024-04-30", "2024-04-30", "2024-04-30"),
        ("2023-05-01", "", "2024-05-01", "2026-05-01", "2024-05-01"),
        ("2023-05-01", "严重", "2026-05-01", "2026-05-01", "2026-05-01"),
        ("2026-03-31", "一般", "2027-03-31", "2029-03-31", "2027-03-31"),
        ("2026-04-01", "一般", "2027-04-01", "2027-04-01", "2027-04-01"),
        ("2026-04-01", "严重", "2029-04-01", "2029-04-01", "2029-04-01"),
    ],
)
def test_regimes_by_decision_date(
    decided_on: str, severity: str, shorter: str, old: str, new: str
) -> None:
    row = world.penalty(CF_JDRQ=decided_on) | {"CF_SXCD": severity}
    today = date.fromisoformat(decided_on)
    ends = [
        until(row, today, with_transition(choice)).isoformat()
        for choice in ("shorter", "old", "new")
    ]
    assert ends == [shorter, old, new]


def test_the_transition_where_the_present_regime_is_the_longer() -> None:
    terms = tuple(
        msgspec.structs.replace(term, months=6) if term.regime == "order-58" else term
        for term in CATALOG.terms
    )
    catalog = msgspec.structs.replace(CATALOG, terms=terms)
    row = world.penalty(CF_JDRQ="2026-03-02", CF_YJ="《广告法》", CF_WFXW="虚假宣传")
    day = date(2026, 3, 2)
    for choice, months in (("shorter", 6), ("old", 6), ("new", 12)):
        chosen = msgspec.structs.replace(catalog, transition=choice)
        assert until(row, day, chosen) == add_months(day, months)


def test_the_built_in_transition_is_the_shorter() -> None:
    assert CATALOG.transition == "shorter"


def test_the_rule_and_source_follow_the_transition() -> None:
    row = world.penalty(CF_JDRQ="2024-03-01")
    day = date(2024, 3, 1)
    assert "58号" in shown(row, day, with_transition("old")).basis
    assert "2025年第36号" in shown(row, day, with_transition("new")).basis
    assert "2025年第36号" in shown(row, day).basis
    assert shown(row, day).severity == "general"


# Several penalties, warnings, simple procedure, domains


def test_several_penalty_types_take_the_longest() -> None:
    catalog = with_terms("penalty", months=6, months_by_type={"revoked_licence": 30, "fine": 9})
    for types, months in (
        ("责令关闭", 6),
        ("罚款", 9),
        ("罚款;吊销许可证件", 30),
        ("吊销许可证件;罚款", 30),
        ("警告;吊销许可证件;责令关闭", 30),
        ("没收违法所得", 9),  # beside a fine of 0.2 in its own column
    ):
        fine = "" if types == "责令关闭" else "0.2"
        row = world.penalty(CF_CFLB=types, CF_NR_FK=fine)
        assert until(row, catalog=catalog) == add_months(date(2026, 6, 1), months), types


def test_the_longest_among_types_then_the_shortest_among_regimes() -> None:
    terms = [
        msgspec.structs.replace(
            t, months=6, months_by_type={"closure": 24 if t.regime == "order-58" else 18}
        )
        if t.regime
        else t
        for t in CATALOG.terms
    ]
    catalog = msgspec.structs.replace(CATALOG, terms=tuple(terms))
    row = world.penalty(CF_CFLB="罚款;责令关闭", CF_JDRQ="2026-03-02")
    assert until(row, catalog=catalog) == date(2027, 9, 2)


@pytest.mark.parametrize("types", ["警告", "通报批评", "警告;通报批评"])
@pytest.mark.parametrize("severity", ["", "一般", "严重"])
@pytest.mark.parametrize("choice", ["shorter", "old", "new"])
def test_warning_only_is_not_published(types: str, severity: str, choice: str) -> None:
    row = world.penalty(CF_CFLB=types, CF_NR_FK="", CF_JDRQ="2026-03-01") | {"CF_SXCD": severity}
    assert decided(row, catalog=with_transition(choice)) == Withheld("minor_dishonesty")


def test_warning_and_fine_is_not_warning_only() -> None:
    assert isinstance(decided(world.penalty(CF_CFLB="警告;罚款", CF_NR_FK="")), Public)
    assert isinstance(decided(world.penalty(CF_CFLB="警告", CF_NR_FK="0.2")), Public)
    assert isinstance(decided(world.penalty(CF_CFLB="警告并处罚款", CF_NR_FK="")), Public)
    assert decided(world.penalty(CF_CFLB="警告", CF_NR_FK="0")) == Withheld("minor_dishonesty")


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"CF_CFCX": "简易程序"}, "simple_procedure"),
        ({"CF_CFCX": "简 易"}, "simple_procedure"),
        ({"处罚程序": "当场处罚"}, "simple_procedure"),
        ({"CF_CFMC": "当场行政处罚决定书"}, "simple_procedure"),
        ({"CF_CFCX": "普通程序"}, ""),
        ({"CF_CFCX": "非简易程序"}, ""),
        ({"CF_CFCX": "简易程序转为普通程序"}, ""),
        ({"CF_CFMC": "简易房违法建设处罚决定书"}, ""),
    ],
)
def test_simple_procedure_is_not_published(more: dict[str, str], outcome: str) -> None:
    decision = decided(world.penalty() | more)
    assert decision == Withheld(outcome) if outcome else isinstance(decision, Public)


def test_of_several_reasons_the_order_of_the_policy_chooses_none() -> None:
    row = world.penalty(CF_CFLB="警告", CF_NR_FK="") | {"CF_CFCX": "简易程序"}
    backwards = msgspec.structs.replace(CATALOG, terms=CATALOG.terms[::-1])
    assert decided(row) == decided(row, catalog=backwards) == Withheld("minor_dishonesty")


def test_the_longest_passage_is_ignored_first() -> None:
    assert not mentions("简易程序转普通", ("普通",), ("简易程序转", "简易程序转普通"))
    assert mentions("简易程序", ("简易",), ("非简易",))
    assert not mentions("简非简易易", ("简易",), ("非简易",))


def short_old_regime() -> Catalog:
    catalog = msgspec.structs.replace(with_terms("penalty", months=3), transition="old")
    assert catalog.minimums
    return catalog


@pytest.mark.parametrize(
    ("basis", "violation", "authority", "months"),
    [
        ("《食品安全法》", "", world.BUREAU, 12),
        ("", "使用未经检验的特种设备", world.BUREAU, 12),
        ("", "生产销售假药品", world.BUREAU, 12),
        ("《安全生产法》", "", "澄州市应急管理局", 12),
        ("有关规定", "", "澄州市消防救援支队", 12),
        ("《广告法》", "虚假宣传", world.BUREAU, 3),
        ("《种子法》", "违法推广农药品种", world.BUREAU, 3),
    ],
)
def test_domain_minimums_are_a_floor_under_the_maximum(
    basis: str, violation: str, authority: str, months: int
) -> None:
    row = world.penalty(
        CF_YJ=basis, CF_WFXW=violation, CF_CFJG=authority, CF_SJLY="", CF_JDRQ="2026-03-02"
    )
    day = date(2026, 3, 2)
    assert until(row, day, short_old_regime()) == add_months(day, months)


def test_a_domain_minimum_never_extends_the_end_of_the_source() -> None:
    row = world.penalty(CF_JDRQ="2026-03-02") | {"CF_GSJZQ": "2026-04-02"}
    assert until(row, date(2026, 3, 2), short_old_regime()) == date(2026, 4, 2)


def test_a_domain_minimum_belongs_to_its_regime() -> None:
    row = world.penalty(CF_JDRQ="2026-04-02")
    assert until(row, date(2026, 4, 2), short_old_regime()) == date(2026, 7, 2)


# The source's own end


def test_far_future_dates_are_not_permanent_where_there_is_a_maximum() -> None:
    for end in ("2099-12-31", "长期", "2100-01-01", "9999-12-31"):
        assert until(world.penalty() | {"CF_GSJZQ": end}) == date(2027, 6, 1)
        assert until(world.listing() | {"公布截止日期": end}) == date(2029, 5, 20)
        assert until(world.debtor() | {"endDate": end}) == date(2028, 2, 10)
        assert until(world.honour(荣誉有效期至=end)) == date(2027, 4, 30)


def test_a_source_end_before_the_decision_never_shows() -> None:
    row = world.penalty() | {"CF_GSJZQ": "2026-05-31"}
    for today in (date(2026, 5, 30), date(2026, 6, 1), world.TODAY):
        assert isinstance(decide(stored(row), CATALOG, today), Withheld)


def test_a_decision_of_the_future_is_neither_taken_nor_shown() -> None:
    row = world.penalty(CF_JDRQ="2026-11-23")
    validator = RowValidator(CATALOG, recognise(list(row), CATALOG), world.TODAY)
    assert isinstance(validator.check(SourceRow(1, row)), Rejection)
    record = stored(world.penalty())
    assert decide(record, CATALOG, date(2026, 5, 31)) == Withheld("not_started")
    assert isinstance(decide(record, CATALOG, date(2026, 6, 1)), Public)


# Sealing


@pytest.mark.parametrize(
    "basis",
    [
        "《治管法》第四十三条",
        "《治安处罚法》",
        "依据治 安 管 理 处 罚 法第二十六条",
        "《治安管理處罰法》",
        "《中华人民共和国治安管理处罚条例》第五条",
        "《道路交通安全法》第九十一条；《治安管理处罚法》第五十条",
        "《旅馆业治安管理办法》第十五条、《治安管理处罚法》第五十六条",
        "违反治安管理行为，决定给予处罚",
    ],
)
@pytest.mark.parametrize("authority", [world.POLICE, world.BUREAU])
def test_sealing_sees_abbreviations_and_several_statutes(basis: str, authority: str) -> None:
    row = world.penalty(CF_YJ=basis, CF_CFJG=authority)
    assert decided(row) == Withheld("sealed")
    old = row | {"CF_JDRQ": "2025-12-31"}
    assert decided(old, date(2025, 12, 31)) == Withheld("sealed")


@pytest.mark.parametrize(
    "basis",
    [
        "《消防法》第六十条",
        "《中华人民共和国道路交通安全法》第九十条",
        "《机动车修理业、报废机动车回收业治安管理办法》第十四条",
        "《企业事业单位内部治安保卫条例》第十九条",
        "《民用爆炸物品安全管理条例》第四十四条",
        "《网络安全法》第六十一条",
    ],
)
def test_police_decisions_under_fire_or_traffic_law_are_not_sealed(basis: str) -> None:
    assert isinstance(decided(world.penalty(CF_YJ=basis, CF_CFJG=world.POLICE)), Public)


@pytest.mark.parametrize(
    "authority", ["东湖派出所", "澄州市交警支队", "澄州海警局", "澄州市治安管理支队", world.POLICE]
)
def test_whatever_the_police_do_without_a_clear_basis_is_withheld(authority: str) -> None:
    row = world.penalty(CF_YJ="有关法律规定", CF_CFJG=authority)
    assert decided(row) == Withheld("ambiguous_basis")
    by_source = world.penalty(CF_YJ="有关法律规定", CF_CFJG="东湖分局") | {"CF_SJLY": authority}
    assert decided(by_source) == Withheld("ambiguous_basis")


@pytest.mark.parametrize("field", ["CF_SY", "CF_NR", "CF_WFXW", "BZ", "CF_CFMC"])
def test_a_text_that_tells_of_a_public_security_record_is_withheld(field: str) -> None:
    row = world.penalty() | {field: "另由公安机关依照《治安管理处罚法》处罚"}
    assert decided(row) == Withheld("ambiguous_basis")


# Events


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        (EventState(repaired=True), "repaired"),
        (EventState(withdrawn=True), "revoked"),
        (EventState(deleted_by_court=True), "removed"),
        (EventState(shielded=True), "shielded"),
        (EventState(stayed=True), "stayed"),
        (EventState(repaired=True, shielded=True), "repaired"),
    ],
)
def test_events_withhold(events: EventState, reason: str) -> None:
    for row in (world.penalty(), world.debtor(), world.listing()):
        assert decided(row, events=events) == Withheld(reason)


def test_shielding_is_reversible() -> None:
    before = decided(world.penalty())
    assert decided(world.penalty(), events=EventState(shielded=True)) == Withheld("shielded")
    assert decided(world.penalty(), events=EventState(shielded=False)) == before


def test_a_pending_dispute_does_not_suspend_but_a_stay_does() -> None:
    before = shown(world.penalty())
    assert shown(world.penalty() | {"CF_ZT": "异议"}) == before
    due = EventState(objection_due=date(2026, 12, 1))
    assert shown(world.penalty(), events=due) == before
    assert shown(world.penalty() | {"BZ": "当事人已申请行政复议"}) == before
    assert decided(world.penalty() | {"CF_ZT": "停止执行"}) == Withheld("stayed")
    assert decided(world.penalty(), events=EventState(stayed=True)) == Withheld("stayed")


def test_a_debtors_term_is_extended_by_one_to_three_years() -> None:
    for moved, last in (
        ("2029-02-10", "2029-02-10"),
        ("2031-02-10", "2031-02-10"),
        ("2031-02-11", "2031-02-10"),
        ("9999-12-31", "2031-02-10"),
        ("2027-01-01", "2028-02-10"),
    ):
        events = EventState(extended_until=date.fromisoformat(moved))
        assert until(world.debtor(), events=events) == date.fromisoformat(last)
    assert "延长" in shown(world.debtor(), events=EventState(extended_until=date(2029, 1, 1))).rule


def test_an_extension_moves_the_own_end_of_the_source_too() -> None:
    row = world.debtor() | {"endDate": "2027-02-10"}
    assert until(row) == date(2027, 2, 10)
    assert until(row, events=EventState(extended_until=date(2027, 8, 1))) == date(2027, 8, 1)
    assert until(row, events=EventState(extended_until=date(2030, 1, 1))) == date(2030, 1, 1)


def test_only_what_the_policy_lets_is_extended() -> None:
    events = EventState(extended_until=date(2035, 1, 1))
    for row in (world.penalty(), world.listing(), world.honour(), world.permit()):
        assert decided(row, events=events) == decided(row)


def test_a_list_is_extended_where_its_entry_says_so() -> None:
    lists = tuple(
        msgspec.structs.replace(entry, extendable=True, extension_months=12)
        for entry in CATALOG.lists
    )
    catalog = msgspec.structs.replace(CATALOG, lists=lists)
    events = EventState(extended_until=date(2035, 1, 1))
    assert until(world.listing(), catalog=catalog, events=events) == date(2030, 5, 20)
    own = world.listing() | {"公布截止日期": "2027-01-01"}
    near = EventState(extended_until=date(2027, 6, 1))
    assert until(own, catalog=catalog, events=near) == date(2027, 6, 1)


# Debtors and lists


@pytest.mark.parametrize(
    ("conduct", "last"),
    [
        ("有履行能力而拒不履行生效法律文书确定义务的", NO_END),
        ("被执行人有履行能力 而拒不履行", NO_END),
        ("其他规避执行；有履行能力而拒不履行", NO_END),
        ("以伪造证据、暴力、威胁等方法妨碍、抗拒执行的", date(2028, 2, 10)),
        ("以虚假诉讼、虚假仲裁或者以隐匿、转移财产等方法规避执行的", date(2028, 2, 10)),
        ("违反财产报告制度的", date(2028, 2, 10)),
        ("违反限制消费令的", date(2028, 2, 10)),
        ("无正当理由拒不履行执行和解协议的", date(2028, 2, 10)),
        ("", date(2028, 2, 10)),
    ],
)
def test_debtors_by_the_six_behaviours(conduct: str, last: date) -> None:
    assert until(world.debtor(disruptTypeName=conduct)) == last


def test_regdate_is_not_the_day_of_listing() -> None:
    row = world.debtor(regDate="2020年01月05日")
    assert shown(row) == shown(world.debtor())
    assert shown(row).since == date(2026, 2, 10)


def test_a_debtor_without_a_term_leaves_only_by_the_court() -> None:
    row = world.debtor(disruptTypeName="有履行能力而拒不履行", publishDate="2018-02-10")
    assert until(row, date(2040, 1, 1)) == NO_END
    assert decided(row, events=EventState(deleted_by_court=True)) == Withheld("removed")


def test_an_honoured_taxpayer_stays_until_the_next_evaluation() -> None:
    row = world.honour(荣誉有效期至="")
    assert until(row) == date(2027, 4, 30)
    assert "4月30日" in shown(row).rule
    assert decided(row, date(2027, 5, 1)) == Withheld("expired")


def test_tax_lists_count_from_publication() -> None:
    row = world.listing(名单名称="重大税收违法失信主体") | {"公布日期": "2026-06-10"}
    assert until(row) == date(2029, 6, 10)
    assert "自公布之日起" in shown(row).rule
    assert until(row | {"公布日期": ""}) == date(2029, 5, 20)


def test_a_minor_entry_of_a_list_has_the_shorter_term() -> None:
    row = world.listing(名单名称="文化和旅游市场严重失信主体名单")
    assert until(row) == date(2029, 5, 20)
    assert until(row | {"列入事由": "认定为轻微失信主体"}) == date(2027, 5, 20)


# Invariants

days = st.dates(date(2020, 1, 1), date(2026, 11, 22))
later = st.dates(date(2020, 1, 1), date(2035, 1, 1))
KINDS = [kind.words[0] for kind in CATALOG.penalties.types]
CODES = [kind.code for kind in CATALOG.penalties.types]
LONGER = st.integers(6, 60)
types = st.lists(st.sampled_from(KINDS), min_size=1).map(";".join)
severities = st.sampled_from(["", "轻微", "一般", "严重"])


@st.composite
def penalties(draw: st.DrawFn) -> world.Row:
    own_end = draw(st.none() | later)
    return world.penalty(CF_CFLB=draw(types), CF_JDRQ=draw(days).isoformat()) | {
        "CF_SXCD": draw(severities),
        "CF_GSJZQ": own_end.isoformat() if own_end else "",
    }


def last_day(decision: Public | Withheld) -> date:
    return decision.until if isinstance(decision, Public) else date.min


@given(penalties(), later)
def test_the_last_day_is_never_before_the_first(row: world.Row, today: date) -> None:
    decision = decided(row, today)
    if isinstance(decision, Public):
        assert decision.since <= today <= decision.until
        assert decision.until <= add_months(decision.since, 36)
        assert not row["CF_GSJZQ"] or decision.until.isoformat() <= row["CF_GSJZQ"]


@given(penalties(), later)
def test_shifting_today_changes_only_what_should(row: world.Row, today: date) -> None:
    decision, next_day = decided(row, today), decided(row, today + timedelta(days=1))
    if isinstance(decision, Public):
        over = today == decision.until
        assert next_day == (Withheld("expired") if over else decision)
        assert decided(row, decision.until) == decision
    elif decision != Withheld("not_started"):
        assert next_day == decision
    else:
        assert next_day in (decision, decided(row, date.fromisoformat(row["CF_JDRQ"])))


@given(
    penalties(),
    later,
    st.randoms(use_true_random=False),
)
def test_policy_order_does_not_matter(row: world.Row, today: date, dice: Random) -> None:
    def mixed(rules: Sequence[T]) -> tuple[T, ...]:
        return tuple(dice.sample(rules, len(rules)))

    kinds = msgspec.structs.replace(CATALOG.penalties, types=mixed(CATALOG.penalties.types))
    shuffled = msgspec.structs.replace(
        CATALOG,
        terms=mixed(CATALOG.terms),
        regimes=mixed(CATALOG.regimes),
        severity_rules=mixed(CATALOG.severity_rules),
        lists=mixed(CATALOG.lists),
        penalties=kinds,
    )
    assert decided(row, today, shuffled) == decided(row, today)


@given(penalties(), st.integers(1, 60), st.integers(0, 60))
def test_a_longer_term_never_ends_earlier(row: world.Row, months: int, more: int) -> None:
    today = date.fromisoformat(row["CF_JDRQ"])
    short = decided(row, today, with_terms("penalty", months=months))
    longer = decided(row, today, with_terms("penalty", months=months + more))
    assert last_day(short) <= last_day(longer)


@given(penalties(), st.sampled_from(KINDS), st.dictionaries(st.sampled_from(CODES), LONGER))
def test_another_penalty_never_shortens(row: world.Row, kind: str, by_type: dict[str, int]) -> None:
    catalog = with_terms("penalty", months=6, months_by_type=by_type)
    today = date.fromisoformat(row["CF_JDRQ"])
    more = row | {"CF_CFLB": f"{row['CF_CFLB']};{kind}"}
    assert last_day(decided(row, today, catalog)) <= last_day(decided(more, today, catalog))


@given(days, st.none() | later, st.none() | later, later)
def test_an_extension_never_shortens(
    start: date, own_end: date | None, moved: date | None, today: date
) -> None:
    row = world.debtor(publishDate=start.isoformat())
    row |= {"endDate": max(own_end, start).isoformat() if own_end else ""}
    extended = decided(row, today, events=EventState(extended_until=moved))
    assert last_day(decided(row, today)) <= last_day(extended) <= add_months(start, 60)


@given(penalties(), later, st.sampled_from(["shorter", "old", "new"]))
def test_minor_dishonesty_is_never_public(row: world.Row, today: date, choice: str) -> None:
    decision = decided(row | {"CF_SXCD": "轻微"}, today, with_transition(choice))
    assert decision == Withheld("minor_dishonesty")


@given(penalties(), later)
def test_the_shorter_transition_is_the_shorter(row: world.Row, today: date) -> None:
    ends = {
        choice: last_day(decided(row, today, with_transition(choice)))
        for choice in ("shorter", "old", "new")
    }
    assert ends["shorter"] == min(ends["old"], ends["new"])


@pytest.mark.parametrize(
    "word", ["否", "0", "不同意", " 否 ", "N", "无依据", "不同意公开本人信息", "是", "有"]
)
def test_a_word_that_is_no_basis_is_none(word: str) -> None:
    row = person(world.penalty()) | {"CF_GKYJ": word}
    assert decided(row) == Withheld("natural_person")


def test_consent_is_a_basis_where_the_class_says_so() -> None:
    model = {"主体名称": "佟晓岚", "主体类别": "自然人", "统一社会信用代码": ""}
    row = world.honour(名单名称="道德模范", 荣誉有效期至="长期") | model
    assert isinstance(decided(row | {"本人同意公开": "是"}), Public)
    assert decided(row | {"本人同意公开": "否"}) == Withheld("natural_person")
    assert decided(row | {"本人同意公开": ""}) == Withheld("natural_person")


def test_a_persons_permit_without_its_validity_is_withheld() -> None:
    row = person(world.permit(XK_YXQZI=""), "XK") | {"XK_GKYJ": "《行政许可法》第四十条"}
    assert decided(row) == Withheld("undated")
