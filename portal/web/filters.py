"""How pages write days, numbers, codes and states; and the addresses they link to."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from babel.dates import format_date
from flask import Flask, current_app, request, url_for
from markupsafe import Markup, escape

from portal import bounds
from portal.catalog_model import Catalog, Field, RecordClass
from portal.config import Settings
from portal.records import NO_END, SubjectKind
from portal.search_request import SearchRequest
from portal.web.display import display
from portal.web.language import gettext, to_translate, translate
from portal.web.matched import subject_spans
from portal.web.reading import moment

KINDS = {
    SubjectKind.ORGANIZATION: to_translate("法人和非法人组织"),
    SubjectKind.HOUSEHOLD: to_translate("个体工商户"),
    SubjectKind.PERSON: to_translate("自然人"),
}
STATES = {
    "valid": to_translate("有效"),
    "invalid": to_translate("无效"),
    "revoked": to_translate("已撤销"),
    "objection": to_translate("异议核查中"),
    "other": to_translate("其他"),
    "repaired": to_translate("已修复"),
    "removed": to_translate("已移出"),
    "shielded": to_translate("已屏蔽"),
    "cancelled": to_translate("已注销"),
    "minor": to_translate("轻微"),
    "general": to_translate("一般"),
    "serious": to_translate("严重"),
}
REASONS = {
    "form": to_translate("只有组织形式不同"),
    "parts": to_translate("所输入的字依次出现在名称中"),
    "noise": to_translate("去掉或者写全附加的字样、地名之后相符"),
    "spelling": to_translate("个别字不同，或者读音相同"),
    "pinyin": to_translate("拼音相符"),
}
MATCHES = {
    "exact_code": to_translate("代码一致"),
    "exact_name": to_translate("名称一致"),
    "former_name": to_translate("曾用名称一致"),
    "doc_no": to_translate("文书号一致"),
    "contains": to_translate("名称包含"),
    "similar": to_translate("名称相近"),
    "text": to_translate("内容包含"),
    "filter": to_translate("符合筛选条件"),
}

LIST_PAGE = "pages.list"


def install(app: Flask, catalog: Catalog, settings: Settings) -> None:
    """Give the templates their filters and globals."""
    app.jinja_env.filters.update(
        day=write_day,
        iso_day=date.fromisoformat,
        number=lambda value: f"{value:,}",
        mark=mark,
        title_of=title_of,
        class_title=lambda code: title_of(catalog.classes_by_code[code]),
        region_name=lambda code: catalog.region_name(code) or code,
        field_value=field_value,
        state_title=lambda state: translate(STATES[state]) if state in STATES else state,
        kind_title=lambda kind: translate(KINDS[SubjectKind(kind)]),
        match_title=lambda match: translate(MATCHES[match]),
        reason_title=lambda reason: translate(REASONS[reason]),
    )
    app.jinja_env.globals.update(
        site=settings,
        longest_query=bounds.QUERY.most,
        catalog=catalog,
        search_url=search_url,
        search_path=search_path,
        subject_spans=subject_spans,
        page_exists=page_exists,
    )

    @app.context_processor
    def clock() -> dict[str, date]:
        return {"today": moment().date()}


def title_of(named: RecordClass | Field) -> str:
    """Return the title of a class or a field in the language of this request."""
    return named.title_en if display().language == "en" else translate(named.title)


def page_exists(path: str) -> bool:
    """Tell whether a page stands at an address."""
    return current_app.url_map.bind("localhost").test(path, "GET")


def write_day(day: date | None) -> str:
    """Write a day as 2026年11月22日, and the day without end as 长期."""
    if day is None:
        return ""
    if day == NO_END:
        return gettext("长期")
    if display().language == "en":
        return format_date(day, "d MMMM y", "en")
    return f"{day.year}年{day.month}月{day.day}日"


def field_value(text: str, field: Field) -> str:
    """Write the canonical text of a field for people."""
    match field.type:
        case "date" | "past_date" | "end_date":
            return write_day(date.fromisoformat(text))
        case "money":
            return text if "万元" in field.title else gettext("%(amount)s 万元", amount=text)
        case "status":
            return translate(STATES.get(text, text))
    return text


def mark(text: str, spans: Sequence[tuple[int, int]]) -> Markup:
    """Return a text as HTML with its spans (start, end) marked."""
    parts, at = [], 0
    for start, end in spans:
        parts += [escape(text[at:start]), Markup("<mark>"), escape(text[start:end])]
        parts.append(Markup("</mark>"))
        at = end
    return Markup("").join((*parts, escape(text[at:])))


def search_url(asked: SearchRequest, **changes: Any) -> str:
    """Return the address of a search with some parameters changed, at its first page.

    None or "" removes a parameter. On the page of a list it is the list that is searched.
    """
    values: dict[str, Any] = asked.parameters()
    values.pop("page", None)
    values |= changes
    given = {name: value for name, value in values.items() if value not in (None, "")}
    if request.endpoint != LIST_PAGE:
        return url_for("pages.search", **given)
    given.pop("list", None)
    return url_for(LIST_PAGE, code=asked.filters.list_code, **given)


def search_path(asked: SearchRequest) -> str:
    """Return the address that a form narrowing this search is sent to."""
    if request.endpoint != LIST_PAGE:
        return url_for("pages.search")
    return url_for(LIST_PAGE, code=asked.filters.list_code)
