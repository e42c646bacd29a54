from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import identifiers
from portal.catalog import load_catalog
from portal.catalog_model import Catalog
from portal.intake.columns import recognise
from portal.intake.validate import RowValidator
from portal.records import Rejection, SourceRow, SubjectKind, ValidRecord
from tests import world

CATALOG = load_catalog()


def check(cells: Mapping[str, str], catalog: Catalog = CATALOG) -> ValidRecord | Rejection:
    layout = recognise(list(cells), catalog)
    return RowValidator(catalog, layout, world.TODAY).check(SourceRow(7, cells))


def accept(cells: Mapping[str, str]) -> ValidRecord:
    outcome = check(cells)
    assert isinstance(outcome, ValidRecord), outcome
    return outcome


def refuse(cells: Mapping[str, str]) -> Rejection:
    outcome = check(cells)
    assert isinstance(outcome, Rejection), outcome
    assert outcome.line == 7
    return outcome


def test_a_sound_row_is_accepted() -> None:
    record = accept(world.penalty())
    assert record.class_code == "penalty"
    assert record.subject.kind is SubjectKind.ORGANIZATION
    assert record.values["penalty_types"] == "警告；罚款"
    assert record.values["fine"] == "0.2"


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"CF_XDR_SHXYM": "91110108551385082P"}, "统一社会信用代码", "校验"),
        ({"CF_XDR_SHXYM": "4.31003E+17"}, "统一社会信用代码", "电子表格"),
        ({"CF_XDR_SHXYM": "911101O8551385082Q"}, "统一社会信用代码", "校验"),
        ({"CF_XDR_SHXYM": ""}, "行政相对人类别", "没有有效的"),
        ({"CF_XDR_SHXYM": "00000000000000000X"}, "行政相对人类别", "没有有效的"),
        ({"CF_XDR_MC": "暂无"}, "行政相对人名称", "必填"),
        ({"CF_JDRQ": "2026-02-30"}, "处罚决定日期", "日期不存在"),
        ({"CF_JDRQ": "2026-11-23"}, "处罚决定日期", "未来"),
        ({"CF_NR_FK": "二千元"}, "罚款金额（万元）", "金额"),
        ({"CF_XDR_LB": "其他主体"}, "行政相对人类别", "类别"),
        ({"CF_XDR_LB": "自然人"}, "行政相对人类别", "自然人"),
        ({"CF_SY": "长" * 20_001}, "违法事实", "过长"),
        ({"CF_GSJZQ": "2026-05-31"}, "公示截止期", "早于决定日期"),
        ({"CF_JDRQ": "2026-06-01 25:99"}, "处罚决定日期", "时间"),
        ({"公示期限": "0年"}, "公示截止期", "期限为零"),
        ({"公示期限": "三四年"}, "公示截止期", "期限"),
        ({"公示期限": "一阵子"}, "公示截止期", "不是日期"),
    ],
)
def test_a_faulty_row_is_rejected_by_field(
    changes: dict[str, str], field: str, reason: str
) -> None:
    rejection = refuse(world.penalty(**changes))
    assert rejection.field == field
    assert reason in rejection.reason


@pytest.mark.parametrize(
    ("columns", "day"),
    [
        ({"公示期限": "1年"}, "2027-06-01"),
        ({"公示期限": "三个月"}, "2026-09-01"),
        ({"公示期限": "长期"}, "9999-12-31"),
        ({"公示期限": "2027-01-31"}, "2027-01-31"),
        ({"CF_GSJZQ": "2999-12-31"}, "9999-12-31"),
        ({"CF_GSJZQ": "2026-06-01"}, "2026-06-01"),
        ({"CF_GSJZQ": "2027/6/1", "公示期限": "1年"}, "2027-06-01"),
    ],
)
def test_the_end_of_publicity_is_a_day_or_a_term(columns: dict[str, str], day: str) -> None:
    row = world.penalty()
    assert accept(columns | row).values["ends_on"] == day, "also before the date of the decision"
    assert accept(row | columns).values["ends_on"] == day


def test_a_permit_does_not_end_before_it_begins() -> None:
    row = world.permit(XK_YXQZI="2026-02-28") | {"XK_YXQZ": "2026-03-01"}
    rejection = refuse(row)
    assert (rejection.field, rejection.reason) == ("有效期至", "早于有效期自")
    assert accept(row | {"XK_YXQZI": "2026-03-01"}).values["valid_until"] == "2026-03-01"
    assert accept(row | {"XK_YXQZI": "2999-12-31"}).values["valid_until"] == "9999-12-31"


