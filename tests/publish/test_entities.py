from datetime import date

from portal.catalog import load_catalog
from portal.publish.desensitize import Desensitizer
from portal.publish.entities import EntityDirectory
from portal.publish.publicity import Public
from portal.records import NO_END, PublishedEntity, PublishedRecord, SubjectKind
from tests import world
from tests.publish.test_publicity import stored

REGISTRATION = "110108000000016"


def published(row: world.Row, uscc: str = "", until: date = NO_END) -> PublishedRecord:
    decision = Public(world.TODAY, until, "规则", "依据")
    return Desensitizer(load_catalog()).publish(stored(row), decision, "r", "e", uscc)


def gathered(*records: PublishedRecord, uscc: str = "", full_name: bool = True) -> PublishedEntity:
    directory = EntityDirectory()
    for record in records:
        directory.add(record, uscc, full_name=full_name, registers=False)
    assert len(directory) == 1
    return next(directory.entities())[1]


def test_an_entity_shows_the_codes_its_records_carry() -> None:
    code = world.uscc(1)
    entity = gathered(published(world.penalty(), code), uscc=code)
    assert (entity.uscc, entity.org_code, entity.region) == (code, code[8:17], "380102")
    assert entity.codes == (code, code[8:17])


def test_a_withheld_record_lends_no_code() -> None:
    code = world.uscc(2)
    debtor = world.debtor(iname="澄州市云帆置业有限公司", cardNum=code[8:17])
    entity = gathered(published(debtor, code), uscc=code)
    assert (entity.uscc, entity.region) == ("", "")
    assert entity.org_code == code[8:17]
    assert entity.codes == (code[8:17],)


def test_of_two_codes_the_present_one_is_shown_if_a_record_carries_it() -> None:
    old, new = world.uscc(1), world.uscc(2)
    before = published(world.penalty(), new)
    after = published(world.permit(XK_XDR_SHXYM=new), new)
    for records in ((before, after), (after, before)):
        entity = gathered(*records, uscc=new)
        assert entity.uscc == new
        assert set(entity.codes) == {old, old[8:17], new, new[8:17]}
    assert gathered(before, uscc=new).uscc == old


def test_former_codes_find_an_entity() -> None:
    row = world.assignment(曾用代码=REGISTRATION)
    entity = gathered(published(row, world.uscc(1)), uscc=world.uscc(1))
    assert REGISTRATION in entity.codes


def test_one_record_of_a_person_makes_the_entity_one() -> None:
    code = world.uscc(9, prefix="92")
    shop = world.listing(失信主体名称="老周面馆", 主体类别="个体工商户", 统一社会信用代码=code)
    house = published(shop, code)
    owner = published(shop | {"失信主体名称": "周启明"}, code)
    assert (house.subject_kind, owner.subject_kind) == (SubjectKind.HOUSEHOLD, SubjectKind.PERSON)
    for records in ((house, owner), (owner, house)):
        entity = gathered(*records, uscc=code)
        assert entity.kind is SubjectKind.PERSON
        assert (entity.uscc, entity.org_code, entity.region, entity.codes) == ("", "", "", ())


def test_a_masked_name_in_one_record_is_searched_in_none() -> None:
    record = published(world.penalty())
    directory = EntityDirectory()
    directory.add(record, "", full_name=True, registers=False)
    directory.add(record, "", full_name=False, registers=False)
    assert not next(directory.entities())[1].searchable
