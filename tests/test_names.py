import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.names import is_organisation_like, is_person_like, may_be_person, personal_part

PERSONS = [
    "张三",
    "李小明",
    "王行",
    "欧阳娜娜",
    "张杨雨涵",
    "买买提·艾力",
    "古丽努尔•阿卜杜拉",
    "伊万·彼得",
    "阿依古丽",
    "买买提",
    "古力娜扎尔",
    "扎西顿珠",
    "周园园",
    "周晓校",
    "李玉堂",
    "裘*舒",
    "裘＊＊",
    "张某某",
    " 张 三 ",
    "裘\u200b望舒",
]
DRESSED = [
    "张三（个体工商户）",
    "李四(个体户)",
    "个体户张三",
    "个体工商户：张三",
    "裘望舒个体",
    "裘望舒摊",
    "裘望舒（经营者）",
    "經營者裘望舒",
    "個體戶裘望舒",
]
SHOPS = [
    "张三饭店",
    "王记铺",
    "老李面馆",
    "老王摊",
    "阳光超市",
    "张三丰烧烤",
    "李宁体育用品店",
    "百姓大药房",
    "北湖区小张理发店",
    "陈氏修理部",
    "丽·美容院",
    "福满楼",
]
OFFICES = [
    "澄州市蓝穗食品有限公司",
    "澄州市蓝穗食品有限公司（东湖店）",
    "东湖区国土局",
    "国土局",
    "党校",
    "文旅委",
    "石门海关",
    "澄州市第三建筑工程处",
    "澄州市第三建筑工程处一队驻云岭项目",
    "边城村第三村民小组",
    "Mirova (Chengzhou) Co., Ltd.",
]
BRANDS = ["花样年华", "金色童年", "鑫旺"]


@pytest.mark.parametrize("name", [*PERSONS, *DRESSED])
def test_persons(name: str) -> None:
    assert is_person_like(name)
    assert may_be_person(name)
    assert not is_organisation_like(name)


@pytest.mark.parametrize("name", [*SHOPS, *OFFICES])
def test_shops_and_offices(name: str) -> None:
    assert not is_person_like(name)
    assert not may_be_person(name)
    assert is_organisation_like(name)


@pytest.mark.parametrize("name", BRANDS)
def test_a_short_name_with_nothing_of_a_business_is_protected_in_a_household(name: str) -> None:
    """Surnames are more than any list holds: 花样年华 stands for 阿依古丽 here."""
    assert may_be_person(name)
    assert not is_person_like(name)


@pytest.mark.parametrize("name", ["个体工商户", "ABC", "张", "", "1", "第八十八号"])
def test_neither(name: str) -> None:
    assert not is_person_like(name)
    assert not may_be_person(name)
    assert not is_organisation_like(name)


def test_an_end_that_no_shop_has() -> None:
    assert is_organisation_like("蓝穗食品有限公司（分店）", surely=True)
    assert not is_organisation_like("老周面馆", surely=True)


@pytest.mark.parametrize("name", DRESSED)
def test_the_personal_part(name: str) -> None:
    assert personal_part(name) in {"张三", "李四", "裘望舒"}


@given(st.text())
def test_any_text_is_judged_and_never_both(name: str) -> None:
    assert not (is_person_like(name) and is_organisation_like(name))
    assert isinstance(personal_part(name), str)
