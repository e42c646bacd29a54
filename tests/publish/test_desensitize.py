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


def test_the_content_hash_depends_on_what_is_shown_only() -> None:
    row = world.penalty()
    same = published(row | {"CF_FR_ZJHM": world.id_number(1)}).content_hash
    assert published(row).content_hash == same
    assert published(row | {"CF_NR": "警告"}).content_hash != same
