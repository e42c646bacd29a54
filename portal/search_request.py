"""A query string becomes a checked SearchRequest, or an error that names the parameter.

Nothing is guessed: an unknown parameter, a value outside its range or one given twice is refused.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeVar, get_args

from portal import bounds
from portal.arguments import printable, single_values
from portal.bounds import DEFAULT_PAGE_SIZE
from portal.catalog_model import Catalog
from portal.errors import BadRequestError, TooLongError
from search_index.query import Filters, SearchTerms, understand

Sort = Literal["relevance", "newest", "oldest"]
ResultType = Literal["all", "entity", "record"]

PARAMETERS = (
    "q", "type", "class", "list", "authority", "region", "from", "to", "sort", "page", "page_size",
)  # fmt: skip
_REGION = re.compile(r"\d{2}(\d{2}){0,2}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"[1-9]\d{0,5}", re.ASCII)


Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search that can be carried out: what was typed, how it is understood, how it is narrowed.

    `page` counts from 1; `type` narrows the results to subjects or to records.
    """

    q: str
    terms: SearchTerms
    filters: Filters
    type: ResultType = "all"
    sort: Sort = "relevance"
    page: int = 1
    page_size: int = DEFAULT_PAGE_SIZE

    @property
    def offset(self) -> int:
        """Number of results before this page."""
        return (self.page - 1) * self.page_size

    def parameters(self) -> dict[str, str]:
        """Return the query string that leads here, without what is as by default."""
        filters = self.filters
        given = {
            "q": self.q,
            "type": "" if self.type == "all" else self.type,
            "class": filters.class_code,
            "list": filters.list_code,
            "authority": filters.authority,
            "region": filters.region,
            "from": filters.decided_from.isoformat() if filters.decided_from else "",
            "to": filters.decided_to.isoformat() if filters.decided_to else "",
            "sort": "" if self.sort == "relevance" else self.sort,
            "page": "" if self.page == 1 else str(self.page),
            "page_size": "" if self.page_size == DEFAULT_PAGE_SIZE else str(self.page_size),
        }
        return {name: value for name, value in given.items() if value}

    def at_page(self, page: int) -> "SearchRequest":
        """Return the same search at another page."""
        return replace(self, page=page)


def parse_search(arguments: Mapping[str, Sequence[str]], catalog: Catalog) -> SearchRequest:
    """Check the parameters of a search; `arguments` maps each to all its values.

    Raises BadRequestError, or TooLongError, naming the parameter.
    """
    values = single_values(arguments, PARAMETERS)
    q = printable(values["q"])
    terms = understand(q)
    if len(terms.words) > bounds.WORDS.most:
        raise BadRequestError("q", "最多 %(most)s 个词", most=bounds.WORDS.most)
    if sum(map(len, terms.words)) > bounds.QUERY.most:  # one character may stand for eighteen
        raise TooLongError("q", "最多 %(most)s 个字", most=bounds.QUERY.most)
    if q and not (terms.code or terms.document or any(len(w) > 1 for w in terms.words)):
        raise BadRequestError("q", "请至少输入名称中连续的两个字，或者代码、文书号")
    request = SearchRequest(
        q=q,
        terms=terms,
        filters=_filters(values, catalog),
        type=_choice("type", values["type"], get_args(ResultType), "all"),
        sort=_choice("sort", values["sort"], get_args(Sort), "relevance"),
        page=_number("page", values["page"], 1, bounds.PAGE.most),
        page_size=_number(
            "page_size", values["page_size"], DEFAULT_PAGE_SIZE, bounds.PAGE_SIZE.most
        ),
    )
    deepest = bounds.DEPTH.most
    if request.offset + request.page_size > deepest:
        raise BadRequestError("page", "最多翻到第 %(most)s 条，请缩小查询范围", most=deepest)
    return request


def _filters(values: Mapping[str, str], catalog: Catalog) -> Filters:
    if values["class"] and values["class"] not in catalog.classes_by_code:
        raise BadRequestError(
            "class", "可用的值：%(values)s", values="、".join(catalog.classes_by_code)
        )
    public_lists = {entry.code for entry in catalog.public_lists}
    if values["list"] and values["list"] not in public_lists:
        raise BadRequestError("list", "没有这个名单")
    if values["region"] and not _REGION.fullmatch(values["region"]):
        raise BadRequestError("region", "要求两位、四位或六位行政区划代码")
    first, last = _day("from", values["from"]), _day("to", values["to"])
    if first and last and first > last:
        raise BadRequestError("from", "不能晚于 to")
    return Filters(
        class_code=values["class"],
        list_code=values["list"],
        authority=printable(values["authority"]),
        region=values["region"],
        decided_from=first,
        decided_to=last,
    )


def _day(name: str, value: str) -> date | None:
    if not value:
        return None
    try:
        if not _DATE.fullmatch(value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise BadRequestError(name, "要求存在的日期，写作 2026-01-31") from None


def _number(name: str, value: str, default: int, most: int) -> int:
    if not value:
        return default
    if not _NUMBER.fullmatch(value) or int(value) > most:
        raise BadRequestError(name, "要求 1 至 %(most)s 的整数", most=most)
    return int(value)


def _choice(name: str, value: str, choices: tuple[Choice, ...], default: Choice) -> Choice:
    if not value:
        return default
    for choice in choices:
        if value == choice:
            return choice
    raise BadRequestError(name, "可用的值：%(values)s", values="、".join(choices))