ID = world.id_number(1)
PERSON = {"CF_XDR_LB": "自然人", "CF_XDR_SHXYM": "", "CF_XDR_ZJHM": ID}


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"行政相对人名称": "澄州市青禾机械股份有限公司"}, "行政相对人名称"),
        ({"统一社会信用代码": world.uscc(2)}, "统一社会信用代码"),
        ({"罚款金额": "0.3"}, "罚款金额（万元）"),
        ({"处罚决定日期": "2026-06-02"}, "处罚决定日期"),
        ({"公示期限": "1年", "CF_GSJZQ": "2027-05-31"}, "公示截止期"),
        ({"当前状态": "正常", "CF_ZT": "1"}, "当前状态"),
        (PERSON | {"身份证号": world.id_number(2)}, "证件号码"),
        ({"CF_FR_ZJHM": ID, "CF_FR_SFZH": world.id_number(2)}, "法定代表人证件号码"),
    ],
)
def test_two_columns_of_one_field_must_agree(columns: dict[str, str], field: str) -> None:
    for row in (world.penalty() | columns, columns | world.penalty() | columns):
        rejection = refuse(row)
        assert (rejection.field, rejection.reason) == (field, "两列内容不一致")


def test_two_columns_that_agree_are_one() -> None:
    columns = {
        "行政相对人名称": "澄州市蓝穗食品有限公司",
        "统一社会信用代码": world.uscc(1).lower(),
        "罚款金额": "2000元",
        "处罚决定日期": "2026年6月1日",
        "行政处罚决定书文号": "澄市监罚[2026]1号",
        "处罚依据": "",
        "当前状态": "暂无",
    }
    plain = accept(world.penalty())
    both = accept(world.penalty() | columns)
    assert both.values == plain.values
    assert both.row_hash == plain.row_hash


def test_a_row_outside_the_catalogue_is_rejected() -> None:
    rejection = refuse(world.listing(名单名称="澄州市诚信建设落后单位名单"))
    assert (rejection.field, rejection.reason) == ("名单代码", "名单不在目录之内")
    assert "不属于" in refuse(world.listing(名单名称="纳税信用A级纳税人")).reason


def test_a_list_is_known_by_code_or_any_name() -> None:
    for name in ("market-regulation", "严重违法失信企业名单", "市场监督管理严重违法失信名单 "):
        assert accept(world.listing(名单名称=name)).values["list_code"] == "market-regulation"


def test_no_personal_value_stands_in_a_rejection() -> None:
    number = world.id_number(5)
    wrong = number[:17] + ("0" if number[17] != "0" else "1")
    row = world.penalty(CF_XDR_LB="自然人", CF_XDR_SHXYM="", CF_XDR_MC="佟晓岚") | {
        "CF_XDR_ZJHM": wrong
    }
    rejection = refuse(row)
    assert rejection.field == "证件号码"
    for value in (wrong, wrong[:10], "佟晓岚"):
        assert value not in rejection.reason + rejection.field


def test_states_are_read_by_generation() -> None:
    legacy = {
        "XK_XMMC": "食品经营许可", "XK_WSH": "澄许〔2016〕1号", "XK_XDR": "澄州市蓝穗食品有限公司",
        "XK_XDR_SHXYM": world.uscc(1), "XK_JDRQ": "2016-03-01", "XK_XZJG": world.BUREAU,
        "XK_ZT": "1",
    }  # fmt: skip
    assert accept(legacy).values["status"] == "revoked"
    assert accept(legacy | {"XK_ZT": "0"}).values["status"] == "valid"
    assert accept(world.permit(XK_ZT="1")).values["status"] == "valid"
    assert accept(world.permit(XK_ZT="2")).values["status"] == "invalid"
    assert refuse(world.permit(XK_ZT="7")).field == "当前状态"


def test_a_state_is_not_guessed_where_the_headings_are_of_both_generations() -> None:
    """One old heading in a file of 2018 must not turn 有效 into 撤销."""
    for old in ({"XK_SPLB": "普通"}, {"XK_XMMC": "食品经营许可决定书"}, {"XK_FR": "佟晓岚"}):
        row = {name: text for name, text in world.permit().items() if name != "XK_XKLB"} | old
        for state in "12":
            rejection = refuse(row | {"XK_ZT": state})
            assert rejection.field == "当前状态"
            assert "新旧两代" in rejection.reason
        for state, meaning in (("有效", "valid"), ("撤销", "revoked"), ("3", "other"), ("", None)):
            assert accept(row | {"XK_ZT": state}).values.get("status") == meaning
    penalty = world.penalty() | {"CF_CFMC": "罚款案", "CF_ZT": "1"}
    assert accept(penalty).values["status"] == "revoked", "means the same in both"


def test_codes_that_both_generations_have_tell_neither() -> None:
    row = {
        "XK_WSH": "澄许〔2016〕1号", "XK_XDR": "澄州市蓝穗食品有限公司", "XK_NR": "许可内容",
        "XK_XDR_SHXYM": world.uscc(1), "XK_JDRQ": "2016-03-01", "XK_XZJG": world.BUREAU,
        "XK_ZT": "1", "BZ": "备注",
    }  # fmt: skip
    assert accept(row).values["status"] == "revoked"
    assert "新旧两代" in refuse(row | {"XK_LYDW": world.BUREAU}).reason


