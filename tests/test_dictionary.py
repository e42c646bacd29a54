from portal.catalog_model import Catalog
from portal.dictionary import dictionary_of


def test_every_class_and_field_stands_in_it_with_its_rule_and_source(catalog: Catalog) -> None:
    dictionary = dictionary_of(catalog)
    assert [entry.code for entry in dictionary.classes] == [c.code for c in catalog.classes]
    for entry, record_class in zip(dictionary.classes, catalog.classes, strict=True):
        assert [field.name for field in entry.fields] == [f.name for f in record_class.fields]
        assert entry.basis, entry.code
        assert entry.persons[0].startswith("自然人的信息")
        assert entry.terms
        assert all(term.name and term.basis for term in entry.terms)
        assert all(field.title and field.title_en and field.disclosed for field in entry.fields)


def test_it_says_what_nobody_gets_to_see(catalog: Catalog) -> None:
    fields = {f.name: f for f in dictionary_of(catalog).classes[1].fields}
    assert fields["representative_id"].disclosed == "不公开"
    assert fields["representative"].disclosed == "公开姓名，不公开证件号码"
    assert fields["fine"].disclosed == "公开"
    assert fields["remark"].disclosed == "公开；自然人的不公开"
    assert "CF_WSH" in fields["document_number"].codes


def test_lists_for_reference_only_are_not_in_it(catalog: Catalog) -> None:
    lists = {entry.code: entry for entry in dictionary_of(catalog).lists}
    assert "association-warning" not in lists
    assert set(lists) == {entry.code for entry in catalog.public_lists}
    assert lists["statistics"].months == 12
    assert not lists["statistics"].confirmed
