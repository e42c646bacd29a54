"""The shapes of the interface's answers, as JSON Schema (2020-12, as OpenAPI 3.1 takes it).

Objects are closed: an answer with a part that is not described here fails the tests.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from portal import bounds
from portal.catalog_model import Catalog, Disclosure
from portal.measures import Effect, Force
from portal.records import SubjectKind
from search_index.answers import Match
from search_index.similar import Reason

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date"}
DAY_OR_NULL: Schema = {"type": ["string", "null"], "format": "date"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
PUBLIC_ID: Schema = {"type": "string", "pattern": f"^[a-z0-9]{{{bounds.PUBLIC_ID_LENGTH}}}$"}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
SPANS: Schema = {
    "type": "array",
    "description": "Pairs of (start, end) in code points of the matched text.",
    "items": {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2},
}


def closed(properties: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """Return the schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def many(items: Schema) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def one_of(*values: str) -> Schema:
    """Return the schema of a text that is one of these."""
    return {"type": "string", "enum": list(values)}


def ref(name: str) -> Schema:
    """Return a reference to a schema of `schemas`."""
    return {"$ref": f"#/components/schemas/{name}"}


def schemas(catalog: Catalog) -> dict[str, Schema]:
    """Return every named schema; classes and lists are those of the catalogue."""
    classes = one_of(*(record_class.code for record_class in catalog.classes))
    counts = {"type": "object", "propertyNames": classes, "additionalProperties": NUMBER}
    return {
        "Problem": _problem(),
        "Class": classes,
        "List": one_of("", *(entry.code for entry in catalog.public_lists)),
        "Kind": one_of(*(kind.value for kind in SubjectKind)),
        "Counts": counts,
        "Region": closed({"code": TEXT, "name": TEXT}),
        "Match": closed(
            {
                "kind": one_of(*get_args(Match)),
                "field": TEXT,
                "spans": SPANS,
                "reason": one_of(*get_args(Reason)),
            },
            optional=["reason"],
        ),
        "Entity": closed(_entity()),
        "EntityWithRecords": closed(
            {
                **_entity(),
                "former_names": many(TEXT),
                "codes": many(TEXT),
                "records": {
                    "type": "object",
                    "propertyNames": classes,
                    "additionalProperties": many(ref("RecordBrief")),
                },
                "more": FLAG,
            }
        ),
        "RecordBrief": closed(_brief()),
        "Record": closed(_record()),
        "EntityResult": closed(
            {
                "type": {"const": "entity"},
                **_entity(),
                "match": ref("Match"),
                "matched_name": TEXT,
                "counts": ref("Counts"),
            }
        ),
        "RecordResult": closed(
            {
                "type": {"const": "record"},
                **_brief(),
                "match": ref("Match"),
                "excerpt": TEXT,
                "counts": ref("Counts"),
            }
        ),
        "SearchAnswer": _search_answer(),
        "PersonAnswer": closed({"records": many(ref("RecordBrief"))}),
        "Status": _status(),
        "Catalog": _catalog(),
    }


def _problem() -> Schema:
    """RFC 9457; `parameter` names what is wrong with a request."""
    described = {"type": TEXT, "title": TEXT, "status": NUMBER, "detail": TEXT, "parameter": TEXT}
    return closed(described, optional=["parameter"])


def _entity() -> dict[str, Schema]:
    return {
        "id": PUBLIC_ID,
        "name": TEXT,
        "kind": ref("Kind"),
        "uscc": TEXT,
        "region": ref("Region"),
        "url": TEXT,
    }


def _brief() -> dict[str, Schema]:
    return {
        "id": PUBLIC_ID,
        "class": ref("Class"),
        "list": ref("List"),
        "title": TEXT,
        "document_number": TEXT,
        "name": TEXT,
        "kind": ref("Kind"),
        "uscc": TEXT,
        "region": ref("Region"),
        "authority": TEXT,
        "decided_on": DAY_OR_NULL,
        "public_until": DAY_OR_NULL,
        "url": TEXT,
    }


def _record() -> dict[str, Schema]:
    return {
        **_brief(),
        "entity": closed({"id": PUBLIC_ID, "name": TEXT, "url": TEXT}),
        "fields": TEXTS,
        "publicity": closed({"from": DAY, "until": DAY_OR_NULL, "rule": TEXT, "basis": TEXT}),
        "status": TEXT,
        "flags": TEXTS,
        "validity_ended": FLAG,
        "source": closed({"authority": TEXT, "delivered_on": DAY, "row_hash": TEXT}),
    }


def _search_answer() -> Schema:
    facet = many(closed({"value": TEXT, "count": NUMBER}))
    return closed(
        {
            "query": TEXTS,
            "snapshot": TEXT,
            "total": NUMBER,
            "total_exact": FLAG,
            "totals": closed(dict.fromkeys(("exact", "containing", "similar", "records"), NUMBER)),
            "results": many({"oneOf": [ref("EntityResult"), ref("RecordResult")]}),
            "facets": closed(dict.fromkeys(("class", "list", "authority", "region"), facet)),
            "links": closed({"self": TEXT, "prev": TEXT, "next": TEXT}, optional=["prev", "next"]),
        }
    )


def _status() -> Schema:
    return closed(
        {
            "snapshot": TEXT,
            "created_at": MOMENT,
            "day": DAY,
            "today": DAY,
            "entities": NUMBER,
            "records": ref("Counts"),
            "problem": TEXT,
        }
    )


def _catalog() -> Schema:
    months = {"type": ["integer", "null"], "minimum": 1}
    source = {"basis": TEXT, "source_date": DAY_OR_NULL, "confirmed": FLAG}
    field = {
        "name": TEXT,
        "title": TEXT,
        "title_en": TEXT,
        "codes": many(TEXT),
        "type": TEXT,
        "required": FLAG,
        "disclosure": one_of(*get_args(Disclosure)),
        "disclosed": TEXT,
    }
    entry = {
        "code": ref("Class"),
        "title": TEXT,
        "title_en": TEXT,
        "about": TEXT,
        "basis": TEXT,
        "persons": many(TEXT),
        "terms": many(closed({"name": TEXT, "months": months, "withheld": FLAG, **source})),
        "fields": many(closed(field)),
    }
    credit_list = {
        "code": ref("List"),
        "name": TEXT,
        "color": one_of("red", "black"),
        "family": TEXT,
        "authority": TEXT,
        "months": months,
        **source,
    }
    measure = {
        "name": TEXT,
        "effect": one_of(*get_args(Effect)),
        "force": one_of(*get_args(Force)),
        "lists": many(ref("List")),
        "carried_out_by": TEXT,
        "about": TEXT,
        **source,
    }
    described = {"classes": entry, "lists": credit_list, "measures": measure}
    return closed({name: many(closed(parts)) for name, parts in described.items()})
