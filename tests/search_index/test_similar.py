"""What is offered although it was not found: in order, with its reason, and never counted."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from portal.records import SubjectKind
from search_index import search
from search_index.answers import Hit, SearchResult
from search_index.query import Filters, understand
from search_index.schema import NameDocument
from search_index.search import SearchIndex
from search_index.similar import MOST
from tests.search_index.oracle import Library
from tests.search_index.samples import days, filters, libraries, name, opened, questions, record

TODAY = date(2026, 3, 3)
NAMES = (
    "安徽神剑新材料股份有限公司",
    "华闻传媒投资集团股份有限公司",
    "深圳市天地（集团）股份有限公司",
    "红塔证券股份有限公司",
    "内蒙古伊泰煤炭股份有限公司",
    "中国工商银行股份有限公司诸暨支行",
    "口子酒业有限公司",
    "重庆长安汽车股份有限公司",
    "安徽新华传媒股份有限公司",
    "浙江甬江未来贸易有限公司",
)


def library(names: tuple[str, ...] = NAMES) -> Library:
    return Library(
        [name(row, text) for row, text in enumerate(names, start=1)],
        [record(row, row) for row in range(1, len(names) + 1)],
    )


@pytest.fixture(scope="module")
def index() -> Iterator[SearchIndex]:
    with opened(library(), 4) as opened_index:
        yield opened_index


def ask(index: SearchIndex, text: str, narrowed: Filters | None = None) -> SearchResult:
    return index.search(
        understand(text), narrowed or Filters(), TODAY,
        want="all", sort="relevance", offset=0, limit=50,
    )  # fmt: skip


def offered(index: SearchIndex, text: str) -> list[tuple[str, str | None]]:
    return [
        (NAMES[hit.row - 1], hit.reason) for hit in ask(index, text).hits if hit.match == "similar"
    ]


@pytest.mark.parametrize(
    ("text", "expected", "reason"),
    [
        ("神剑股份", "安徽神剑新材料股份有限公司", "parts"),
        ("华闻集团", "华闻传媒投资集团股份有限公司", "parts"),
        ("工商银行诸暨支行", "中国工商银行股份有限公司诸暨支行", "parts"),
        ("红塔证券有限公司", "红塔证券股份有限公司", "form"),
        ("ST深天", "深圳市天地（集团）股份有限公司", "noise"),
        ("*ST神剑", "安徽神剑新材料股份有限公司", "noise"),
        ("伊泰B股", "内蒙古伊泰煤炭股份有限公司", "noise"),
        ("皖新传媒", "安徽新华传媒股份有限公司", "noise"),
        ("广东省深圳市天地集团", "深圳市天地（集团）股份有限公司", "noise"),
        ("安徽神箭新材料股份有限公司", "安徽神剑新材料股份有限公司", "spelling"),
        ("安徽神剑材新料股份有限公司", "安徽神剑新材料股份有限公司", "spelling"),
        ("安微神剑新材料", "安徽神剑新材料股份有限公司", "spelling"),
        ("口子窖", "口子酒业有限公司", "spelling"),
        ("甬江末来", "浙江甬江未来贸易有限公司", "spelling"),
        ("shenjian", "安徽神剑新材料股份有限公司", "pinyin"),
        ("ShenJian GuFen", "安徽神剑新材料股份有限公司", "pinyin"),
        ("ahsjxcl", "安徽神剑新材料股份有限公司", "pinyin"),
        ("shenj新材料", "安徽神剑新材料股份有限公司", "pinyin"),
        ("chongqing changan", "重庆长安汽车股份有限公司", "pinyin"),
        ("紅塔證券有限公司", "红塔证券股份有限公司", "form"),
    ],
)
def test_what_people_mean_comes_first(
    index: SearchIndex, text: str, expected: str, reason: str
) -> None:
    assert offered(index, text)[0] == (expected, reason)


@pytest.mark.parametrize(
    "text", ["神", "股份", "完全无关的查询", "xyzzy", "！？", "a1b2", "zzzzzz"]
)
def test_nothing_is_offered_where_nothing_is_near(index: SearchIndex, text: str) -> None:
    assert offered(index, text) == []


def test_similar_names_are_no_hits(index: SearchIndex) -> None:
    found = ask(index, "神剑股份")
    assert (found.exact_total, found.contains_total, found.record_total) == (0, 0, 0)
    assert found.similar_total == 1
    assert all(count == () for count in found.facets.values())


def test_where_the_name_is_found_exactly_nothing_else_is_offered(index: SearchIndex) -> None:
    assert offered(index, "红塔证券股份有限公司") == []
    assert [hit.match for hit in ask(index, "红塔证券").hits] == ["contains", "text"]


def test_a_branch_comes_after_its_company() -> None:
    names = ("神剑新材料股份有限公司上海分公司", "安徽神剑新材料股份有限公司")
    with opened(library(names)) as index:
        assert [hit.row for hit in ask(index, "神剑股份").hits] == [2, 1]
        assert [hit.row for hit in ask(index, "神剑材料上海分公司").hits] == [1]


def test_filters_and_last_days_narrow_what_is_offered() -> None:
    near = library()
    near = Library(near.names, [replace(r, region="3801") for r in near.records])
    with opened(near) as index:
        assert ask(index, "神剑股份", Filters(region="3802")).hits == ()
        late = index.search(
            understand("神剑股份"), Filters(), date(2027, 1, 1),
            want="all", sort="relevance", offset=0, limit=5,
        )  # fmt: skip
        assert late.hits == ()


@pytest.mark.parametrize(
    "text", ["欧阳小乙", "欧阳小", "ouyang xiaojia", "oyxj", "欧小甲", "欧阳晓甲"]
)
def test_no_person_is_ever_offered(text: str) -> None:
    person = SubjectKind.PERSON
    people = Library([name(1, "欧阳小甲", kind=person)], [record(1, 1, kind=person)])
    with opened(people) as index:
        assert ask(index, text).hits == ()


@settings(max_examples=80, deadline=None)
@given(libraries(), questions, filters | days.map(lambda _: Filters()), days)
def test_similar_names_stand_apart_from_all_that_is_found(
    library: Library, text: str, narrowed: Filters, today: date
) -> None:
    def answer(index: SearchIndex) -> SearchResult:
        return index.search(
            understand(text), narrowed, today, want="all", sort="newest", offset=0, limit=90
        )

    with opened(library) as index:
        found = answer(index)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(search, "SIMILAR_BELOW", 0)
            plain = answer(index)
    similar = [hit for hit in found.hits if hit.match == "similar"]
    rest = tuple(hit for hit in found.hits if hit.match != "similar")
    assert replace(found, hits=rest, similar_total=0) == plain
    assert found.similar_total == len(similar) <= MOST
    assert len({hit.row for hit in similar}) == len(similar)
    assert not {h.row for h in similar} & {h.row for h in rest if h.kind == "entity"}
    _are_visible(similar, library, narrowed, today)


def _are_visible(similar: list[Hit], library: Library, narrowed: Filters, today: date) -> None:
    visible: list[NameDocument] = [n for n in library.names if n.until >= today]
    owners = {r.entity_row for r in library._visible_records(narrowed, today)}
    allowed = {n.row for n in visible if n.kind is not SubjectKind.PERSON} & owners
    assert {hit.row for hit in similar} <= allowed
