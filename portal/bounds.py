"""The one table of what a request may hold: every length, count and range that is refused beyond.

Whoever checks a bound takes it from here; docs/api.md shows the table, the OpenAPI document its
numbers. What lies outside is refused with the status of its bound and the name of what it bounds.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bound:
    """The most of something: `name` says of what, `where` it holds, `status` what answers beyond.

    `most` is inclusive; `unit` says what is counted.
    """

    name: str
    most: int
    unit: str
    where: str
    status: int = 400


QUERY = Bound("q", 200, "characters", "searches, downloads, suggestions", 413)
WORDS = Bound("q", 20, "words", "searches, downloads")
VALUE = Bound("any other parameter", 100, "characters", "every address", 413)
PAGE = Bound("page", 1_000, "from 1", "searches")
PAGE_SIZE = Bound("page_size", 50, "results, from 1", "searches")
DEPTH = Bound("page", 1_000, "results up to the end of a page", "searches")
TIMES = Bound("a parameter", 1, "value; an unknown parameter has none", "every address")
NAME = Bound("name", 100, "characters", "the check of a person")
NUMBER = Bound("id_number", 64, "characters", "the check of a person")
BODY = Bound("body", 64 * 1024, "bytes", "POST; no other request has a body", 413)
SEGMENT = Bound("a part of the path", 64, "characters; a public id has 24", "every address", 404)
PART = Bound("number of a site map", 9_999, "from 1", "/sitemaps/", 404)
ADDRESS = Bound("path with query", 4_000, "bytes as sent", "every address", 414)
HEADERS = Bound("headers", 50, "headers", "every address", 431)
HEADER = Bound("a header", 8_190, "bytes", "every address", 431)

BOUNDS: tuple[Bound, ...] = (
    QUERY, WORDS, VALUE, PAGE, PAGE_SIZE, DEPTH, TIMES, NAME, NUMBER, BODY, SEGMENT, PART, ADDRESS,
    HEADERS, HEADER,
)  # fmt: skip

DEFAULT_PAGE_SIZE = 20
"""Results of a page where nothing is asked for."""
PUBLIC_ID_LENGTH = 24
"""Letters and digits of the public id of a subject or record."""
REQUEST_LINE = ADDRESS.most + 94
"""Bytes of a whole request line: the address, a method and the protocol beside it."""
