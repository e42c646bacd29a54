"""What a request costs of its budgets: a plain one 1, heavier work more. The one table of costs."""

import re
from collections.abc import Mapping

from portal.bounds import DEFAULT_PAGE_SIZE

PLAIN = 1
BROAD_SEARCH = 2
"""A search by filters alone: counting facets over all that they leave doubles its time."""
DEEP_FROM = 200
"""Results before which nobody pays for depth: pages 1 to 10, what a reader looks at."""
DEEP_STEP = 200
"""Each so many results further down cost 1 more: all results before them are put in order too."""
SHEET = 2
"""A download as a sheet is made whole in memory before its first byte; the others flow."""
WRONG_KEY = 10
"""A key that is nobody's: no honest client sends two."""

_NUMBER = re.compile(r"[1-9]\d{0,5}", re.ASCII)


def search_cost(arguments: Mapping[str, str]) -> int:
    """Return what a page of results costs of the budget for searches."""
    typed = arguments.get("q", "").strip()
    return BROAD_SEARCH if arguments and not typed else PLAIN


def deep_cost(arguments: Mapping[str, str]) -> int:
    """Return what a page of results costs of the budget for deep ones, 0 if it is not deep.

    What is no number is refused later, and costs nothing here.
    """
    page = _number(arguments.get("page", ""), 1)
    size = _number(arguments.get("page_size", ""), DEFAULT_PAGE_SIZE)
    offset = (page - 1) * size
    return 0 if offset < DEEP_FROM else (offset - DEEP_FROM) // DEEP_STEP + 1


def export_cost(form: str) -> int:
    """Return what a download in a form (csv, jsonl, xlsx) costs."""
    return SHEET if form == "xlsx" else PLAIN


def _number(text: str, default: int) -> int:
    return int(text) if _NUMBER.fullmatch(text.strip()) else default
