"""Other texts that a typed name may stand for: without what exchanges, forms and places add to it.

Pure. Each step is tried only where nothing matched with what it takes away.
"""

import re

from search_index.company_name import NameParts, parts_of, place_end, places_meant

_MARKS_BEFORE = re.compile(r"^(?:s?st|xd|xr|dr|[nc])(?=[^a-z0-9])")
_MARKS_BEHIND = re.compile(r"(?<=[^a-z0-9])(?:[abhnuw]|ud|uw)股?$|(?<=[^a-z0-9])股$")
_SHORTEST = 2


def variants(name: str) -> list[tuple[str, ...]]:
    """Return steps of texts to look for, the folded name itself first; no text comes twice.

    Then without the marks of an exchange (ST, A, B股), without the legal form, without places. One
    character for a place (皖) also stands for the place.
    """
    unmarked = _MARKS_BEHIND.sub("", _MARKS_BEFORE.sub("", name))
    parts = parts_of(unmarked)
    steps = [
        _with_places(name),
        _with_places(unmarked),
        (unmarked[: parts.end],),
        _without_places(unmarked, parts),
    ]
    seen: set[str] = set()
    found = []
    for step in steps:
        fresh = tuple(text for text in dict.fromkeys(step) if _is_new(text, seen))
        seen.update(fresh)
        if fresh:
            found.append(fresh)
    return found


def _is_new(text: str, seen: set[str]) -> bool:
    return len(text) >= _SHORTEST and text not in seen


def _with_places(name: str) -> tuple[str, ...]:
    return (name, *(place + name[1:] for place in places_meant(name[:1])))


def _without_places(name: str, parts: NameParts) -> tuple[str, ...]:
    """Return the name from its last place on, without any, and without a place's one character."""
    found = []
    start = place_end(name)
    if start:
        last = next((at for at in range(1, start) if place_end(name[at:]) == start - at), 0)
        found += [name[last:], name[last : parts.end], name[start:], name[start : parts.end]]
    if places_meant(name[:1]):
        found += [name[1:], name[1 : parts.end]]
    return tuple(found)
