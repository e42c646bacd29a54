from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog import load_catalog
from portal.errors import BadRequestError, TooLongError
from portal.search_request import PARAMETERS, SearchRequest, parse_search

CATALOG = load_catalog()


def parse(**values: str) -> SearchRequest:
    return parse_search({name.rstrip("_"): [value] for name, value in values.items()}, CATALOG)


@pytest.mark.parametrize(
    ("values", "parameter"),
    [
        ({"class_": "fines"}, "class"),
        ({"list": "no-such-list"}, "list"),
        ({"list": "association-warning"}, "list"),
        ({"region": "38010"}, "region"),
        ({"region": "澄州"}, "region"),
        ({"from_": "2026-02-30"}, "from"),
        ({"to": "20260101"}, "to"),
        ({"from_": "2026-02-01", "to": "2026-01-01"}, "from"),
        ({"sort": "best"}, "sort"),
        ({"type": "person"}, "type"),
        ({"page": "0"}, "page"),
        ({"page": "-1"}, "page"),
        ({"page": "１"}, "page"),
        ({"page": "51"}, "page"),
        ({"page": "1e3"}, "page"),
        ({"page_size": "51"}, "page_size"),
        ({"q": "蓝"}, "q"),
        ({"q": "。。"}, "q"),
        ({"color": "red"}, "color"),
    ],
)
def test_what_is_unknown_or_out_of_range_is_named(values: dict[str, str], parameter: str) -> None:
    with pytest.raises(BadRequestError) as refusal:
        parse(**values)
    assert refusal.value.parameter == parameter
    assert refusal.value.status == 400


def test_what_is_too_long_is_named() -> None:
    assert parse(q="蓝穗" * 100).q
    for name, value in {"q": "蓝" * 201, "authority": "局" * 101}.items():
        with pytest.raises(TooLongError) as refusal:
            parse(**{name: value})
        assert (refusal.value.parameter, refusal.value.status) == (name, 413)


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(BadRequestError, match="一次"):
        parse_search({"q": ["蓝穗", "食品"]}, CATALOG)


def test_the_depth_is_limited() -> None:
    assert parse(q="蓝穗", page="20", page_size="50").offset == 950
    with pytest.raises(BadRequestError, match="1000"):
        parse(q="蓝穗", page="21", page_size="50")


def test_a_request_leads_to_itself() -> None:
    asked = parse(
        q="蓝穗", type="record", class_="penalty", list="statistics", authority="局",
        region="3801", from_="2026-01-01", to="2026-02-01", sort="oldest", page="2", page_size="10",
    )  # fmt: skip
    assert set(asked.parameters()) == set(PARAMETERS)
    assert parse_search({k: [v] for k, v in asked.parameters().items()}, CATALOG) == asked
    assert asked.filters.decided_from == date(2026, 1, 1)
    assert parse().parameters() == {}


@given(st.dictionaries(st.sampled_from(PARAMETERS) | st.text(), st.lists(st.text(), max_size=2)))
def test_any_query_string_is_read_or_refused_by_name(arguments: dict[str, list[str]]) -> None:
    try:
        asked = parse_search(arguments, CATALOG)
    except BadRequestError as error:
        assert error.parameter is not None
        assert error.detail
    else:
        assert asked.offset + asked.page_size <= 1000
