import pytest

from portal.catalog import load_catalog
from portal.publish.desensitize import Desensitizer
from portal.publish.publicity import Public
from portal.records import NO_END, PublishedRecord, SubjectKind
from tests import world
from tests.publish.test_publicity import person, stored

PHONE = "19900001234"


def published(row: world.Row) -> PublishedRecord:
    record = stored(row)
    decision = Public(world.TODAY, NO_END, "规则", "依据")
    door = Desensitizer(load_catalog())
    return door.publish(record, decision, "r", "e", record.subject.uscc)


def everything(record: PublishedRecord) -> str:
    return repr(record)


def test_an_organisation_keeps_its_name_code_and_representative() -> None:
    record = published(world.penalty())
    assert record.subject_name == "澄州市蓝穗食品有限公司"
    assert record.fields["uscc"] == world.uscc(1)
    assert record.fields["representative"] == "佟晓岚"
    assert record.title == "经营标签不符合规定的食品"
    assert record.region == "380102"


def test_numbers_of_the_representative_never_leave() -> None:
    number = world.id_number(8)
    row = world.penalty() | {"CF_FR_ZJHM": number, "CF_FR_ZJLX": "居民身份证"}
    assert number not in everything(published(row))
    assert "representative_id" not in published(row).fields


def test_a_person_in_a_penalty_shows_a_surname_and_little_text() -> None:
    record = published(person(world.penalty()) | {"CF_GKYJ": "食品安全法第一百一十三条"})
    assert record.subject_kind is SubjectKind.PERSON
    assert record.subject_name == record.fields["subject_name"] == "佟**"
    assert not {"facts", "content", "id_number", "representative", "uscc"} & set(record.fields)
    assert world.id_number(3) not in everything(record)


def test_a_debtor_shows_the_whole_name_and_a_mask_of_one_shape() -> None:
    record = published(world.debtor())
    assert record.subject_name == "欧阳若澄"
    assert record.fields["id_number"] == "3801**********0018"
    assert "age" not in record.fields
    assert "1985" not in everything(record)
    assert "facts" not in record.fields


def test_a_household_named_like_its_owner_is_a_person() -> None:
    code = world.uscc(9, prefix="92")
    row = world.penalty(CF_XDR_MC="周启明", CF_XDR_LB="个体工商户", CF_XDR_SHXYM=code)
    record = published(row)
    assert record.subject_kind is SubjectKind.PERSON
    assert record.subject_name == "周**"
    assert code not in everything(record)
    shop = published(row | {"CF_XDR_MC": "澄州市东湖区老周面馆", "CF_FRDB": "周启明"})
    assert shop.subject_kind is SubjectKind.HOUSEHOLD
    assert shop.fields["uscc"] == code
    assert "周启明" not in everything(shop)


@pytest.mark.parametrize(
    "field", ["CF_SY", "CF_NR", "CF_YJ", "CF_NR_ZKDX", "CF_WFXW", "BZ", "CF_CFLB"]
)
def test_free_text_is_scrubbed_wherever_it_stands(field: str) -> None:
    number = world.id_number(6)
    spaced = f"{number[:6]} {number[6:14]} {number[14:]}"
    text = f"当事人身份证号{spaced}，联系电话{PHONE}，邮箱 lan@example.com"
    shown = everything(published(world.penalty() | {field: text}))
    for value in (number, spaced, PHONE, "lan@example.com"):
        assert value not in shown


@pytest.mark.parametrize("field", ["CF_WSH", "CF_XDR_GSZC", "CF_XDR_SWDJ"])
def test_numbers_that_are_id_numbers_are_masked(field: str) -> None:
    number = world.id_number(6)
    assert number not in everything(published(world.penalty() | {field: number}))


def test_amounts_and_document_numbers_stay() -> None:
    row = world.penalty(CF_NR="没收违法所得1,234,567.89元，依据澄市监罚〔2026〕1号，罚款0.2万元")
    record = published(row)
    assert record.fields["content"] == row["CF_NR"]
    assert record.document_number == "澄市监罚〔2026〕1号"


