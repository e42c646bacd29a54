from collections.abc import Mapping
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog import load_catalog
from portal.catalog_model import Catalog
from portal.intake.columns import recognise
from portal.intake.validate import RowValidator
from portal.publish.publicity import Public, Withheld, decide
from portal.records import NO_END, SourceRow, StoredRecord, ValidRecord
from tests import world

CATALOG = load_catalog()


def stored(cells: Mapping[str, str]) -> StoredRecord:
    validator = RowValidator(CATALOG, recognise(list(cells), CATALOG), world.TODAY)
    record = validator.check(SourceRow(1, cells))
    assert isinstance(record, ValidRecord), record
    return StoredRecord(
        record.key, record.class_code, record.subject, record.values, world.TODAY, 1
    )


def decided(
    cells: Mapping[str, str], today: date = world.TODAY, catalog: Catalog = CATALOG
) -> Public | Withheld:
    return decide(stored(cells), catalog, today)


def until(cells: Mapping[str, str], today: date = world.TODAY) -> date:
    decision = decided(cells, today)
    assert isinstance(decision, Public), decision
    return decision.until


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
    own = person(row, "XK") | {"XK_GKYJ": "本人书面同意"}
    assert decided(own) == Withheld("expired")
    assert until(own | {"XK_YXQZI": "2026-11-22"}) == date(2026, 11, 22)


def test_natural_persons_need_a_basis() -> None:
    row = person(world.penalty())
    assert decided(row) == Withheld("natural_person")
    assert isinstance(decided(row | {"CF_GKYJ": "《食品安全法》第一百一十三条"}), Public)
    assert decided(person(world.permit(), "XK")) == Withheld("natural_person")
    assert isinstance(decided(world.debtor()), Public)


def test_minors_are_never_published() -> None:
    row = person(world.penalty(), birth="20080602") | {"CF_GKYJ": "依据"}
    assert decided(row) == Withheld("minor_person")
    adult = person(world.penalty(), birth="20080601") | {"CF_GKYJ": "依据"}
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
    assert decided(world.listing(), catalog=catalog) == Withheld("reference_only")


def test_list_terms() -> None:
    assert until(world.listing()) == date(2029, 5, 20)
    assert until(world.listing() | {"公布截止日期": "2027-01-01"}) == date(2027, 1, 1)
    assert until(world.listing(名单名称="统计严重失信企业名单")) == date(2027, 5, 20)
    assert until(world.honour()) == date(2027, 4, 9)
    assert until(world.honour(荣誉有效期至="长期")) == NO_END


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
    reasons = {"expired", "revoked", "removed", "repaired", "shielded", "reference_only"}
    reasons |= {"natural_person", "minor_person", "sealed", "ambiguous_basis", "no_term"}
    reasons |= {"minor_dishonesty", "not_started", "undated", "stayed", "absent"}
    reasons |= {"red_black_conflict"}
    assert set(CATALOG.reasons) == reasons


days = st.dates(date(2020, 1, 1), date(2026, 11, 22))


@given(days, days, days, st.permutations(CATALOG.terms))
def test_invariants(start: date, end: date, today: date, terms: list[object]) -> None:
    row = world.penalty() | {"CF_JDRQ": start.isoformat(), "CF_GSJZQ": end.isoformat()}
    decision = decided(row, today)
    shuffled = msgspec.structs.replace(CATALOG, terms=tuple(terms))
    assert decided(row, today, shuffled) == decision
    if isinstance(decision, Public):
        assert decision.since <= today <= decision.until <= end
        assert decided(row, decision.until) == decision
        assert decided(row, decision.until + timedelta(days=1)) == Withheld("expired")
