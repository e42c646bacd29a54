"""Values that must not be kept, and a reader that knows them in every dress they may wear."""

import base64
import hashlib
import html
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_from_bytes


@cache
def spellings(value: str) -> frozenset[bytes]:
    """A value as it may stand in a file: encodings, escapes, plain digests. Lower case."""
    plain = value.encode()
    found = {plain, value.encode("utf-16-le"), value.encode("utf-16-be"), value.encode("gb18030")}
    found |= {plain.decode("latin-1").encode(), plain.hex().encode()}
    texts = {quote(value, safe=""), quote_from_bytes(value.encode("gb18030"), safe="")}
    texts |= {quote(text, safe="") for text in texts}
    texts |= {ascii(value)[1:-1], repr(plain)[2:-1], "".join(f"&#{ord(c)};" for c in value)}
    texts |= {"".join(f"&#x{ord(c):x};" for c in value), html.escape(value)}
    found |= {text.encode() for text in texts}
    found |= set(_base64(plain))
    # Whoever holds a digest without a key can try all numbers there are.
    for algorithm in ("md5", "sha1", "sha256"):
        digest = hashlib.new(algorithm, plain)
        found |= {digest.hexdigest().encode(), digest.digest(), *_base64(digest.digest())}
    return frozenset(spelling.lower() for spelling in found)


def _base64(octets: bytes) -> Iterator[bytes]:
    """What base64 makes of octets wherever they stand in a longer text."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + octets)
        start = (0, 2, 3)[before]
        end = -4 if (before + len(octets)) % 3 else None
        yield encoded[start:end]
        yield encoded[start:end].replace(b"+", b"-").replace(b"/", b"_")


def found_in(content: bytes, marks: Iterable[str]) -> set[str]:
    """The marks that stand in a text, in any spelling."""
    lower = content.lower()
    return {mark for mark in marks if any(spelling in lower for spelling in spellings(mark))}


def found_under(
    folder: Path, marks: Iterable[str], leaving_out: tuple[str, ...]
) -> dict[str, set[str]]:
    """The marks that stand in the files under a folder, or in their names, by file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith(leaving_out):
            name = str(path.relative_to(folder))
            seen = found_in(path.read_bytes() + b"\n" + name.encode(), marks)
            if seen:
                found[name] = seen
    return found
