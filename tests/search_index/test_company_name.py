import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_index.company_name import bare, parts_of
from search_index.text import fold_name
from search_index.variants import variants


@pytest.mark.parametrize(
    ("name", "place", "core", "form", "branch"),
    [
        ("安徽神剑新材料股份有限公司", "安徽", "神剑新材料", "股份有限公司", False),
        ("广东省深圳市神剑贸易有限公司", "广东省深圳市", "神剑贸易", "有限公司", False),
        ("绿城市政园林有限公司", "", "绿城市政园林", "有限公司", False),
        ("宁夏回族自治区神剑集团有限公司", "宁夏回族自治区", "神剑", "集团有限公司", False),
        ("神剑", "", "神剑", "", False),
        ("上海有限公司", "", "上海", "有限公司", False),
        ("神剑股份有限公司上海分公司", "", "神剑股份有限公司上海分", "公司", True),
        ("某银行股份有限公司诸暨支行", "", "某银行股份有限公司诸暨支行", "", True),
        ("", "", "", "", False),
    ],
)
def test_a_name_has_place_core_and_form(
    name: str, place: str, core: str, form: str, branch: bool
) -> None:
    parts = parts_of(name)
    found = (name[: parts.start], name[parts.start : parts.end], name[parts.end :], parts.branch)
    assert found == (place, core, form, branch)


@given(st.text("深圳市省县区公司股份有限集团甲乙", max_size=14))
def test_the_parts_make_up_the_name(name: str) -> None:
    parts = parts_of(name)
    assert 0 <= parts.start <= parts.end <= len(name)
    assert parts.core_length >= min(len(name), 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("红塔证券有限公司", "红塔证券股份有限公司"),
        ("五原县润泽稀土有限公司", "五原县润泽稀土有限责任公司"),
        ("深圳市神剑实业有限公司", "深圳神剑实业股份有限公司"),
    ],
)
def test_names_of_another_form_are_the_same_bare(one: str, other: str) -> None:
    assert bare(one) == bare(other)


def test_a_bare_name_keeps_what_tells_companies_apart() -> None:
    assert bare("深圳市拓搏实业有限公司") != bare("深圳市拓博实业有限公司")
    assert bare("绿城市政园林有限公司") == "绿城市政园林"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*ST神剑", "神剑"),
        ("XD神剑", "神剑"),
        ("神剑-UW", "神剑"),
        ("伊泰B股", "伊泰"),
        ("皖新传媒", "安徽新传媒"),
        ("广东省深圳市神剑贸易有限公司", "深圳市神剑贸易"),
        ("神剑贸易有限公司", "神剑贸易"),
    ],
)
def test_what_is_added_to_a_name_is_taken_away(text: str, expected: str) -> None:
    steps = variants(fold_name(text))
    assert expected in [found for step in steps for found in step]
    assert steps[0][0] == fold_name(text)


@pytest.mark.parametrize("text", ["TCL科技", "ABC", "A股", "神剑科技"])
def test_letters_that_are_the_name_stay(text: str) -> None:
    assert variants(fold_name(text))[0] == (fold_name(text),)
    assert fold_name(text)[:-1] not in [
        found for step in variants(fold_name(text)) for found in step
    ]
