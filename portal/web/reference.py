"""What the interface says of itself: the data dictionary and its OpenAPI document."""

import msgspec
from flask import Blueprint, Response

from portal.dictionary import dictionary_of
from portal.web.api import json_answer
from portal.web.headers import keep_briefly
from portal.web.openapi import document
from portal.web.reading import catalog, settings

reference = Blueprint("reference", __name__, url_prefix="/api/v1")
reference.before_request(keep_briefly)


@reference.get("/catalog", endpoint="catalog")
def data_dictionary() -> Response:
    """The data dictionary: classes, fields, lists, measures."""
    return json_answer(
        {
            **msgspec.to_builtins(dictionary_of(catalog())),
            "measures": msgspec.to_builtins(catalog().measures),
        }
    )


@reference.get("/openapi.json")
def openapi() -> Response:
    """The OpenAPI 3.1 document of this interface."""
    return json_answer(document(catalog(), settings().site_name))
