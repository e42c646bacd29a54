"""The JSON interface: the same lookups as the pages, under /api/v1."""

from datetime import date
from typing import Any

import msgspec
from flask import Blueprint, Response, request, url_for

from portal.errors import NotFoundError
from portal.identifiers import fold_code, is_uscc
from portal.lookup import EntityResult, EntityView, RecordResult, SearchPage
from portal.records import NO_END, PublishedEntity, PublishedRecord, SubjectKind
from portal.search_request import SearchRequest, parse_search
from portal.web.headers import name_a_person
from portal.web.health import snapshot_problem
from portal.web.limits import search_limit
from portal.web.matched import entity_match, record_match
from portal.web.pages import page_count, validity_ended
from portal.web.reading import catalog, lookup
from search_index.query import SearchTerms

api = Blueprint("api", __name__, url_prefix="/api/v1")


@api.get("/search")
@search_limit
def search() -> Response:
    """Results of a search, with totals and facets."""
    asked = parse_search(request.args.to_dict(flat=False), catalog())
    found = lookup().search(asked)
    return json_answer(
        {
            "query": asked.parameters(),
            "snapshot": lookup().snapshot.id,
            "total": found.total,
            "total_exact": found.total_exact,
            "totals": {
                "exact": found.exact_total,
                "containing": found.contains_total,
                "similar": found.similar_total,
                "records": found.record_total,
            },
            "results": [_result(result, asked.terms) for result in found.results],
            "facets": {
                name: [{"value": value, "count": count} for value, count in values]
                for name, values in found.facets.items()
            },
            "links": _links(found),
        }
    )


@api.get("/entities/<public_id:public_id>")
def entity(public_id: str) -> Response:
    """A subject and its public records."""
    return _answer_of(lookup().entity(public_id))


def _answer_of(view: EntityView) -> Response:
    return json_answer(
        {
            **_entity(view.entity),
            "former_names": [name.text for name in view.entity.names if not name.current],
            "codes": list(view.entity.codes),
            "records": {
                code: [brief(record) for record in records]
                for code, records in view.records.items()
            },
            "more": view.more,
        }
    )


@api.get("/records/<public_id:public_id>")
def record(public_id: str) -> Response:
    """A record: every public field, its publicity and its source."""
    reading = lookup()
    return json_answer(whole(reading.record(public_id), reading.today))


@api.get("/organizations/<segment:uscc>")
def organization(uscc: str) -> Response:
    """The subject of a credit code and its public records."""
    code = fold_code(uscc)
    found = lookup().by_code(code) if is_uscc(code) else ()
    exact = [entity for entity in found if entity.uscc == code] or list(found)
    if not exact:
        raise NotFoundError("未查询到该代码在公示期内的公开信息")
    if len(exact) > 1:
        raise NotFoundError("该代码指向不止一个主体，请用查询接口")
    return _answer_of(lookup().entity(exact[0].public_id))


@api.get("/status")
def status() -> Response:
    """The live snapshot: how fresh it is, and what it holds today."""
    reading = lookup()
    manifest = reading.snapshot.manifest
    return json_answer(
        {
            "snapshot": manifest.id,
            "created_at": manifest.created_at.isoformat(),
            "day": manifest.day.isoformat(),
            "today": reading.today.isoformat(),
            "entities": reading.entity_count(),
            "records": reading.counts_by_class(),
            "problem": snapshot_problem(),
        }
    )


_SHOWN_ANYWAY = frozenset({"name", "uscc", "document_number"})
"""Parts of every result: a match in one of them needs no excerpt."""


def json_answer(body: Any) -> Response:
    """Return a JSON answer."""
    return Response(msgspec.json.encode(body), content_type="application/json; charset=utf-8")


def _result(result: EntityResult | RecordResult, terms: SearchTerms) -> dict[str, Any]:
    if result.kind == "entity":
        matched = entity_match(result, terms)
        return {
            "type": "entity",
            **_entity(result.entity),
            "match": {
                "kind": result.match,
                "field": matched.field,
                "spans": list(matched.spans),
                **({"reason": result.reason} if result.reason else {}),
            },
            "matched_name": result.matched_name,
            "counts": dict(result.counts),
        }
    documents = catalog().classes_by_code[result.record.class_code].documents
    matched = record_match(result, terms, documents)
    return {
        "type": "record",
        **brief(result.record),
        "match": {"kind": result.match, "field": matched.field, "spans": list(matched.spans)},
        "excerpt": "" if matched.field in _SHOWN_ANYWAY else matched.text,
        "counts": {result.record.class_code: 1},
    }


def _entity(entity: PublishedEntity) -> dict[str, Any]:
    if entity.kind is SubjectKind.PERSON:
        name_a_person()
    return {
        "id": entity.public_id,
        "name": entity.names[0].text if entity.names else "",
        "kind": entity.kind.value,
        "uscc": entity.uscc,
        "region": {"code": entity.region, "name": catalog().region_name(entity.region)},
        "url": url_for("pages.entity", public_id=entity.public_id),
    }


def brief(record: PublishedRecord) -> dict[str, Any]:
    """Return a record as it stands in lists; notes that the answer names a person, if it does."""
    if record.subject_kind is SubjectKind.PERSON:
        name_a_person()
    return {
        "id": record.public_id,
        "class": record.class_code,
        "list": record.list_code,
        "title": record.title,
        "document_number": record.document_number,
        "name": record.subject_name,
        "kind": record.subject_kind.value,
        "uscc": record.fields.get("uscc", ""),
        "region": {"code": record.region, "name": catalog().region_name(record.region)},
        "authority": record.authority,
        "decided_on": record.decided_on.isoformat() if record.decided_on else None,
        "public_until": _until(record),
        "url": url_for("pages.record", public_id=record.public_id),
    }


def whole(record: PublishedRecord, today: date) -> dict[str, Any]:
    """Return everything that is public of a record; notes a person as `brief` does."""
    record_class = catalog().classes_by_code[record.class_code]
    return {
        **brief(record),
        "entity": _entity_link(record),
        "fields": dict(record.fields),
        "publicity": {
            "from": record.public_from.isoformat(),
            "until": _until(record),
            "rule": record.rule,
            "basis": record.basis,
        },
        "status": record.status,
        "flags": dict(record.flags),
        "validity_ended": validity_ended(record, record_class, today),
        "source": {
            "authority": record.authority,
            "delivered_on": record.delivered_on.isoformat(),
            "row_hash": record.content_hash,
        },
    }


def _entity_link(record: PublishedRecord) -> dict[str, str]:
    return {
        "id": record.entity_id,
        "name": record.subject_name,
        "url": url_for("pages.entity", public_id=record.entity_id),
    }


def _until(record: PublishedRecord) -> str | None:
    """Return the last public day, None where nothing ends it."""
    return None if record.public_until == NO_END else record.public_until.isoformat()


def _links(found: SearchPage) -> dict[str, str]:
    asked, last = found.request, page_count(found)
    links = {"self": _address(asked)}
    if asked.page > 1:
        links["prev"] = _address(asked.at_page(asked.page - 1))
    if asked.page < last:
        links["next"] = _address(asked.at_page(asked.page + 1))
    return links


def _address(asked: SearchRequest) -> str:
    parameters: dict[str, Any] = dict(asked.parameters())
    return url_for("api.search", **parameters)
