"""How pages write days, numbers, codes and states; and the addresses they link to."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, cast

from flask import Flask, current_app, url_for
from markupsafe import Markup, escape

from portal.catalog_model import Catalog, Field
from portal.config import Settings
from portal.records import NO_END, SubjectKind
from portal.search_request import SearchRequest
from portal.web.reading import moment

KINDS = {
    SubjectKind.ORGANIZATION: "法人和非法人组织",
    SubjectKind.HOUSEHOLD: "个体工商户",
    SubjectKind.PERSON: "自然人",
}
STATES = {
    "valid": "有效",
    "invalid": "无效",
    "revoked": "已撤销",
    "objection": "异议核查中",
    "other": "其他",
    "repaired": "已修复",
    "removed": "已移出",
    "shielded": "已屏蔽",
    "cancelled": "已注销",
    "minor": "轻微",
    "general": "一般",
    "serious": "严重",
}
MATCHES = {
    "exact_code": "代码一致",
    "exact_name": "名称一致",
    "former_name": "曾用名称一致",
    "doc_no": "文书号一致",
    "contains": "名称包含",
    "similar": "名称相近",
    "text": "内容包含",
    "filter": "符合筛选条件",
}

_STATIC = "portal.static"


def install(app: Flask, catalog: Catalog, settings: Settings) -> None:
    """Give the templates their filters and globals."""
    titles = {c.code: c.title for c in catalog.classes}
    app.jinja_env.filters.update(
        day=write_day,
        iso_day=date.fromisoformat,
        number=lambda value: f"{value:,}",
        mark=mark,
        class_title=lambda code: titles.get(code, code),
        region_name=lambda code: catalog.region_name(code) or code,
        field_value=field_value,
        state_title=lambda state: STATES.get(state, state),
        kind_title=lambda kind: KINDS[SubjectKind(kind)],
        match_title=lambda match: MATCHES[match],
    )
    app.extensions[_STATIC] = _static_digests(app)
    app.jinja_env.globals.update(
        site=settings, catalog=catalog, static_url=static_url, search_url=search_url
    )

    @app.context_processor
    def clock() -> dict[str, date]:
        return {"today": moment().date()}


def static_url(path: str) -> str:
    """Return the address of a static file; it changes with the file's content."""
    return url_for("static", filename=path, v=static_digest(path))


def static_digest(path: str) -> str:
    """Return what names the content of a static file, empty for no file of ours."""
    if current_app.debug:
        current_app.extensions[_STATIC] = _static_digests(current_app)
    return cast("Mapping[str, str]", current_app.extensions[_STATIC]).get(path, "")


def _static_digests(app: Flask) -> dict[str, str]:
    folder = Path(app.static_folder or "")
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in folder.rglob("*")
        if path.is_file()
    }


def write_day(day: date | None) -> str:
    """Write a day as 2026年11月22日, and the day without end as 长期."""
    if day is None:
        return ""
    return "长期" if day == NO_END else f"{day.year}年{day.month}月{day.day}日"


def field_value(text: str, field: Field) -> str:
    """Write the canonical text of a field for people."""
    match field.type:
        case "date" | "past_date" | "end_date":
            return write_day(date.fromisoformat(text))
        case "money":
            return text if "万元" in field.title else f"{text} 万元"
        case "status":
            return STATES.get(text, text)
    return text


def mark(text: str, spans: Sequence[tuple[int, int]]) -> Markup:
    """Return a text as HTML with its spans (start, end) marked."""
    parts, at = [], 0
    for start, end in spans:
        parts += [escape(text[at:start]), Markup("<mark>"), escape(text[start:end])]
        parts.append(Markup("</mark>"))
        at = end
    return Markup("").join((*parts, escape(text[at:])))


def search_url(request: SearchRequest, **changes: Any) -> str:
    """Return the address of a search with some parameters changed, at its first page.

    None or "" removes a parameter; `class_` and `from_` stand for the names Python reserves.
    """
    values: dict[str, Any] = request.parameters()
    values.pop("page", None)
    for name, value in changes.items():
        values[name.rstrip("_")] = value
    return url_for("pages.search", **{k: v for k, v in values.items() if v not in (None, "")})
