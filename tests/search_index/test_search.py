from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.errors import SnapshotError
from portal.records import SubjectKind
from search_index import matching, ranking
from search_index.answers import DayColumn, FacetField, Hit, SearchResult, Sort, Want
from search_index.query import Filters, SearchTerms, understand
from search_index.search import SearchIndex
from tests.search_index.oracle import Library
from tests.search_index.samples import (
    days,
    filters,
    libraries,
    name,
    opened,
    questions,
    record,
    uscc,
)

TODAY = date(2026, 3, 3)
pytestmark = pytest.mark.usefixtures("without_similar")
EVERYTHING = Filters()
PERSON = SubjectKind.PERSON
sorts: st.SearchStrategy[Sort] = st.sampled_from(["relevance", "newest", "oldest"])
wants: st.SearchStrategy[Want] = st.sampled_from(["all", "entity", "record"])
often = settings(max_examples=100, deadline=None)


def ask(index: SearchIndex, text: str, filters: Filters = EVERYTHING) -> SearchResult:
    return index.search(
        understand(text), filters, TODAY, want="all", sort="relevance", offset=0, limit=20
    )


def rows(result: SearchResult) -> list[tuple[str, int, str]]:
    return [(hit.kind, hit.row, hit.match) for hit in result.hits]


@often
@given(
    libraries(),
    st.lists(st.tuples(questions, filters | st.just(Filters()), days), min_size=1, max_size=4),
    st.tuples(wants, sorts, st.integers(0, 8), st.integers(0, 8)),
)
def test_answers_as_reading_every_document_would(
    library: Library,
    asked: list[tuple[str, Filters, date]],
    page: tuple[Want, Sort, int, int],
) -> None:
    want, sort, offset, limit = page
    with opened(library) as index:
        for text, narrowed, today in asked:
            terms = understand(text)
            expected = library.search(
                terms, narrowed, today, want=want, sort=sort, offset=offset, limit=limit
            )
            found = index.search(
                terms, narrowed, today, want=want, sort=sort, offset=offset, limit=limit
            )
            assert found == expected


@pytest.fixture
def few_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "VERIFIED_AT_MOST", 1)
    monkeypatch.setattr(matching, "VERIFIED_AT_MOST", 1)
    monkeypatch.setattr(ranking, "_SLACK", 0)


