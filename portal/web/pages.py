"""The pages: each reads through the lookup and renders a template."""

from collections.abc import Sequence
from datetime import date

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal import bounds
from portal.catalog_model import CreditList, Field, RecordClass
from portal.errors import BadRequestError, NotFoundError
from portal.library import TextMatch
from portal.lookup import SearchPage
from portal.names import is_person_like, may_be_person
from portal.records import NO_END, PublishedRecord, SubjectKind
from portal.search_request import SearchRequest, parse_search
from portal.web.headers import name_a_person
from portal.web.incoming import own_arguments
from portal.web.limits import search_limit
from portal.web.reading import catalog, library, lookup
from portal.web.timeline import time_line
from search_index.query import Filters

pages = Blueprint("pages", __name__)

NEWEST = 8
TEXTS = 5
"""So many of the site's own texts stand beside the results of a search."""


@pages.get("/")
def home() -> str:
    """The search box, what is on record, what is new."""
    reading = lookup()
    newest = reading.newest(NEWEST)
    return render_template(
        "pages/home.html",
        counts=reading.counts_by_class(),
        entity_count=reading.entity_count(),
        newest=newest,
        lists=reading.lists(),
        manifest=reading.snapshot.manifest,
        examples=_examples(newest),
    )


@pages.get("/search")
@search_limit
def search() -> str | Response:
    """Results of a search; the form with what is wrong if it cannot be carried out."""
    arguments = own_arguments()
    try:
        asked = parse_search(arguments, catalog())
    except BadRequestError as problem:
        empty = parse_search({}, catalog())
        page = render_template(
            "pages/search.html",
            page=None,
            request_=empty,
            pages=0,
            problem=problem,
            listed=False,
        )
        return Response(page, status=problem.status)
    if not any(value for values in arguments.values() for value in values):
        return render_template(
            "pages/search.html",
            page=None,
            request_=asked,
            pages=0,
            problem=None,
            listed=False,
        )
    found = lookup().search(asked)
    _note_persons(found)
    return render_template(
        "pages/search.html",
        page=found,
        request_=asked,
        pages=page_count(found),
        problem=None,
        texts=_texts(asked),
        listed=_may_be_listed(found),
    )


@pages.get("/entities/<public_id:public_id>")
def entity(public_id: str) -> str:
    """A subject and what is on record about it."""
    reading = lookup()
    view = reading.entity(public_id)
    person = view.entity.kind is SubjectKind.PERSON
    if person:
        name_a_person()
    found = [record for records in view.records.values() for record in records]
    return render_template(
        "pages/entity.html",
        view=view,
        person=person,
        standing=_standing(found),
        line=time_line(view.records, reading.today),
        manifest=reading.snapshot.manifest,
    )


@pages.get("/records/<public_id:public_id>")
def record(public_id: str) -> str:
    """A record: every public field, until when it is public, and why."""
    reading = lookup()
    found = reading.record(public_id)
    record_class = catalog().classes_by_code[found.class_code]
    person = found.subject_kind is SubjectKind.PERSON
    if person:
        name_a_person()
    return render_template(
        "pages/record.html",
        record=found,
        record_class=record_class,
        entry=catalog().lists_by_code.get(found.list_code),
        person=person,
        days_left=days_left(found, reading.today),
        validity_ended=validity_ended(found, record_class, reading.today),
        fields=_shown(found, record_class),
        manifest=reading.snapshot.manifest,
    )


@pages.get("/codes/<segment:uscc>")
def code(uscc: str) -> BaseResponse:
    """The subject of a credit code."""
    found = lookup().by_code(uscc)
    if not found:
        raise NotFoundError("未查询到该代码在公示期内的公开信息")
    if len(found) > 1:
        return redirect(url_for("pages.search", q=uscc))
    return redirect(url_for("pages.entity", public_id=found[0].public_id))


@pages.get("/lists")
def lists() -> str:
    """Every red and black list."""
    return render_template("pages/lists.html", lists=lookup().lists())


@pages.get("/lists/<segment:code>", endpoint="list")
@search_limit
def one_list(code: str) -> str:
    """One list: what it is, and its entries that are not natural persons."""
    entry = next((e for e in catalog().public_lists if e.code == code), None)
    if entry is None:
        raise NotFoundError("没有这个名单")
    given = own_arguments()
    refused = set(given) & {"list", "class", "type"}
    if refused:
        raise BadRequestError(min(refused), "没有这个参数")
    asked = parse_search({**given, "list": [code]}, catalog())
    reading = lookup()
    found = reading.search(asked)
    return render_template(
        "pages/list.html",
        entry=entry,
        count=next(view.count for view in reading.lists() if view.entry is entry),
        page=found,
        request_=asked,
        pages=page_count(found),
    )


@pages.get("/about")
def about() -> str:
    """What this site is, and what it is not."""
    reading = lookup()
    return render_template(
        "pages/about.html", manifest=reading.snapshot.manifest, counts=reading.counts_by_class()
    )


def page_count(found: SearchPage) -> int:
    """Return how many pages of a search can be reached."""
    size = found.request.page_size
    return min(-(-found.length // size), bounds.DEPTH.most // size)


def days_left(record: PublishedRecord, today: date) -> int | None:
    """Return the days after today on which a record is still shown, None without an end."""
    return None if record.public_until == NO_END else (record.public_until - today).days


def validity_ended(record: PublishedRecord, record_class: RecordClass, today: date) -> bool:
    """Tell whether what a record grants has run out. It is not called invalid for that.

    The class says which field holds the last day of validity, if any.
    """
    until = record.fields.get(record_class.validity_field, "")
    return bool(until) and until < today.isoformat()


def _shown(record: PublishedRecord, record_class: RecordClass) -> list[tuple[Field, str]]:
    return [
        (field, record.fields[field.name])
        for field in record_class.fields
        if field.name in record.fields
    ]


def _standing(records: Sequence[PublishedRecord]) -> list[CreditList]:
    """Return the lists that a subject stands on, in the order of its records."""
    known = catalog().lists_by_code
    codes = dict.fromkeys(record.list_code for record in records)
    return [known[code] for code in codes if code in known]


def _texts(asked: SearchRequest) -> tuple[TextMatch, ...]:
    """Return the site's own texts that a search finds, beside its first page of everything."""
    if asked.type != "all" or asked.page > 1 or asked.filters != Filters():
        return ()
    return library().search(asked.terms.words)[:TEXTS]


def _note_persons(found: SearchPage) -> None:
    for result in found.results:
        kind = result.entity.kind if result.kind == "entity" else result.record.subject_kind
        if kind is SubjectKind.PERSON:
            name_a_person()


def _may_be_listed(found: SearchPage) -> bool:
    """Tell whether a search engine may list a page of results: it shows nobody and found something.

    What was typed is repeated on the page, so it must not be a person's name either.
    """
    asked = found.request.q
    if not found.total or is_person_like(asked) or may_be_person(asked):
        return False
    return not any(
        (result.entity.kind if result.kind == "entity" else result.record.subject_kind)
        is SubjectKind.PERSON
        for result in found.results
    )


def _examples(newest: tuple[PublishedRecord, ...]) -> list[str]:
    """Return searches that find something today: part of a name, a code, a document number."""
    for record in newest:
        name, uscc = record.subject_name, record.fields.get("uscc", "")
        if uscc and record.document_number:
            return [name[:6], uscc, record.document_number]
    return []
