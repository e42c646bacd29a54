"""The check of a natural person: a name and a full ID number lead to this person's records.

What is typed is compared and forgotten: it is in no address and no answer, and in the audit log as
a keyed digest, without which nobody is answered. Whoever is not found (absent, wrong name, wrong or
malformed number) is answered alike, after the same work.
"""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import TooManyRequests

from portal import bounds
from portal.errors import BadRequestError, UnavailableError
from portal.person_key import NOBODY, fingerprint, name_digest, person_key, read_person_key
from portal.records import PublishedRecord
from portal.web.api import brief, json_answer
from portal.web.audit import Outcome, audit
from portal.web.cross_site import refuse_cross_site
from portal.web.headers import keep_nowhere, name_a_person
from portal.web.limits import person_limit, spend_on_name
from portal.web.reading import lookup, settings

persons = Blueprint("persons", __name__)

_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
"""What JSON can spell and no text holds."""
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What was typed. Its repr shows nothing, wherever it may get written."""

    name: Any = ""
    id_number: Any = ""

    def __repr__(self) -> str:
        return "Asked(…)"


@persons.before_request
def _guard() -> None:
    """Let nobody keep or index an answer, and no other site make a visitor's browser ask."""
    keep_nowhere()
    name_a_person()
    if request.method == "POST":
        refuse_cross_site()


@persons.route("/check-person", methods=["GET", "POST"])
def check() -> str | Response:
    """The form; when it is sent, the records or the one empty answer above it."""
    if request.method != "POST":
        return _page()
    try:
        asked = _checked(_from_form())
    except BadRequestError as problem:
        return Response(_page(problem=problem), status=problem.status)
    return _page(records=_on_record(asked))


@persons.post("/api/v1/persons/check")
def check_api() -> Response:
    """The records of a person in JSON; asked in JSON or as a form."""
    asked = _checked(_from_json() if request.mimetype == JSON else _from_form(JSON))
    return json_answer({"records": [brief(record) for record in _on_record(asked)]})


def _on_record(asked: Asked) -> tuple[PublishedRecord, ...]:
    """Return the records of a person, once the audit log says that they were asked for.

    A check that got no answer is entered too; where that fails, nothing has been told.
    """
    secret = _secret()
    try:
        records = _records_of(secret, asked)
    except Exception as error:
        with suppress(UnavailableError):
            refused = isinstance(error, TooManyRequests)
            _enter(secret, asked, "limited" if refused else "failed", snapshot=None)
        raise
    _enter(secret, asked, "answered", lookup().snapshot.id)
    return records


def _secret() -> bytes:
    secret = read_person_key(settings().person_key_path)
    if secret is None:
        raise UnavailableError("自然人查询尚未启用：还没有发布过可供比对的数据")
    if fingerprint(secret) != lookup().snapshot.manifest.person_key:
        raise UnavailableError("自然人查询暂不可用：比对所用的密钥与已发布的数据不一致")
    return secret


def _enter(secret: bytes, asked: Asked, outcome: Outcome, snapshot: str | None) -> None:
    audit(secret, asked.name, asked.id_number, outcome=outcome, snapshot=snapshot)


@person_limit
def _records_of(secret: bytes, asked: Asked) -> tuple[PublishedRecord, ...]:
    """Return the records of a person. Every call takes the same steps, found or not."""
    spend_on_name(name_digest(secret, asked.name))
    key = person_key(secret, asked.name, asked.id_number)
    return lookup().records_of_person(NOBODY if key is None else key)


def _page(
    records: tuple[PublishedRecord, ...] | None = None, problem: BadRequestError | None = None
) -> str:
    return render_template(
        "pages/check_person.html",
        records=records,
        problem=problem,
        max_name=bounds.NAME.most,
        max_number=bounds.NUMBER.most,
    )


def _from_form(*others: str) -> Asked:
    if request.mimetype != FORM:
        raise BadRequestError("Content-Type", "要求 %(types)s", types=" / ".join((*others, FORM)))
    try:
        return Asked(**_once(request.form.items(multi=True)))
    except (ValueError, TypeError):
        raise BadRequestError("body", "要求 name 和 id_number，各一次") from None


def _from_json() -> Asked:
    try:
        body = json.loads(request.get_data().decode("utf-8"), object_pairs_hook=_once)
        return Asked(**body)
    except (ValueError, TypeError, RecursionError):
        # Without its cause: the decoder's own words may quote the body.
        raise BadRequestError("body", "要求一个 JSON 对象，含 name 和 id_number") from None


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the parts of an object. Raises ValueError where one is given twice."""
    given = list(pairs)
    found = dict(given)
    if len(found) < len(given):
        raise ValueError
    return found


def _checked(asked: Asked) -> Asked:
    """Return what was asked if both fields are there. Raises BadRequestError, without any value."""
    for bound in (bounds.NAME, bounds.NUMBER):
        text = getattr(asked, bound.name)
        if not isinstance(text, str) or _HALF_A_CHARACTER.search(text):
            raise BadRequestError(bound.name, "要求文本")
        if not text.strip():
            raise BadRequestError(bound.name, "请填写")
        if len(text) > bound.most:
            raise BadRequestError(bound.name, "最多 %(most)s 个字符", most=bound.most)
    return asked
