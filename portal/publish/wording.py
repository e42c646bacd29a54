"""Words of policy found in texts of records. Pure functions."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from portal.catalog_model import Wording


def plain(text: str) -> str:
    """Return text in compatibility form without any white space, as words are looked for in it."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def mentions(text: str, words: tuple[str, ...], ignoring: tuple[str, ...] = ()) -> bool:
    """Tell whether a text has one of the words outside the passages that read as `ignoring`."""
    folded = plain(text)
    if ignoring:
        # A mark stays in the gap, so that what stood around it does not become one word.
        folded = _pattern(ignoring).sub("\0", folded)
    return _pattern(words).search(folded) is not None


def says(values: Mapping[str, str], wording: Wording) -> bool:
    """Tell whether one of the fields that a wording names has one of its words."""
    return any(
        mentions(text, wording.words, wording.ignoring) for text in texts(values, wording.fields)
    )


def texts(values: Mapping[str, str], fields: Iterable[str]) -> Iterable[str]:
    """Yield what the named fields hold, those that are empty left out."""
    return (text for name in fields if (text := values.get(name)))


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    folded = sorted({plain(word) for word in words}, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, folded)))
