from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog import load_catalog
from portal.catalog_model import Catalog, SeverityRule
from portal.publish.penalty_class import PenaltyFacts, penalty_facts, severity_of
from portal.records import StoredRecord, Subject, SubjectKind
from tests import world

CATALOG = load_catalog()
NAMES = [kind.words[0] for kind in CATALOG.penalties.types]


def facts(types: str = "", more: str = "", **values: str) -> PenaltyFacts:
    given_values = {"penalty_types": types, "penalty_types_more": more} | values
    return penalty_facts(given_values, CATALOG.penalties)


def severity(catalog: Catalog = CATALOG, **values: str) -> str | None:
    subject = Subject(SubjectKind.ORGANIZATION, "澄州市蓝穗食品有限公司", world.uscc(1))
    record = StoredRecord(b"k" * 16, "penalty", subject, values, world.TODAY, 1)
    return severity_of(record, penalty_facts(values, catalog.penalties), catalog)


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("警告", {"warning"}),
        ("警告；罚款", {"warning", "fine"}),
        ("警告并处罚款", {"warning", "fine"}),
        ("警告和通报批评", {"warning", "criticism"}),
        ("警告／罚 款", {"warning", "fine"}),
        ("没收违法所得、没收非法财物", {"confiscation"}),
        ("暂扣许可证件", {"suspended_licence"}),
        ("吊销营业执照", {"revoked_licence"}),
        ("责令停产停业；责令关闭", {"suspended_business", "closure"}),
        ("限制开展生产经营活动；限制从业", {"restricted_business", "restricted_practice"}),
        ("降低资质等级；行政拘留；其他", {"lowered_grade", "detention", "other"}),
        ("", set()),
    ],
)
def test_penalties_are_recognised_by_their_words(text: str, types: set[str]) -> None:
    assert facts(text).types == types
    assert facts(more=text).types == types
    assert not facts(text).unknown


@pytest.mark.parametrize("text", ["罚金", "警告；责令改正", "不予警告", "警告；02", "警告等"])
def test_words_that_are_no_known_penalty_are_noticed(text: str) -> None:
    assert facts(text).unknown
    assert severity(penalty_types=text) == "general"


def test_every_kind_of_the_penalty_law_has_a_type() -> None:
    kinds = "警告 通报批评 罚款 没收违法所得 没收非法财物 暂扣许可证件 降低资质等级 吊销许可证件 "
    kinds += "限制开展生产经营活动 责令停产停业 责令关闭 限制从业 行政拘留"
    for kind in kinds.split():
        assert len(facts(kind).types) == 1, kind
        assert not facts(kind).unknown, kind


def test_the_two_columns_of_the_old_standard_are_one_decision() -> None:
    assert facts("警告", "罚款").types == {"warning", "fine"}
    assert severity(penalty_types="警告", penalty_types_more="罚款") == "general"


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("fine", "0.2", "fine"),
        ("confiscated", "1200", "confiscation"),
        ("suspended_licence", "食品经营许可证", "suspended_licence"),
        ("suspended_licence", "1.2.3", "suspended_licence"),
        ("suspended_licence", "NaN", "suspended_licence"),
    ],
)
def test_a_sum_or_a_licence_is_a_penalty_too(field: str, value: str, kind: str) -> None:
    found = penalty_facts({"penalty_types": "警告", field: value}, CATALOG.penalties)
    assert found.types == {"warning", kind}


def test_zero_is_no_fine() -> None:
    for zero in ("0", "0.000000"):
        assert facts("警告", fine=zero).types == {"warning"}
        assert severity(penalty_types="警告", fine=zero) == "minor"


def test_amounts_are_added() -> None:
    assert facts(fine="0.2", confiscated="1.05").amount == Decimal("1.25")


def test_warning_with_a_fine_is_not_warning_only() -> None:
    assert severity(penalty_types="警告；罚款") == "general"
    assert severity(penalty_types="警告", fine="0.2") == "general"
    assert severity(penalty_types="警告") == severity(penalty_types="通报批评") == "minor"
    assert severity(penalty_types="警告；通报批评") == "minor"


def test_a_missing_class_is_not_serious() -> None:
    assert severity() == severity(penalty_types="吊销许可证件；行政拘留") == "general"
    assert severity(penalty_types="罚款", fine="99999999") == "general"


def test_the_own_class_of_the_record_goes_first() -> None:
    for own in ("minor", "general", "serious"):
        assert severity(severity=own, penalty_types="警告") == own
    assert severity(severity="whatever", penalty_types="罚款") == "general"


def test_a_class_without_rules_has_no_severity() -> None:
    rules = msgspec.structs.replace(CATALOG, severity_rules=())
    assert severity(rules, severity="serious") is None


def test_amounts_can_make_a_rule_and_the_mildest_decides() -> None:
    small = SeverityRule(
        record_class="penalty",
        severity="minor",
        name="小额罚款",
        basis="示例",
        only_types=("warning", "fine"),
        amount_up_to=Decimal("0.1"),
    )
    for rules in ((small, *CATALOG.severity_rules), (*CATALOG.severity_rules, small)):
        catalog = msgspec.structs.replace(CATALOG, severity_rules=rules)
        assert severity(catalog, penalty_types="罚款", fine="0.1") == "minor"
        assert severity(catalog, penalty_types="罚款", fine="0.100001") == "general"
        assert severity(catalog, penalty_types="罚款；没收", fine="0.1") == "general"


@given(st.lists(st.sampled_from(NAMES), min_size=1), st.sampled_from(NAMES))
def test_another_penalty_never_makes_it_milder(names: list[str], more: str) -> None:
    before, after = facts("；".join(names)), facts("；".join([*names, more]))
    assert before.types <= after.types
    order = ("minor", "general", "serious")
    mild, harsh = (severity(penalty_types="；".join(n)) for n in (names, [*names, more]))
    assert order.index(str(mild)) <= order.index(str(harsh))


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_gives_general_or_minor_and_never_an_error(
    types: str, more: str, fine: str, licence: str
) -> None:
    values = {"penalty_types": types, "penalty_types_more": more, "fine": fine}
    judged = severity(CATALOG, **values, suspended_licence=licence)
    assert judged in {"minor", "general"}
