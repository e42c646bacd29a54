"""Downloads: records of a class or of a search, organisations alone, as CSV, JSON Lines, XLSX.

Sent while they are read, up to a limit; the last line says how many there are and whether the limit
cut them off.
"""

from collections.abc import Iterator
from datetime import date
from io import BytesIO

import msgspec
from flask import Blueprint, Response, request, stream_with_context, url_for
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from portal.bulk import Extract, extract
from portal.catalog_model import RecordClass
from portal.errors import BadRequestError, NotFoundError
from portal.records import NO_END, PublishedRecord
from portal.search_request import parse_search
from portal.web.api import whole
from portal.web.delimited import BOM, csv_line, harmless
from portal.web.limits import export_limit
from portal.web.reading import catalog, lookup, settings
from search_index.query import Filters, SearchTerms

exports = Blueprint("exports", __name__)

MAX_ROWS = 10_000
"""Records of one download."""
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

_COMMON = ("类别", "主体名称", "统一社会信用代码", "标题", "文书号", "机关", "机关代码", "决定日期")
_LAST = ("公示起算日", "公示至", "适用规则", "规则依据", "数据送达日期", "内容校验值", "网址")
_LONGEST_CELL = 32_767
"""Characters that a cell of a sheet can hold."""


@exports.get("/exports/<segment:code>.<any(csv, jsonl, xlsx):form>")
@export_limit
def of_class(code: str, form: str) -> Response:
    """The newest records of a class."""
    record_class = catalog().classes_by_code.get(code)
    if record_class is None:
        raise NotFoundError("没有这个类别")
    found = extract(lookup(), SearchTerms(), Filters(class_code=code), MAX_ROWS)
    return _download(found, form, code, record_class)


@exports.get("/search.<any(csv, jsonl, xlsx):form>")
@export_limit
def of_search(form: str) -> Response:
    """The records that a search finds, whatever page of it was looked at."""
    asked = parse_search(request.args.to_dict(flat=False), catalog())
    if asked.type == "entity":
        raise BadRequestError("type", "只能下载记录")
    found = extract(lookup(), asked.terms, asked.filters, MAX_ROWS, asked.sort)
    record_class = catalog().classes_by_code.get(asked.filters.class_code)
    return _download(found, form, "search", record_class)


def _download(found: Extract, form: str, name: str, record_class: RecordClass | None) -> Response:
    if form == "xlsx":
        response = Response(_workbook(found, record_class), content_type=TYPES[form])
    else:
        lines = _json_lines(found) if form == "jsonl" else _csv_lines(found, record_class)
        response = Response(stream_with_context(lines), content_type=TYPES[form])
    filename = f"{name}-{found.lookup.today.isoformat()}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _json_lines(found: Extract) -> Iterator[bytes]:
    count = 0
    for record in found.records():
        count += 1
        yield msgspec.json.encode(whole(record, found.lookup.today)) + b"\n"
    end = {
        "end": True,
        "records": count,
        "total": found.total,
        "total_exact": found.total_exact,
        "complete": found.complete,
        "snapshot": found.lookup.snapshot.id,
        "day": found.lookup.today.isoformat(),
    }
    yield msgspec.json.encode(end) + b"\n"


def _csv_lines(found: Extract, record_class: RecordClass | None) -> Iterator[str]:
    yield BOM
    for row in _rows(found, record_class):
        yield csv_line(row)


def _workbook(found: Extract, record_class: RecordClass | None) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(record_class.title if record_class else "查询结果")
    for row in _rows(found, record_class):
        sheet.append([_sheet_text(cell) for cell in row])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _sheet_text(text: str) -> str:
    return harmless(ILLEGAL_CHARACTERS_RE.sub("", text))[:_LONGEST_CELL]


def _rows(found: Extract, record_class: RecordClass | None) -> Iterator[list[str]]:
    """Yield the headings, the records, and the line that tells the end."""
    fields = (
        []
        if record_class is None
        else [
            field
            for field in record_class.fields
            if field.disclosure in ("public", "representative")
        ]
    )
    titles = [field.title for field in fields] if record_class else _COMMON
    yield ["记录编号", *titles, *_LAST]
    count = 0
    for record in found.records():
        count += 1
        texts = [record.fields.get(field.name, "") for field in fields]
        yield [record.public_id, *(texts if record_class else _common(record)), *_last(record)]
    yield [_end(found, count)]


def _common(record: PublishedRecord) -> list[str]:
    return [
        catalog().classes_by_code[record.class_code].title,
        record.subject_name,
        record.fields.get("uscc", ""),
        record.title,
        record.document_number,
        record.authority,
        record.authority_code,
        _day(record.decided_on),
    ]


def _last(record: PublishedRecord) -> list[str]:
    return [
        _day(record.public_from),
        _day(record.public_until),
        record.rule,
        record.basis,
        _day(record.delivered_on),
        record.content_hash,
        settings().site_origin + url_for("pages.record", public_id=record.public_id),
    ]


def _day(day: date | None) -> str:
    if day is None:
        return ""
    return "长期" if day == NO_END else day.isoformat()


def _end(found: Extract, count: int) -> str:
    most = "" if found.total_exact else "至多 "
    how = "完整" if found.complete else f"未完，符合条件的有 {most}{found.total} 条，请缩小范围"
    day, snapshot = found.lookup.today.isoformat(), found.lookup.snapshot.id
    return f"# 结束：共 {count} 条，{how}；{day}，数据版本 {snapshot}；只含法人和非法人组织"
