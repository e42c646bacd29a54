"""Keys of institutions: who shows one has budgets of its own, wherever it asks from.

A key is 256 random bits, shown once. The file keeps its SHA-256, the day it was made and the name,
one institution on a line; nobody can ask with what stands there.
"""

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from portal.errors import InstitutionError, UnavailableError

HEADER = "X-Institution-Key"
"""The request header that carries a key."""
LONGEST = 200
"""Characters of a header that could be a key."""

_LONGEST_NAME = 100
_LINE = re.compile(r"([0-9a-f]{64})\t(\d{4}-\d\d-\d\d)\t(.+)")


@dataclass(frozen=True, slots=True)
class Institution:
    """Who has a key: its name, the day it was made, the SHA-256 (hex) of it."""

    name: str
    since: date
    digest: str


def read_institutions(path: Path) -> tuple[Institution, ...]:
    """Return who has a key, none where there is no file.

    Raises UnavailableError when the file cannot be read or is damaged.
    """
    try:
        return tuple(_parsed(line) for line in path.read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise UnavailableError("机构密钥文件无法读取") from error


def _parsed(line: str) -> Institution:
    parts = _LINE.fullmatch(line)
    if parts is None:
        raise ValueError("no line of an institution")
    return Institution(parts[3], date.fromisoformat(parts[2]), parts[1])


def holder(known: tuple[Institution, ...], key: str) -> str:
    """Return the name of the institution whose key this is, empty where it is nobody's.

    All digests are compared, each in the same time: how long it takes says nothing of them.
    """
    digest = _digest(key)
    names = [one.name for one in known if hmac.compare_digest(one.digest, digest)]
    return names[0] if names else ""


def add_institution(path: Path, name: str, today: date) -> str:
    """Make a key for an institution and return it; it can be read nowhere afterwards.

    Raises InstitutionError when the name is taken, or no name.
    """
    known = read_institutions(path)
    name = name.strip()
    if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()):
        raise InstitutionError("机构名称要求 1 至 100 个字，写在一行里")
    if any(one.name == name for one in known):
        raise InstitutionError(f"“{name}”已有密钥，先用 keys remove 删除")
    key = secrets.token_urlsafe(32)
    _write(path, (*known, Institution(name, today, _digest(key))))
    return key


def remove_institution(path: Path, name: str) -> None:
    """Take an institution's key away. Raises InstitutionError when it has none."""
    known = read_institutions(path)
    rest = tuple(one for one in known if one.name != name.strip())
    if rest == known:
        raise InstitutionError(f"“{name}”没有密钥")
    _write(path, rest)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _write(path: Path, known: tuple[Institution, ...]) -> None:
    """Replace the file in one step; who reads it finds the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}-{os.getpid()}")
    text = "".join(f"{one.digest}\t{one.since.isoformat()}\t{one.name}\n" for one in known)
    try:
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError:
        mode = 0o640  # less the umask: the website, which may be another user's, reads it
    handle = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
