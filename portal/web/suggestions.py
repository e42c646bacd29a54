"""Names of organisations while somebody types; a script asks, the pages do without."""

from flask import Blueprint, Response, request, url_for

from portal.web.api import json_answer
from portal.web.limits import suggest_limit
from portal.web.reading import lookup

suggestions = Blueprint("suggestions", __name__)

MOST = 8


@suggestions.get("/suggest")
@suggest_limit
def suggest() -> Response:
    """Up to eight organisations whose name holds what was typed."""
    return json_answer(
        {
            "suggestions": [
                {
                    "name": entity.names[0].text,
                    "uscc": entity.uscc,
                    "url": url_for("pages.entity", public_id=entity.public_id),
                }
                for entity in lookup().suggest(request.args.get("q", ""), MOST)
                if entity.names
            ]
        }
    )