BASIS = {"CF_GKYJ": "食品安全法第一百一十三条"}
TOLD = {
    "CF_CFMC": "裘望舒无照经营案",
    "CF_WFXW": "裘 望 舒无照经营",
    "CF_YJ": "对裘\u200b望·舒适用食品安全法第一百二十五条",
    "CF_WSH": "澄罚裘望舒〔2026〕3号",
    "CF_SJLY": "裘望舒",
    "CF_GKYJ": "裘望舒本人同意",
    "CF_CFJG": "澄州市裘望舒市场监督管理局",
    "CF_CFLB": "裘望舒警告",
}


def told(row: world.Row, **changes: str) -> PublishedRecord:
    """A record whose subject is named in every field that takes a text."""
    return published(row | TOLD | changes)


def test_a_masked_name_stands_in_no_other_field() -> None:
    record = told(person(world.penalty(), CF_XDR_MC="裘望舒"))
    assert record.title == "裘**无照经营案"
    assert record.document_number == "澄罚裘**〔2026〕3号"
    shown = everything(record)
    for spelling in ("裘望舒", "裘 望 舒", "裘\u200b望·舒", "望舒"):
        assert spelling not in shown
    assert len([text for text in record.fields.values() if "裘**" in text]) == 1 + len(TOLD)


def test_an_owner_s_name_stands_nowhere_either() -> None:
    code = world.uscc(9, prefix="92")
    row = world.penalty(CF_XDR_MC="裘望舒", CF_XDR_LB="个体工商户", CF_XDR_SHXYM=code)
    assert "望舒" not in everything(told(row, CF_FRDB=""))
    assert "望舒" not in everything(told(row, CF_XDR_MC="經營者裘望舒", CF_FRDB=""))
    other = everything(told(row, CF_FRDB="滕小满", CF_CFMC="滕小满与裘望舒案"))
    assert "小满" not in other
    assert "望舒" not in other
    shop = told(row, CF_XDR_MC="裘望舒面馆", CF_FRDB="裘望舒", CF_NR="裘望舒面馆停业，裘望舒到场")
    assert shop.subject_name == "裘望舒面馆"
    assert shop.fields["content"] == "裘望舒面馆停业，裘**到场"
    assert shop.title == "裘**无照经营案"


def test_a_debtor_is_named_in_full_in_one_place_only() -> None:
    record = published(world.debtor(iname="裘望舒", disruptTypeName="其 裘望舒 违反财产报告制度"))
    assert record.subject_name == "裘望舒"
    assert record.title == "其 裘** 违反财产报告制度"
    assert [name for name, text in record.fields.items() if "裘望舒" in text] == ["subject_name"]


def test_a_place_is_not_taken_for_a_short_name() -> None:
    row = person(world.penalty(), CF_XDR_MC="高明", CF_CFJG="澄州市高明区市场监督管理局") | BASIS
    record = published(row | {"CF_WFXW": "高明无照经营"})
    assert record.authority == "澄州市高明区市场监督管理局"
    assert record.title == "高**无照经营"


@pytest.mark.parametrize("number", [world.uscc(1), world.uscc(1, prefix="93")])
def test_an_organisation_under_a_personal_name_is_protected(number: str) -> None:
    row = world.penalty(CF_XDR_MC="裘望舒", CF_XDR_SHXYM=number) | BASIS
    record = published(row)
    assert (record.subject_kind, record.subject_name) == (SubjectKind.PERSON, "裘**")
    assert record.region == ""
    assert number not in everything(record)


