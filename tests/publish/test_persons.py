from dataclasses import replace

import pytest

from portal.publish.persons import may_be_minor, protected_kind
from portal.records import Subject, SubjectKind
from tests import world
from tests.publish.test_publicity import stored

ORGANIZATION, HOUSEHOLD, PERSON = (
    SubjectKind.ORGANIZATION,
    SubjectKind.HOUSEHOLD,
    SubjectKind.PERSON,
)


def kind(name: str, stated: SubjectKind, representative: str = "") -> SubjectKind:
    return protected_kind(Subject(stated, name, world.uscc(1)), representative)


@pytest.mark.parametrize(
    "name", ["裘望舒", "阿依古丽", "古力娜扎尔", "裘望舒摊", "裘*舒", "經營者裘望舒", "伊万·彼得"]
)
@pytest.mark.parametrize("stated", [ORGANIZATION, HOUSEHOLD, PERSON])
def test_a_personal_name_is_protected_whatever_the_source_calls_it(
    name: str, stated: SubjectKind
) -> None:
    assert kind(name, stated) is PERSON


def test_a_short_brand_is_protected_in_a_household_only() -> None:
    assert kind("花样年华", HOUSEHOLD) is PERSON
    assert kind("花样年华", ORGANIZATION) is ORGANIZATION


def test_a_subject_named_as_its_representative_is_a_person_unless_it_cannot_be() -> None:
    assert kind("诺敏高勒夫斯基", HOUSEHOLD, "诺敏高勒夫斯基") is PERSON
    assert kind("诺敏高勒夫斯基", ORGANIZATION, "诺敏 高勒夫斯基") is PERSON
    company = "澄州市蓝穗食品有限公司"
    assert kind(company, ORGANIZATION, company) is ORGANIZATION
    assert kind("老周面馆", HOUSEHOLD, "老周面馆") is HOUSEHOLD


@pytest.mark.parametrize(
    ("age", "minor"),
    [
        ("", False),
        ("0", False),
        ("0.0", False),
        ("17", True),
        ("18", False),
        ("41岁", False),
        ("16岁", True),
        ("１６", True),
        ("16.0", True),
        ("16周岁", True),
        (" 16 ", True),
        ("0岁", True),
        ("未满十六", True),
        ("十六岁", True),
        ("-", True),
        ("1985", True),
    ],
)
def test_an_age_that_may_be_a_minors(age: str, minor: bool) -> None:
    record = stored(world.debtor(cardNum=""))
    record = replace(record, values={**record.values, "age": age})
    assert may_be_minor(record, world.TODAY) is minor


def test_a_birth_year_speaks_where_the_age_cannot_be_read() -> None:
    record = stored(world.debtor(cardNum="3801021985****0018"))
    unreadable = replace(record, values={**record.values, "age": "不详"})
    assert not may_be_minor(unreadable, world.TODAY)
    young = stored(world.debtor(cardNum="3801022010****0018", age="不详"))
    assert may_be_minor(young, world.TODAY)