@pytest.mark.usefixtures("few_checks")
@settings(often, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(libraries(), questions, sorts, st.integers(1, 4))
def test_pages_are_right_where_not_all_is_checked(
    library: Library, text: str, sort: Sort, limit: int
) -> None:
    terms = understand(text)
    whole = library.search(terms, Filters(), TODAY, want="all", sort=sort, offset=0, limit=100)
    with opened(library) as index:
        for offset in range(0, len(whole.hits) + limit, limit):
            page = index.search(
                terms, Filters(), TODAY, want="all", sort=sort, offset=offset, limit=limit
            )
            assert page.hits == whole.hits[offset : offset + limit]
            assert page.contains_total >= whole.contains_total
            assert page.record_total >= whole.record_total
            if page.total_exact:
                assert replace(page, hits=whole.hits) == whole


@often
@given(libraries(), filters, days)
def test_totals_are_over_visible_records(library: Library, narrowed: Filters, today: date) -> None:
    fields: tuple[FacetField, ...] = ("class", "list", "authority", "region")
    column: DayColumn
    with opened(library) as index:
        assert index.visible_entities(today) == library.visible_entities(today)
        for field in fields:
            expected = library.count_by(field, narrowed, today)
            assert index.count_by(field, narrowed, today) == expected
            for column in ("decided", "until"):
                by_day = index.count_days(field, column, today)
                assert by_day == library.count_days(field, column, today)
                assert all(list(found) == sorted(found) for found in by_day.values())
        assert index.entity_rows(narrowed, today) == library.entity_rows(narrowed, today)
        for number in range(1, 8):
            expected_rows = library.entities_by_code(uscc(number).lower(), today)
            assert set(index.entities_by_code(uscc(number).lower(), today)) == expected_rows


@pytest.fixture
def index() -> Iterator[SearchIndex]:
    library = Library(
        [
            name(1, "长沙甲乙科技有限公司", codes=(uscc(1),)),
            name(2, "湖南长沙甲乙科技公司"),
            name(2, "岳阳丙丁商行", current=False, until=date(2026, 3, 3)),
            name(3, "欧阳小甲", kind=PERSON),
            name(4, "长沙甲乙有限公司"),
            name(5, "岳阳丙丁商行"),
        ],
        [
            record(
                11, 1, texts=("违反广告管理规定", "罚款1.5万元"), documents=("某罚〔2026〕7号",)
            ),
            record(12, 2, texts=("违反规定",), region="380203"),
            record(13, 3, kind=PERSON, texts=("小甲违反规定",), documents=("某执[2026]9号",)),
            record(14, 4, until=date(2026, 3, 2)),
            record(15, 5, decided_on=None),
        ],
    )
    with opened(library) as opened_index:
        yield opened_index


def test_entities_come_exact_first_and_closest_length_next(index: SearchIndex) -> None:
    found = ask(index, "长沙甲乙科技")
    assert rows(found) == [
        ("entity", 1, "contains"),
        ("entity", 2, "contains"),
        ("record", 11, "text"),
        ("record", 12, "text"),
    ]
    assert rows(ask(index, "（湖南）長沙甲乙科技公司"))[0] == ("entity", 2, "exact_name")
    assert rows(ask(index, "岳阳丙丁商行"))[:2] == [
        ("entity", 5, "exact_name"),
        ("entity", 2, "former_name"),
    ]


def test_a_name_that_starts_with_the_word_comes_first() -> None:
    library = Library([name(1, "某甲乙"), name(2, "甲乙某某")], [record(1, 1), record(2, 2)])
    with opened(library) as other:
        assert [hit.row for hit in ask(other, "甲乙").hits if hit.kind == "entity"] == [2, 1]


def test_a_phrase_does_not_cross_fields(index: SearchIndex) -> None:
    assert ask(index, "违反广告管理规定").record_total == 1
    assert ask(index, "规定罚款").record_total == 0


def test_shared_bigrams_are_not_the_word() -> None:
    library = Library(
        [name(1, "某")], [record(1, 1, texts=("甲乙和乙丙",)), record(2, 1, texts=("甲乙丙",))]
    )
    with opened(library) as other:
        assert rows(ask(other, "甲乙丙")) == [("record", 2, "text")]


def test_a_point_counts_in_amounts(index: SearchIndex) -> None:
    assert ask(index, "1.5万元").record_total == 1
    assert ask(index, "15万元").record_total == 0


def test_words_may_stand_in_the_name_and_in_the_text(index: SearchIndex) -> None:
    assert rows(ask(index, "长沙甲乙 广告")) == [("record", 11, "text")]
    assert rows(ask(index, "告 长沙甲乙")) == [("record", 11, "text")]


def test_one_character_alone_finds_no_text(index: SearchIndex) -> None:
    found = ask(index, "甲 违")
    assert (found.contains_total, found.record_total) == (0, 0)


def test_a_code_leads_to_its_entity_and_its_records(index: SearchIndex) -> None:
    found = ask(index, f" {uscc(1)[:8]} {uscc(1)[8:].lower()}")
    assert rows(found) == [("entity", 1, "exact_code"), ("record", 11, "exact_code")]


def test_a_document_number_is_found_in_any_brackets(index: SearchIndex) -> None:
    assert rows(ask(index, "某罚【2026】7号")) == [("record", 11, "doc_no")]


def test_a_person_is_found_by_the_full_name_only(index: SearchIndex) -> None:
    assert rows(ask(index, "欧阳小甲")) == [("entity", 3, "exact_name"), ("record", 13, "text")]
    assert rows(ask(index, "欧阳·小甲")) == rows(ask(index, "欧阳小甲"))
    for text in ("欧阳小", "阳小甲", "小甲违反", "欧阳小甲 违反规定", "欧阳小甲某", "欧阳 违反"):
        assert ("entity", 3) not in {hit[:2] for hit in rows(ask(index, text))}
        assert ("record", 13) not in {hit[:2] for hit in rows(ask(index, text))}
    assert rows(ask(index, "某执（2026）9号")) == [("record", 13, "doc_no")]


def test_a_person_is_in_plain_totals_but_in_no_list_and_no_facet(index: SearchIndex) -> None:
    everything = ask(index, "")
    assert 13 not in {hit.row for hit in everything.hits}
    assert everything.facets["authority"] == (("某局", 3),)
    assert index.count_by("authority", Filters(), TODAY) == {"某局": 4}
    assert ask(index, "违反规定").facets["class"] == (("penalty", 1),)


@often
@given(libraries(), st.text("甲乙後公司1. ", min_size=1, max_size=6), filters)
def test_no_fragment_text_or_filter_reaches_a_person(
    library: Library, text: str, narrowed: Filters
) -> None:
    people = {n.row for n in library.names if n.kind is PERSON}
    known = {understand(n.name).name for n in library.names if n.kind is PERSON}
    terms = replace(understand(text), document="")
    if terms.name in known:
        return
    with opened(library) as index:
        found = index.search(terms, narrowed, TODAY, want="all", sort="newest", offset=0, limit=50)
    owners = {r.row: r.kind for r in library.records}
    assert all(
        (hit.row not in people) if hit.kind == "entity" else (owners[hit.row] is not PERSON)
        for hit in found.hits
    )


def test_a_last_day_is_still_visible_and_the_next_is_not() -> None:
    last = date(2026, 3, 3)
    library = Library(
        [
            name(1, "长沙甲乙", until=last, codes=(uscc(1),)),
            name(1, "旧名丙丁", current=False, codes=(uscc(1),)),
        ],
        [record(1, 1, until=last, documents=("某罚1号",)), record(2, 1)],
    )
    with opened(library) as index:
        for today, shown in ((last, 2), (date(2026, 3, 4), 1), (last, 2)):
            totals = [
                index.search(
                    understand(text), Filters(), today,
                    want="all", sort="relevance", offset=0, limit=9,
                ).record_total
                for text in ("", "旧名丙丁", uscc(1), "某罚1号", "长沙甲乙")
            ]  # fmt: skip
            assert totals == [shown, shown, shown, shown - 1, 2 if shown == 2 else 0]
            assert index.count_by("class", Filters(), today) == {"penalty": shown}


def test_an_entity_without_a_visible_record_is_not_there(index: SearchIndex) -> None:
    assert ask(index, "长沙甲乙有限公司").exact_total == 0
    assert index.visible_entities(TODAY) == 4
    assert index.visible_entities(date(2026, 3, 2)) == 5
    assert index.entities_by_code(uscc(1), date(2027, 1, 1)) == ()


def test_filters_narrow_entities_too(index: SearchIndex) -> None:
    found = ask(index, "甲乙科技", Filters(region="3802"))
    assert rows(found) == [("entity", 2, "contains"), ("record", 12, "text")]
    assert ask(index, "", Filters(region="38020")).record_total == 0


def test_a_code_whose_records_are_filtered_away_finds_no_mention_either() -> None:
    records = [record(1, 1), record(2, 2, class_code="permit", texts=(f"代码{uscc(1)}",))]
    with opened(Library([name(1, "甲", codes=(uscc(1),)), name(2, "乙")], records)) as index:
        assert ask(index, uscc(1), Filters(class_code="permit")).hits == ()
        assert rows(ask(index, uscc(1)))[0] == ("entity", 1, "exact_code")
    with opened(Library([name(2, "乙")], records)) as index:
        assert rows(ask(index, uscc(1))) == [("record", 2, "text")]


def test_an_exact_entity_is_not_counted_again_as_containing(index: SearchIndex) -> None:
    found = ask(index, "长沙甲乙科技有限公司")
    assert (found.exact_total, found.contains_total) == (1, 0)


@pytest.mark.usefixtures("few_checks")
def test_an_expired_name_does_not_vouch_for_a_record() -> None:
    names = [name(1, "甲乙丙", until=date(2026, 3, 2), current=False), name(1, "丁")]
    names += [name(2, "甲乙丙某"), name(3, "甲乙丙某某"), name(4, "某甲乙和乙丙")]
    records = [record(1, 1, texts=("甲乙和乙丙",)), record(2, 2), record(3, 3), record(4, 4)]
    with opened(Library(names, records)) as index:
        found = ask(index, "甲乙丙")
    assert [hit.row for hit in found.hits if hit.kind == "record"] == [2, 3]


@pytest.mark.usefixtures("few_checks")
def test_a_total_that_was_not_checked_says_so() -> None:
    records = [
        record(row, 1, texts=("甲乙丙和乙丙丁" if row > 3 else "甲乙丙丁",)) for row in range(1, 9)
    ]
    with opened(Library([name(1, "某")], records)) as index:
        pages = [
            index.search(
                understand("甲乙丙丁"), EVERYTHING, TODAY,
                want="record", sort="relevance", offset=offset, limit=2,
            )
            for offset in (0, 2)
        ]  # fmt: skip
    assert [(len(page.hits), page.total_exact) for page in pages] == [(2, False), (1, True)]
    assert [page.record_total for page in pages] == [7, 3]


@pytest.mark.parametrize(
    ("sort", "expected"), [("relevance", [3, 1, 2]), ("newest", [3, 1, 2]), ("oldest", [1, 3, 2])]
)
def test_records_without_a_date_come_last(sort: Sort, expected: list[int]) -> None:
    records = [
        record(1, 1, decided_on=date(2025, 1, 1)),
        record(2, 1, decided_on=None),
        record(3, 1, decided_on=date(2026, 1, 1)),
    ]
    with opened(Library([name(1, "某")], records)) as index:
        found = index.search(
            understand(""), EVERYTHING, TODAY, want="all", sort=sort, offset=0, limit=5
        )
    assert [hit.row for hit in found.hits] == expected


def test_typed_signs_alone_find_nothing(index: SearchIndex) -> None:
    found = ask(index, "！？")
    assert (found.hits, found.record_total) == ((), 0)
    assert ask(index, "  ").record_total == 3


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(), max_size=30), st.text(st.characters(), max_size=8))
@example("\ud800甲乙", "\udfff")
@example('"', "")
@example("甲" * 5000, "")
@example("\x001 AND (NOT *)", "*")
def test_any_text_is_a_question(index: SearchIndex, text: str, narrowed: str) -> None:
    asked = Filters(class_code=narrowed, authority=narrowed, region=narrowed)
    for chosen in (Filters(), asked):
        found = index.search(
            understand(text), chosen, TODAY, want="all", sort="newest", offset=0, limit=5
        )
        assert len(found.hits) <= 5
    assert index.entities_by_code(text, TODAY) in ((), (1,))


