from collections.abc import Mapping

import pytest

from portal import identifiers
from portal.records import Subject, SubjectKind
from tests import world
from tests.intake.test_validate import accept, refuse

PASSPORT = "E12345673"  # by chance a valid organisation code, as one in eleven is
REGISTRATION = "110108000000016"
ORGANIZATION, HOUSEHOLD, PERSON = (
    SubjectKind.ORGANIZATION,
    SubjectKind.HOUSEHOLD,
    SubjectKind.PERSON,
)


def legacy(name: str, **cells: str) -> Mapping[str, str]:
    """A permit under the headings of 2015, which state no kind."""
    return {
        "XK_XMMC": "食品经营许可",
        "XK_WSH": "澄许〔2016〕1号",
        "XK_XDR": name,
        "XK_JDRQ": "2016-03-01",
        "XK_XZJG": world.BUREAU,
        "XK_ZT": "0",
    } | cells


def listed(name: str, **cells: str) -> Subject:
    row = world.listing(失信主体名称=name, 主体类别="", 统一社会信用代码="")
    return accept(row | cells).subject


@pytest.mark.parametrize("name", ["周园园", "柳园园", "周晓校", "李海社", "王力行", "伊万·彼得"])
def test_a_word_for_an_organisation_inside_a_name_makes_none(name: str) -> None:
    assert listed(name).kind is PERSON
    assert accept(world.debtor(iname=name, cardNum="")).subject.kind is PERSON


@pytest.mark.parametrize(
    "name", ["澄州市云帆置业有限公司", "澄州市东湖饭店（二店）", "老周面馆", "边城村民委员会"]
)
def test_a_word_at_the_end_makes_one(name: str) -> None:
    assert accept(world.debtor(iname=name, cardNum="")).subject.kind is ORGANIZATION


@pytest.mark.parametrize("name", ["周晓校", "伊万·彼得", "IVAN PETROV"])
def test_a_passport_is_no_organisation_code(name: str) -> None:
    assert identifiers.is_org_code(PASSPORT)
    subject = accept(world.debtor(iname=name, cardNum=PASSPORT)).subject
    assert (subject.kind, subject.org_code, subject.id_number) == (PERSON, "", PASSPORT)


def test_beside_an_organisation_s_name_the_same_characters_are_its_code() -> None:
    subject = accept(world.debtor(iname="澄州市云帆置业有限公司", cardNum=PASSPORT)).subject
    assert (subject.kind, subject.org_code, subject.id_number) == (ORGANIZATION, PASSPORT, "")


def test_a_registration_number_does_not_make_a_person_an_organisation() -> None:
    named = accept(legacy("裘望舒", XK_XDR_GSDJ=REGISTRATION)).subject
    assert (named.kind, named.registration) == (PERSON, "")
    owner = {"XK_XDR_GSDJ": REGISTRATION, "XK_XDR_SFZ": world.id_number(1)}
    assert accept(legacy("老周面馆", **owner)).subject.kind is PERSON
    assert accept(legacy("老周面馆", XK_XDR_GSDJ=REGISTRATION)).subject.kind is ORGANIZATION
    company = accept(legacy("澄州市蓝穗食品有限公司", **owner)).subject
    assert (company.kind, company.id_number) == (ORGANIZATION, "")


def test_a_personal_name_stated_as_an_organisation_is_a_person() -> None:
    row = world.penalty(CF_XDR_MC="裘望舒", CF_XDR_SHXYM="", CF_FRDB="")
    subject = accept(row | {"CF_XDR_ZJHM": world.id_number(1)}).subject
    assert (subject.kind, subject.id_number) == (PERSON, world.id_number(1))
    registered = accept(row | {"CF_XDR_GSZC": REGISTRATION}).subject
    assert (registered.kind, registered.registration) == (PERSON, "")
    assert "自然人的姓名" in refuse(row | {"CF_XDR_ZZJG": "D2143569-X"}).reason


def test_a_credit_code_keeps_the_kind_and_publishing_protects() -> None:
    company = accept(world.penalty(CF_XDR_MC="裘望舒")).subject
    assert (company.kind, company.uscc) == (ORGANIZATION, world.uscc(1))
    shop = world.penalty(CF_XDR_MC="裘望舒", CF_XDR_SHXYM=world.uscc(9, prefix="92"))
    assert accept(shop).subject.kind is HOUSEHOLD
    assert accept(shop | {"CF_XDR_LB": ""}).subject.kind is HOUSEHOLD


@pytest.mark.parametrize(
    "junk",
    ["未知", "0", "不详", "000000000000000000", "111111111111111111", "＊＊＊＊", "XXXX", "见附件"],
)
def test_a_junk_number_is_none(junk: str) -> None:
    subject = accept(world.debtor(iname="裘望舒", cardNum=junk)).subject
    assert (subject.kind, subject.id_number) == (PERSON, "")


@pytest.mark.parametrize(
    "mask", ["XXXX", "xxxx", "××××", "●●●●", "####", "＊＊＊＊", "••••", "····"]
)
def test_every_mask_is_one_mask(mask: str) -> None:
    subject = accept(world.debtor(cardNum=f"3801021985{mask}0018")).subject
    assert subject.id_number == "3801021985****0018"


def test_a_check_character_is_no_mask() -> None:
    number = next(n for s in range(1, 99) if (n := world.id_number(s)).endswith("X"))
    for x in "XxＸ×":
        row = world.penalty(CF_XDR_LB="自然人", CF_XDR_SHXYM="", CF_XDR_MC="裘望舒")
        subject = accept(row | {"CF_XDR_ZJHM": number[:17] + x}).subject
        assert subject.id_number == number
    masked = accept(world.debtor(cardNum="3801021985XXXX001X")).subject
    assert masked.id_number == "3801021985****001X"
