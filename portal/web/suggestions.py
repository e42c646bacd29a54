"""Names of organisations while somebody types; a script asks, the pages do without."""

from flask import Blueprint, Response, request, url_for

from portal.errors import BadRequestError, TooLongError
from portal.search_request import MAX_QUERY
from portal.web.api import json_answer
from portal.web.limits import suggest_limit
from portal.web.reading import lookup

suggestions = Blueprint("suggestions", __name__)

MOST = 8


@suggestions.get("/suggest")
@suggest_limit
def suggest() -> Response:
    """Up to eight organisations whose name holds what was typed."""
    given = request.args.to_dict(flat=False)
    unknown = sorted(set(given) - {"q"})
    if unknown:
        raise BadRequestError(unknown[0][:40], "没有这个参数")
    typed = given.get("q", [""])
    if len(typed) > 1:
        raise BadRequestError("q", "只能给出一次")
    if len(typed[0]) > MAX_QUERY:
        raise TooLongError("q", f"最多 {MAX_QUERY} 个字")
    return json_answer(
        {
            "suggestions": [
                {
                    "name": entity.names[0].text,
                    "uscc": entity.uscc,
                    "url": url_for("pages.entity", public_id=entity.public_id),
                }
                for entity in lookup().suggest(typed[0], MOST)
                if entity.names
            ]
        }
    )
