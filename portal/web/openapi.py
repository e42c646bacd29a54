"""The OpenAPI 3.1 document of the interface, made from the catalogue and the rules of requests."""

from typing import Any, get_args

from portal import bounds
from portal.bounds import DEFAULT_PAGE_SIZE
from portal.catalog_model import Catalog
from portal.institutions import HEADER
from portal.search_request import ResultType, Sort
from portal.web.openapi_schemas import DAY, PUBLIC_ID, TEXT, Schema, one_of, ref, schemas

VERSION = "1"
PREFIX = "/api/v1"

_PROBLEMS = {
    400: "A parameter is unknown or out of range; `parameter` names it",
    401: f"`{HEADER}` is nobody's key; `parameter` names the header",
    404: "Nothing public stands at this address today",
    403: "Another site's page made a browser ask",
    413: "A parameter or the body is too long",
    414: "The address is too long",
    429: "Too many requests: come back after `Retry-After` seconds",
    503: "No snapshot can be shown, or this part is not set up",
}
_EVERYWHERE = (400, 401, 413, 414, 429, 503)
_KEY = {
    "type": "apiKey",
    "in": "header",
    "name": HEADER,
    "description": "Not needed. Who has the key of an institution has budgets of its own.",
}
_LIMITS = {
    "RateLimit-Policy": {"description": "Limits that count this request", "schema": TEXT},
    "RateLimit": {"description": "What is left of them", "schema": TEXT},
}
_RETRY_AFTER = {
    "description": "Seconds after which this request is taken, if nothing else is asked meanwhile",
    "schema": {"type": "integer", "minimum": 1},
}
_CHALLENGE = {"WWW-Authenticate": {"description": "The header to send", "schema": TEXT}}


def document(catalog: Catalog, title: str) -> dict[str, Any]:
    """Return the document; `title` is the name of the site."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": VERSION,
            "description": (
                "Published credit information within its publicity period. Days are those of "
                "Asia/Shanghai; last days are inclusive. A record that has ended answers 404, like "
                "one that never was."
            ),
        },
        "servers": [{"url": "/"}],
        "paths": {PREFIX + path: described for path, described in _paths(catalog).items()},
        "components": {"schemas": schemas(catalog), "securitySchemes": {"institution": _KEY}},
        "security": [{}, {"institution": []}],
    }


def _paths(catalog: Catalog) -> dict[str, Any]:
    public_id = _in_path("public_id", "Public id", PUBLIC_ID)
    any_spelling = {"type": "string", "minLength": 1, "maxLength": bounds.SEGMENT.most}
    uscc = _in_path("uscc", "Unified social credit code, in any spelling", any_spelling)
    return {
        "/search": _get("search", "Search", "SearchAnswer", (404,), _search(catalog)),
        "/entities/{public_id}": _get(
            "entity", "A subject and its records", "EntityWithRecords", (404,), [public_id]
        ),
        "/organizations/{uscc}": _get(
            "organization", "The subject of a credit code", "EntityWithRecords", (404,), [uscc]
        ),
        "/records/{public_id}": _get("record", "A record", "Record", (404,), [public_id]),
        "/persons/check": _persons_check(),
        "/catalog": _get("catalog", "The data dictionary", "Catalog", (), []),
        "/status": _get("status", "The live snapshot", "Status", (), []),
        "/openapi.json": {
            "get": {
                "operationId": "openapi",
                "summary": "This document",
                "responses": {
                    "200": _answer("The document", {"type": "object"}),
                    **_problems(_EVERYWHERE),
                },
            }
        },
    }


def _search(catalog: Catalog) -> list[Schema]:
    pages = bounds.PAGE.most
    classes = one_of(*(record_class.code for record_class in catalog.classes))
    lists = one_of(*(entry.code for entry in catalog.public_lists))
    value = {"type": "string", "maxLength": bounds.VALUE.most}
    size = {
        "type": "integer",
        "minimum": 1,
        "maximum": bounds.PAGE_SIZE.most,
        "default": DEFAULT_PAGE_SIZE,
    }
    described: dict[str, tuple[str, Schema]] = {
        "q": (
            "Part of a name (two characters or more), a code, a document number, words of a text",
            {"type": "string", "maxLength": bounds.QUERY.most},
        ),
        "type": ("Subjects or records only", one_of(*get_args(ResultType))),
        "class": ("Class of the records", classes),
        "list": ("Red or black list", lists),
        "authority": ("Exact name of who decided", value),
        "region": (
            "Code of a province, city or county",
            {"type": "string", "pattern": r"^\d{2}(\d{2}){0,2}$"},
        ),
        "from": ("Decided on this day or later", DAY),
        "to": ("Decided on this day or earlier", DAY),
        "sort": ("Order of the records", one_of(*get_args(Sort))),
        "page": (
            f"Page, from 1; no further than result {bounds.DEPTH.most}",
            {"type": "integer", "minimum": 1, "maximum": pages},
        ),
        "page_size": ("Results of a page", size),
    }
    empty = {"type": "string", "maxLength": 0}  # as good as not given: forms send it
    return [
        {"name": name, "in": "query", "description": text, "schema": {"anyOf": [schema, empty]}}
        for name, (text, schema) in described.items()
    ]


def _persons_check() -> dict[str, Any]:
    lengths = {bound.name: bound.most for bound in (bounds.NAME, bounds.NUMBER)}
    asked = {
        "type": "object",
        "properties": {
            n: {"type": "string", "pattern": r"\S", "maxLength": m} for n, m in lengths.items()
        },
        "required": list(lengths),
        "additionalProperties": False,
    }
    summary = "Records of the natural person with this name and full ID number"
    return {
        "post": {
            "operationId": "checkPerson",
            "summary": summary,
            "description": "Whoever is not found, for whatever reason, is answered alike.",
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": asked}},
            },
            "responses": {
                "200": _answer("The records, or none", ref("PersonAnswer")),
                **_problems((403, *_EVERYWHERE)),
            },
        }
    }


def _get(
    name: str, summary: str, answer: str, problems: tuple[int, ...], parameters: list[Schema]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": _answer(summary, ref(answer)),
            **_problems((*problems, *_EVERYWHERE)),
        },
    }
    if parameters:
        operation["parameters"] = parameters
    return {"get": operation}


def _in_path(name: str, description: str, schema: Schema) -> Schema:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
    }


def _answer(description: str, schema: Schema) -> dict[str, Any]:
    return {
        "description": description,
        "headers": _LIMITS,
        "content": {"application/json": {"schema": schema}},
    }


def _problems(statuses: tuple[int, ...]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": ref("Problem")}}
    headers = {429: {**_LIMITS, "Retry-After": _RETRY_AFTER}, 401: _CHALLENGE}
    return {
        str(status): {
            "description": _PROBLEMS.get(status, "Refused"),
            **({"headers": headers[status]} if status in headers else {}),
            "content": content,
        }
        for status in sorted(set(statuses))
    }
