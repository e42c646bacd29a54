from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whoosh.query import Every, NullQuery, Term

from portal.records import EntityName, PublishedEntity, PublishedRecord, SubjectKind
from search_index import schema
from search_index.query import (
    MAX_LENGTH,
    DayRange,
    Filters,
    SearchTerms,
    code_query,
    document_query,
    exact_name_query,
    filter_query,
    understand,
    word_query,
)
from search_index.schema import NameDocument, document_term, name_documents, record_document
from tests.search_index.samples import uscc

UNTIL = date(2027, 1, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("长沙　科技", ("长沙", "科技")),
        ("“长沙 科技” 公司", ("长沙科技", "公司")),
        ('"长沙 科技"公司', ("长沙科技", "公司")),
        ('长沙"科技', ("长沙", "科技")),
        ("“未完 的", ("未完", "的")),
        ("科技 科技", ("科技",)),
        ("AND (甲) NOT* 乙:丙", ("and", "甲", "not", "乙丙")),
        ("1.5 有限公司。.", ("1.5", "有限公司")),
        ("... ！", ()),
        ("", ()),
    ],
)
def test_words(text: str, words: tuple[str, ...]) -> None:
    assert understand(text).words == words


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (uscc(5), uscc(5)),
        (f" {uscc(5)[:9].lower()}-{uscc(5)[9:]} ", uscc(5)),
        ("D2143569-X", "D2143569X"),
        ("110108000000016", "110108000000016"),
        (uscc(5)[:-1], ""),
        (f"企业 {uscc(5)}", ""),
    ],
)
def test_a_code_is_a_valid_one_and_the_whole_text(text: str, code: str) -> None:
    assert understand(text).code == code


def test_a_document_number_has_a_digit() -> None:
    assert understand("某罚〔2026〕7 号").document == "某罚(2026)7号"
    assert understand("某罚").document == ""


def test_the_whole_is_a_name() -> None:
    assert understand(" 甲 Co., Ltd. ").name == "甲coltd"
    assert SearchTerms(words=("1.5", "甲")).name_words == ("15", "甲")


@given(st.text(st.characters()))
def test_any_text_is_understood(text: str) -> None:
    terms = understand(text)
    assert terms.given == bool(text.strip())
    assert terms.blank == (not terms.given)
    assert all(terms.words)
    assert len(terms.name) <= MAX_LENGTH * 18


def test_filters_become_one_tree() -> None:
    assert filter_query(Filters()) == Every()
    query = filter_query(
        Filters("penalty", "black", "某局", "3801", date(2026, 1, 1), date(2026, 2, 1))
    )
    *terms, days = query.children()
    assert terms == [
        Term("class", "penalty"),
        Term("list", "black"),
        Term("authority", "某局"),
        Term("region", "3801"),
    ]
    assert isinstance(days, DayRange)
    assert (days.first, days.last) == (date(2026, 1, 1).toordinal(), date(2026, 2, 1).toordinal())


def test_an_open_side_of_days_still_asks_for_a_day() -> None:
    days = DayRange(schema.DECIDED, None, date(2026, 1, 1))
    assert (days.first, days.last) == (1, date(2026, 1, 1).toordinal())
    assert [days.condition(n) for n in (0, 1, days.last, days.last + 1)] == [0, 1, 1, 0]


def test_words_become_bigrams() -> None:
    found = word_query("甲乙丙")
    assert (found.word, found.subqueries) == (
        "甲乙丙",
        [Term("grams", "甲乙"), Term("grams", "乙丙")],
    )
    assert word_query("甲") == Every()
    assert word_query("") == NullQuery


def test_nothing_to_look_for_finds_nothing() -> None:
    assert code_query("") == document_query("") == exact_name_query("") == NullQuery
    assert code_query("X") == Term("code", "X")
    assert document_query("X") == Term("document", "X")
    assert exact_name_query("甲") == Term("exact", "甲")


ENTITY = PublishedEntity(
    public_id="e1",
    kind=SubjectKind.ORGANIZATION,
    names=(EntityName("甲公司", True, date(2026, 1, 1)), EntityName("乙公司", False, UNTIL)),
    codes=("d2143569-x", ""),
)


def test_each_name_carries_all_codes() -> None:
    kind = SubjectKind.ORGANIZATION
    assert name_documents(4, ENTITY, 3) == [
        NameDocument(4, "甲公司", kind, True, date(2026, 1, 1), ("D2143569X",), "e1", 3),
        NameDocument(4, "乙公司", kind, False, UNTIL, ("D2143569X",), "e1", 3),
    ]


def test_an_unsearchable_entity_has_codes_only() -> None:
    hidden = replace(ENTITY, searchable=False, kind=SubjectKind.PERSON)
    assert name_documents(4, hidden) == [
        NameDocument(4, "", SubjectKind.PERSON, True, UNTIL, ("D2143569X",), "e1")
    ]
    assert name_documents(4, replace(hidden, codes=())) == []


def test_a_record_gives_the_named_fields() -> None:
    record = PublishedRecord(
        public_id="r1",
        class_code="penalty",
        list_code="",
        entity_id="e1",
        subject_kind=SubjectKind.ORGANIZATION,
        subject_name="甲公司",
        region="380102",
        title="处罚决定",
        document_number="某罚〔2026〕1号",
        authority="某局",
        authority_code="",
        decided_on=date(2026, 1, 1),
        public_from=date(2026, 1, 1),
        public_until=UNTIL,
        rule="",
        basis="",
        status="",
        fields={"fact": "违反规定", "licence": "证1", "remark": "不查", "empty": ""},
        delivered_on=date(2026, 1, 2),
        content_hash="",
        flags={},
    )
    found = record_document(9, 4, record, ("fact", "empty", "absent"), ("licence",))
    assert (found.row, found.entity_row, found.until) == (9, 4, UNTIL)
    assert found.texts == ("处罚决定", "违反规定")
    assert found.documents == ("某罚〔2026〕1号", "证1")


def test_brackets_and_surrogates_do_not_part_document_numbers() -> None:
    assert document_term("某罚【2026】1\ud800号\x00") == "某罚(2026)1号"