def test_the_keys_of_each_json_object_tell_its_generation() -> None:
    old = {
        "XK_XMMC": "食品经营许可", "XK_WSH": "澄许〔2016〕1号", "XK_XDR": "澄州市蓝穗食品有限公司",
        "XK_XDR_SHXYM": world.uscc(1), "XK_JDRQ": "2016-03-01", "XK_XZJG": world.BUREAU,
        "XK_ZT": "1",
    }  # fmt: skip
    validator = RowValidator(CATALOG, recognise(list(old), CATALOG), world.TODAY)
    for cells, state in ((old, "revoked"), (world.permit(), "valid"), (old, "revoked")):
        outcome = validator.check(SourceRow(1, cells))
        assert isinstance(outcome, ValidRecord)
        assert outcome.values["status"] == state


def test_debtors_are_told_apart_by_their_card_number() -> None:
    person = accept(world.debtor())
    assert person.subject.kind is SubjectKind.PERSON
    company = accept(world.debtor(iname="澄州市云帆置业有限公司", cardNum="D2143569-X", age="0"))
    assert company.subject.kind is SubjectKind.ORGANIZATION
    assert company.subject.org_code == "D2143569X"
    nameless = accept(world.debtor(iname="澄州市云帆置业有限公司", cardNum=""))
    assert nameless.subject.kind is SubjectKind.ORGANIZATION
    assert accept(world.debtor(cardNum="")).subject.kind is SubjectKind.PERSON


def test_a_wrong_code_does_not_make_a_company_a_person() -> None:
    for code in ("D21O3569X", "D21435691"):
        row = world.debtor(iname="澄州市云帆置业有限公司", cardNum=code, age="0")
        assert "校验不通过" in refuse(row).reason
    shop = accept(world.debtor(iname="老周面馆", cardNum="3801021985****0018"))
    assert shop.subject.kind is SubjectKind.PERSON


def test_the_filing_date_is_not_taken_for_the_listing_date() -> None:
    values = accept(world.debtor()).values
    assert (values["filed_on"], values["decided_on"]) == ("2026-01-05", "2026-02-10")


def test_an_id_number_is_never_taken_for_a_credit_code() -> None:
    """One in thirty passes the check of a credit code by chance."""
    numbers = (world.id_number(serial) for serial in range(999))
    alike = next(
        n for n in numbers if identifiers.uscc_check_character(n[:17]) == n[17]
        and not identifiers.is_org_code(n[8:17])
    )  # fmt: skip
    row = world.penalty(CF_XDR_LB="自然人", CF_XDR_SHXYM="", CF_XDR_MC="佟晓岚")
    subject = accept(row | {"CF_XDR_ZJHM": alike}).subject
    assert (subject.kind, subject.uscc, subject.id_number) == (SubjectKind.PERSON, "", alike)
    debtor = accept(world.debtor(cardNum=alike)).subject
    assert (debtor.kind, debtor.uscc, debtor.id_number) == (SubjectKind.PERSON, "", alike)
    assert refuse(world.penalty(CF_XDR_SHXYM=alike)).field == "统一社会信用代码"


def test_a_household_is_recognised_by_its_code() -> None:
    row = world.penalty(CF_XDR_MC="澄州市东湖区老周面馆", CF_XDR_SHXYM=world.uscc(9, prefix="92"))
    assert accept(row).subject.kind is SubjectKind.HOUSEHOLD


def test_codes_that_contradict_each_other_are_rejected() -> None:
    row = world.penalty() | {"CF_XDR_ZZJG": "D2143569-X"}
    assert "第9至17位" in refuse(row).reason


def test_the_key_survives_brackets_width_and_later_fields() -> None:
    key = accept(world.penalty()).key
    same = {
        "CF_WSH": "澄市监罚[2026] 1号",
        "CF_SY": "另一种写法",
        "CF_XDR_MC": "澄州市蓝穗食品有限公司（改名）",
        "CF_XDR_SHXYM": world.uscc(1).lower(),
    }
    for name, value in same.items():
        assert accept(world.penalty(**{name: value})).key == key
    other = {
        "CF_WSH": "澄市监罚〔2026〕11号",
        "CF_XDR_SHXYM": world.uscc(2),
        "CF_CFJGDM": world.uscc(90000002, prefix="11", region="380100"),
    }
    for name, value in other.items():
        assert accept(world.penalty(**{name: value})).key != key


def test_several_parties_of_one_decision_are_several_records() -> None:
    persons = [
        world.penalty(CF_XDR_LB="自然人", CF_XDR_SHXYM="", CF_XDR_MC="佟晓岚")
        | {"CF_XDR_ZJHM": world.id_number(serial)}
        for serial in (1, 2)
    ]
    assert len({accept(row).key for row in (world.penalty(), *persons)}) == 3


def test_old_and_new_id_number_are_one_person() -> None:
    row = world.penalty(CF_XDR_LB="自然人", CF_XDR_SHXYM="", CF_XDR_MC="佟晓岚")
    old = accept(row | {"CF_XDR_ZJHM": "130503670401001"})
    new = accept(row | {"CF_XDR_ZJHM": "130503196704010016"})
    assert old.key == new.key


@given(st.dictionaries(st.sampled_from(list(world.penalty())), st.text(max_size=40)))
def test_any_row_is_accepted_or_rejected(changes: dict[str, str]) -> None:
    outcome = check(world.penalty(**changes))
    assert isinstance(outcome, ValidRecord | Rejection)