OLD_ID = "380101850302123"
WRONG = world.id_number(6)[:17] + ("0" if world.id_number(6)[17] != "0" else "1")
NUMBERS = {
    OLD_ID: "3801********123",
    WRONG: f"3801**********{WRONG[14:]}",
    "3801021985****0018": "3801**********0018",
    "380102********0018": "3801**********0018",
    "3801021985XXXX0018": "3801**********0018",
}
FIELDS = {
    "CF_XDR_SWDJ": "tax_number",
    "CF_XDR_SYDW": "institution_number",
    "CF_XDR_SHZZ": "social_number",
    "CF_WSH": "document_number",
    "CF_FRDB": "representative",
    "CF_XDR_MC": "subject_name",
    "CF_SJLY": "source_unit",
    "CF_CFJG": "authority",
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("number", NUMBERS)
def test_personal_numbers_pass_through_no_field(field: str, number: str) -> None:
    row = world.penalty() | {field: number}
    record = published(row)
    assert record.fields[FIELDS[field]] == NUMBERS[number]
    assert number not in everything(record)


@pytest.mark.parametrize("number", [*NUMBERS, "110108850302124", "3801020001234"])
def test_a_registration_number_is_shown_only_if_it_can_be_nothing_else(number: str) -> None:
    row = world.penalty() | {"CF_XDR_GSZC": number}
    assert "registration_number" not in published(row).fields
    number = "110108000000016"
    row = world.penalty() | {"CF_XDR_GSZC": number}
    assert published(row).fields["registration_number"] == number


@pytest.mark.parametrize("number", NUMBERS)
def test_former_codes_that_are_personal_numbers_are_left_out(number: str) -> None:
    kept = "110108000000016；D21435699；91110108551385082Q；事证第143100000012号"
    row = world.assignment(曾用代码=f"{number}；{kept}".replace("D21435699", "D2143569X"))
    shown = published(row).fields["former_codes"]
    assert shown == kept.replace("D21435699", "D2143569X").upper()


def test_other_numbers_of_a_household_are_not_shown() -> None:
    row = world.penalty(CF_XDR_MC="老周面馆", CF_XDR_SHXYM=world.uscc(9, prefix="92"))
    more = {"CF_XDR_GSZC": "110108000000016", "CF_XDR_SWDJ": "380102L12345678"}
    record = published(row | more | {"CF_XDR_SYDW": "1234", "CF_XDR_SHZZ": "5678"})
    assert not {"registration_number", "tax_number", "institution_number", "social_number"} & set(
        record.fields
    )
    assert record.fields["uscc"] == world.uscc(9, prefix="92")
    renamed = world.assignment(9, "老周面馆", 曾用代码="110108000000016", 机构类型="个体工商户")
    shop = published(renamed | {"统一社会信用代码": world.uscc(9, prefix="92")})
    assert "former_codes" not in shop.fields


def test_a_personal_name_among_former_names_and_units_is_not_shown() -> None:
    row = world.assignment(1, "澄州市蓝穗食品有限公司", 曾用名称="裘望舒；澄州市蓝禾食品厂")
    record = published(row | {"机构类型": "裘望舒"})
    assert record.fields["former_names"] == "澄州市蓝禾食品厂"
    assert record.fields["registrar_kind"] == "裘**"
    shop = world.assignment(9, "老周面馆", 曾用名称="阿依古丽；花样年华；老周小吃店")
    shop["统一社会信用代码"] = world.uscc(9, prefix="92")
    assert published(shop).fields["former_names"] == "老周小吃店"


def test_a_region_comes_from_the_record_s_own_code() -> None:
    row = world.debtor(iname="澄州市云帆置业有限公司", cardNum=world.uscc(2)[8:17])
    record = stored(row)
    door = Desensitizer(load_catalog())
    decision = Public(world.TODAY, NO_END, "规则", "依据")
    linked = door.publish(record, decision, "r", "e", world.uscc(2))
    assert (linked.region, "uscc" in linked.fields) == ("", False)


def test_the_content_hash_depends_on_what_is_shown_only() -> None:
    row = world.penalty()
    same = published(row | {"CF_FR_ZJHM": world.id_number(1)}).content_hash
    assert published(row).content_hash == same
    assert published(row | {"CF_NR": "警告"}).content_hash != same
