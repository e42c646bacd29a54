"""Headings of source columns, folded so that small differences of spelling do not matter."""

import re
import unicodedata

_NOISE = re.compile(r"[\s\ufeff\u200b*＊:：\"'“”]+")


def fold_heading(text: str) -> str:
    """Return a heading in half width and upper case, without spaces, quotes, colons and stars.

    Stars mark required columns in the official templates; full-width brackets become half-width.
    """
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()