def test_an_empty_index_answers() -> None:
    with opened(Library([], [])) as index:
        for text in ("", "甲乙", "甲乙丙 丁戊己", uscc(1), "1号"):
            found = ask(index, text, Filters(class_code="penalty"))
            assert (found.hits, found.record_total, found.total_exact) == ((), 0, True)
        assert index.count_by("class", Filters(), TODAY) == {}
        assert index.visible_entities(TODAY) == 0


def test_a_negative_offset_is_refused(index: SearchIndex) -> None:
    with pytest.raises(ValueError, match="negative"):
        index.search(SearchTerms(), Filters(), TODAY, want="all", sort="newest", offset=-1, limit=5)


def test_facets_report_the_fifty_largest() -> None:
    records = [record(n, 1, authority=f"第{n % 60:02d}局") for n in range(1, 100)]
    with opened(Library([name(1, "某")], records), 40) as index:
        found = ask(index, "").facets["authority"]
        assert len(found) == 50
        assert found[0] == ("第01局", 2)
        assert len(index.count_by("authority", Filters(), TODAY)) == 60


def test_threads_share_one_index() -> None:
    texts = ["".join(pair) for pair in product("甲乙丙丁戊己庚辛", repeat=3)]
    names = [name(row, text) for row, text in enumerate(texts[:200], start=1)]
    records = [record(row, row % 200 + 1, texts=(texts[row],)) for row in range(1, 500)]
    asked = texts[::7] + [text[:2] for text in texts[::9]]
    with opened(Library(names, records), 100) as index:
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(lambda text: ask(index, text), asked * 3))
        assert together == [ask(index, text) for text in asked * 3]
        assert sum(result.record_total for result in together) > len(asked)
    assert together[0].hits[0] == Hit("entity", 1, "exact_name")


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="重新生成快照"):
        SearchIndex.open(tmp_path)
